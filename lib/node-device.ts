import type { Connection } from './connection.js';
import type { NodeDeviceUpdateFlags, NodeDeviceXMLFlags } from './constants.js';
import { allNames } from './names.js';
import type { NodeDeviceEvents } from './events/event-map.js';
import { native } from './native.js';
import type { virConnect, virNodeDevice } from './native-types.js';
import { WatchedObject } from './watched.js';

/**
 * A device of the host, such as a PCI card, a disk or a mediated device. Devices are a tree: each but the first has a
 * parent.
 *
 * @see {@link https://libvirt.org/html/libvirt-libvirt-nodedev.html}
 */
export class NodeDevice extends WatchedObject<virNodeDevice, NodeDeviceEvents> {
  /** @internal */
  protected override readonly prefix = 'node-device';
  /**
   * Its name in libvirt, such as `pci_0000_00_02_0`.
   *
   * @see virNodeDeviceGetName
   * @since libvirt 0.5.0
   */
  readonly name: string;

  /** @internal */
  protected constructor(connection: Connection, handle: virNodeDevice) {
    super(connection, handle);
    this.name = native.virNodeDeviceGetName(handle);
  }

  /** @internal */
  static of(connection: Connection, handle: virNodeDevice): NodeDevice {
    return new NodeDevice(connection, handle);
  }

  /** @internal */
  protected override find(conn: virConnect): Promise<virNodeDevice> {
    return native.virNodeDeviceLookupByName(conn, this.name);
  }

  /** @internal */
  protected override summary(): Record<string, unknown> {
    return { name: this.name };
  }

  /**
   * The name of the device that this one is attached to; null for the first of all.
   *
   * @see virNodeDeviceGetParent
   * @since libvirt 0.5.0
   */
  getParent(): Promise<string | null> {
    return this.call((device) => native.virNodeDeviceGetParent(device));
  }

  /**
   * How many capabilities the device has.
   *
   * @see virNodeDeviceNumOfCaps
   * @since libvirt 0.5.0
   */
  numOfCaps(): Promise<number> {
    return this.call((device) => native.virNodeDeviceNumOfCaps(device));
  }

  /**
   * What the device is: the names of its capabilities, such as `pci` or `scsi_host`.
   *
   * @see virNodeDeviceListCaps
   * @since libvirt 0.5.0
   */
  listCaps(): Promise<string[]> {
    return this.calls((device, limits) =>
      allNames(limits, {
        count: () => native.virNodeDeviceNumOfCaps(device),
        list: (max) => native.virNodeDeviceListCaps(device, max),
      }),
    );
  }

  /**
   * The device's XML description.
   *
   * @param flags - `NodeDeviceXMLFlags.INACTIVE` for the definition in place of what is active
   * @see virNodeDeviceGetXMLDesc
   * @since libvirt 0.5.0
   */
  getXMLDesc(flags: NodeDeviceXMLFlags = 0): Promise<string> {
    return this.call((device) => native.virNodeDeviceGetXMLDesc(device, flags));
  }

  /**
   * Whether the device is there at the moment; a mediated device may be defined only.
   *
   * @see virNodeDeviceIsActive
   * @since libvirt 7.8.0
   */
  isActive(): Promise<boolean> {
    return this.call((device) => native.virNodeDeviceIsActive(device));
  }

  /**
   * Whether the device has a definition that outlives it.
   *
   * @see virNodeDeviceIsPersistent
   * @since libvirt 7.8.0
   */
  isPersistent(): Promise<boolean> {
    return this.call((device) => native.virNodeDeviceIsPersistent(device));
  }

  /**
   * Whether the device starts when its parent appears.
   *
   * @see virNodeDeviceGetAutostart
   * @since libvirt 7.8.0
   */
  getAutostart(): Promise<boolean> {
    return this.call((device) => native.virNodeDeviceGetAutostart(device));
  }

  /**
   * Says whether the device is to start when its parent appears.
   *
   * @see virNodeDeviceSetAutostart
   * @since libvirt 7.8.0
   */
  setAutostart(autostart: boolean): Promise<void> {
    return this.call((device) => native.virNodeDeviceSetAutostart(device, autostart));
  }

  /**
   * Takes the device from the host's driver, so that it can be given to a machine.
   *
   * @param driverName - the driver that is to hold it meanwhile, such as `vfio`; libvirt's choice when left out
   * @param flags - none are defined; 0
   * @see virNodeDeviceDettach, virNodeDeviceDetachFlags
   * @since libvirt 0.6.1; with a driver 1.0.5
   */
  detach(driverName?: string | null, flags = 0): Promise<void> {
    return this.call((device) =>
      (driverName === undefined || driverName === null) && flags === 0
        ? native.virNodeDeviceDettach(device)
        : native.virNodeDeviceDetachFlags(device, driverName, flags),
    );
  }

  /**
   * Gives a device that was detached back to the host's driver.
   *
   * @see virNodeDeviceReAttach
   * @since libvirt 0.6.1
   */
  reAttach(): Promise<void> {
    return this.call((device) => native.virNodeDeviceReAttach(device));
  }

  /**
   * Resets the device, so that the next machine finds nothing of the one before. It has to be detached.
   *
   * @see virNodeDeviceReset
   * @since libvirt 0.6.1
   */
  reset(): Promise<void> {
    return this.call((device) => native.virNodeDeviceReset(device));
  }

  /**
   * Starts a device that was defined, such as a mediated device.
   *
   * @param flags - none are defined; 0
   * @see virNodeDeviceCreate
   * @since libvirt 7.3.0
   */
  create(flags = 0): Promise<void> {
    return this.call((device) => native.virNodeDeviceCreate(device, flags));
  }

  /**
   * Removes the device from the host: a mediated device or a virtual SCSI host.
   *
   * @see virNodeDeviceDestroy
   * @since libvirt 0.6.3
   */
  destroy(): Promise<void> {
    return this.call((device) => native.virNodeDeviceDestroy(device));
  }

  /**
   * Removes the definition of a mediated device. One that is active stays so until it is destroyed.
   *
   * @param flags - none are defined; 0
   * @see virNodeDeviceUndefine
   * @since libvirt 7.3.0
   */
  undefine(flags = 0): Promise<void> {
    return this.call((device) => native.virNodeDeviceUndefine(device, flags));
  }

  /**
   * Changes a mediated device.
   *
   * @param xml - its whole description as it is to be
   * @param flags - `NodeDeviceUpdateFlags`: the active device, its definition, or both
   * @see virNodeDeviceUpdate
   * @since libvirt 10.1.0
   */
  update(xml: string, flags: NodeDeviceUpdateFlags = 0): Promise<void> {
    return this.call((device) => native.virNodeDeviceUpdate(device, xml, flags));
  }
}
