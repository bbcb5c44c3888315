import { ConnectionSecurity } from './connection-security.js';
import type {
  ConnectListAllInterfacesFlags,
  ConnectListAllNodeDeviceFlags,
  InterfaceDefineFlags,
  NodeDeviceCreateXMLFlags,
  NodeDeviceDefineXMLFlags,
} from './constants.js';
import { Interface } from './interface.js';
import { allNames } from './names.js';
import { native } from './native.js';
import { NodeDevice } from './node-device.js';
import { mapInTurns } from './turns.js';

/** The part of {@link Connection} that finds and makes the host's interfaces and devices. */
export abstract class ConnectionInterfaces extends ConnectionSecurity {
  /**
   * The host's network interfaces.
   *
   * @param flags - `ConnectListAllInterfacesFlags.ACTIVE` or `INACTIVE`; 0 for all
   * @see virConnectListAllInterfaces
   * @since libvirt 0.10.2
   */
  listAllInterfaces(flags: ConnectListAllInterfacesFlags = 0): Promise<Interface[]> {
    return this.call(async (conn) =>
      mapInTurns(await native.virConnectListAllInterfaces(conn, flags), (iface) => Interface.of(this.base, iface)),
    );
  }

  /**
   * How many interfaces are up.
   *
   * @see virConnectNumOfInterfaces
   * @since libvirt 0.6.4
   */
  numOfInterfaces(): Promise<number> {
    return this.call((conn) => native.virConnectNumOfInterfaces(conn));
  }

  /**
   * The names of the interfaces that are up.
   *
   * @see virConnectListInterfaces
   * @since libvirt 0.6.4
   */
  listInterfaces(): Promise<string[]> {
    return this.calls((conn, limits) =>
      allNames(limits, {
        count: () => native.virConnectNumOfInterfaces(conn),
        list: (max) => native.virConnectListInterfaces(conn, max),
      }),
    );
  }

  /**
   * How many interfaces are down.
   *
   * @see virConnectNumOfDefinedInterfaces
   * @since libvirt 0.7.0
   */
  numOfDefinedInterfaces(): Promise<number> {
    return this.call((conn) => native.virConnectNumOfDefinedInterfaces(conn));
  }

  /**
   * The names of the interfaces that are down.
   *
   * @see virConnectListDefinedInterfaces
   * @since libvirt 0.7.0
   */
  listDefinedInterfaces(): Promise<string[]> {
    return this.calls((conn, limits) =>
      allNames(limits, {
        count: () => native.virConnectNumOfDefinedInterfaces(conn),
        list: (max) => native.virConnectListDefinedInterfaces(conn, max),
      }),
    );
  }

  /**
   * The interface with this name.
   *
   * @throws LibvirtError `VIR_ERR_NO_INTERFACE`
   * @see virInterfaceLookupByName
   * @since libvirt 0.6.4
   */
  lookupInterfaceByName(name: string): Promise<Interface> {
    return this.call(async (conn) => Interface.of(this.base, await native.virInterfaceLookupByName(conn, name)));
  }

  /**
   * The interface with this MAC address.
   *
   * @throws LibvirtError `VIR_ERR_NO_INTERFACE`, or `VIR_ERR_MULTIPLE_INTERFACES` when several have it
   * @see virInterfaceLookupByMACString
   * @since libvirt 0.6.4
   */
  lookupInterfaceByMACString(mac: string): Promise<Interface> {
    return this.call(async (conn) => Interface.of(this.base, await native.virInterfaceLookupByMACString(conn, mac)));
  }

  /**
   * Writes the configuration of an interface on the host, in place of one with the same name. It is not brought up.
   *
   * Only between {@link beginInterfaceChange} and {@link commitInterfaceChange} can it be taken back.
   *
   * @param flags - `InterfaceDefineFlags.VALIDATE` checks the XML against its schema
   * @see virInterfaceDefineXML
   * @since libvirt 0.6.4
   */
  defineInterfaceXML(xml: string, flags: InterfaceDefineFlags = 0): Promise<Interface> {
    return this.call(async (conn) => Interface.of(this.base, await native.virInterfaceDefineXML(conn, xml, flags)));
  }

  /**
   * Remembers the configuration of all interfaces as it is, so that what is changed from now on can be taken back.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when a change has begun already
   * @see virInterfaceChangeBegin
   * @since libvirt 0.9.2
   */
  beginInterfaceChange(flags = 0): Promise<void> {
    return this.call((conn) => native.virInterfaceChangeBegin(conn, flags));
  }

  /**
   * Keeps what was changed since {@link beginInterfaceChange}.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when no change has begun
   * @see virInterfaceChangeCommit
   * @since libvirt 0.9.2
   */
  commitInterfaceChange(flags = 0): Promise<void> {
    return this.call((conn) => native.virInterfaceChangeCommit(conn, flags));
  }

  /**
   * Takes back what was changed since {@link beginInterfaceChange}.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when no change has begun
   * @see virInterfaceChangeRollback
   * @since libvirt 0.9.2
   */
  rollbackInterfaceChange(flags = 0): Promise<void> {
    return this.call((conn) => native.virInterfaceChangeRollback(conn, flags));
  }

  /**
   * The host's devices.
   *
   * @param flags - only those of some kinds: `ConnectListAllNodeDeviceFlags.CAP_NET` and others; 0 for all that are there
   * @see virConnectListAllNodeDevices
   * @since libvirt 0.10.2
   */
  listAllNodeDevices(flags: ConnectListAllNodeDeviceFlags = 0): Promise<NodeDevice[]> {
    return this.call(async (conn) =>
      mapInTurns(await native.virConnectListAllNodeDevices(conn, flags), (device) => NodeDevice.of(this.base, device)),
    );
  }

  /**
   * How many devices the host has.
   *
   * @param cap - only those with this capability, such as `net`
   * @param flags - none are defined; 0
   * @see virNodeNumOfDevices
   * @since libvirt 0.5.0
   */
  numOfNodeDevices(cap?: string | null, flags = 0): Promise<number> {
    return this.call((conn) => native.virNodeNumOfDevices(conn, cap, flags));
  }

  /**
   * The names of the host's devices.
   *
   * @param cap - only those with this capability, such as `net`
   * @param flags - none are defined; 0
   * @see virNodeListDevices
   * @since libvirt 0.5.0
   */
  listNodeDevices(cap?: string | null, flags = 0): Promise<string[]> {
    return this.calls((conn, limits) =>
      allNames(limits, {
        count: () => native.virNodeNumOfDevices(conn, cap, flags),
        list: (max) => native.virNodeListDevices(conn, cap, max, flags),
      }),
    );
  }

  /**
   * The device with this name.
   *
   * @throws LibvirtError `VIR_ERR_NO_NODE_DEVICE`
   * @see virNodeDeviceLookupByName
   * @since libvirt 0.5.0
   */
  lookupNodeDeviceByName(name: string): Promise<NodeDevice> {
    return this.call(async (conn) => NodeDevice.of(this.base, await native.virNodeDeviceLookupByName(conn, name)));
  }

  /**
   * The SCSI host with these world wide names.
   *
   * @param wwnn - of the node, 16 hexadecimal digits
   * @param wwpn - of the port, 16 hexadecimal digits
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_NO_NODE_DEVICE`
   * @see virNodeDeviceLookupSCSIHostByWWN
   * @since libvirt 1.0.3
   */
  lookupNodeDeviceSCSIHostByWWN(wwnn: string, wwpn: string, flags = 0): Promise<NodeDevice> {
    return this.call(async (conn) =>
      NodeDevice.of(this.base, await native.virNodeDeviceLookupSCSIHostByWWN(conn, wwnn, wwpn, flags)),
    );
  }

  /**
   * Makes a device on the host, such as a mediated device or a virtual SCSI host.
   *
   * @param flags - `NodeDeviceCreateXMLFlags.VALIDATE` checks the XML against its schema
   * @see virNodeDeviceCreateXML
   * @since libvirt 0.6.3
   */
  createNodeDeviceXML(xml: string, flags: NodeDeviceCreateXMLFlags = 0): Promise<NodeDevice> {
    return this.call(async (conn) => NodeDevice.of(this.base, await native.virNodeDeviceCreateXML(conn, xml, flags)));
  }

  /**
   * Defines a mediated device. It is not started.
   *
   * @param flags - `NodeDeviceDefineXMLFlags.VALIDATE` checks the XML against its schema
   * @see virNodeDeviceDefineXML
   * @since libvirt 7.3.0
   */
  defineNodeDeviceXML(xml: string, flags: NodeDeviceDefineXMLFlags = 0): Promise<NodeDevice> {
    return this.call(async (conn) => NodeDevice.of(this.base, await native.virNodeDeviceDefineXML(conn, xml, flags)));
  }
}
