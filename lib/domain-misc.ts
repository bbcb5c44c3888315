import type { Socket } from 'node:net';
import type {
  DomainCreateFlags,
  DomainDeviceModifyFlags,
  DomainDirtyRateCalcFlags,
  DomainFDAssociateFlags,
  DomainGraphicsReloadType,
  DomainLifecycle,
  DomainLifecycleAction,
  DomainMetadataType,
  DomainModificationImpact,
  DomainOpenGraphicsFlags,
} from './constants.js';
import { type Descriptor, numberOf, numbersOf, toSocket } from './descriptors.js';
import { DomainSnapshots } from './domain-snapshots.js';
import { native } from './native.js';
import { type AnnounceInterfaceParameters, type Settable, toWire } from './params.js';

/** The part of {@link Domain} that is about metadata, devices and the rest. */
export abstract class DomainMisc extends DomainSnapshots {
  /**
   * A text that is kept with the machine's definition.
   *
   * @param type - `DomainMetadataType.DESCRIPTION`, `TITLE`, or `ELEMENT` for XML of one's own
   * @param uri - the namespace of the XML; null for the others
   * @param flags - the running machine's or the definition's
   * @throws LibvirtError `VIR_ERR_NO_DOMAIN_METADATA` when there is none
   * @see virDomainGetMetadata
   * @since libvirt 0.9.10
   */
  getMetadata(
    type: DomainMetadataType,
    uri: string | null = null,
    flags: DomainModificationImpact = 0,
  ): Promise<string> {
    return this.call((domain) => native.virDomainGetMetadata(domain, type, uri, flags));
  }

  /**
   * Keeps a text with the machine's definition.
   *
   * @param metadata - null removes it
   * @param key - the prefix of the XML's namespace; null for description and title
   * @param uri - the namespace of the XML; null for description and title
   * @param flags - the running machine's, the definition's, or both
   * @see virDomainSetMetadata
   * @since libvirt 0.9.10
   */
  setMetadata(
    type: DomainMetadataType,
    metadata: string | null,
    key: string | null = null,
    uri: string | null = null,
    flags: DomainModificationImpact = 0,
  ): Promise<void> {
    return this.call((domain) => native.virDomainSetMetadata(domain, type, metadata, key, uri, flags));
  }

  /**
   * Gives the machine another name. The property `name` stays what it was; look the machine up again for the new one.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when it runs
   * @see virDomainRename
   * @since libvirt 1.2.19
   */
  rename(newName: string, flags = 0): Promise<void> {
    return this.call((domain) => native.virDomainRename(domain, newName, flags));
  }

  /**
   * Whether the machine starts when the host boots the next time, that time only.
   *
   * @see virDomainGetAutostartOnce
   * @since libvirt 11.2.0
   */
  getAutostartOnce(): Promise<boolean> {
    return this.call((domain) => native.virDomainGetAutostartOnce(domain));
  }

  /**
   * Says whether the machine is to start when the host boots the next time, that time only.
   *
   * @see virDomainSetAutostartOnce
   * @since libvirt 11.2.0
   */
  setAutostartOnce(autostart: boolean): Promise<void> {
    return this.call((domain) => native.virDomainSetAutostartOnce(domain, autostart));
  }

  /**
   * Says what happens when the guest powers off, reboots or crashes.
   *
   * @param flags - for the running machine, the definition, or both
   * @see virDomainSetLifecycleAction
   * @since libvirt 3.9.0
   */
  setLifecycleAction(
    type: DomainLifecycle,
    action: DomainLifecycleAction,
    flags: DomainModificationImpact = 0,
  ): Promise<void> {
    return this.call((domain) => native.virDomainSetLifecycleAction(domain, type, action, flags));
  }

  /**
   * Begins to measure how fast the guest writes its memory. The result is among the bulk statistics, `dirtyrate`.
   *
   * @param seconds - for how long, 1 to 60
   * @see virDomainStartDirtyRateCalc
   * @since libvirt 7.2.0
   */
  startDirtyRateCalc(seconds: number, flags: DomainDirtyRateCalcFlags = 0): Promise<void> {
    return this.call((domain) => native.virDomainStartDirtyRateCalc(domain, seconds, flags));
  }

  /**
   * Adds a device.
   *
   * @param xml - the device's element, such as `<disk>`
   * @param flags - to the running machine, the definition, or both; 0 for the machine as it is
   * @see virDomainAttachDevice, virDomainAttachDeviceFlags
   * @since libvirt 0.1.9; with flags 0.7.7
   */
  attachDevice(xml: string, flags: DomainDeviceModifyFlags = 0): Promise<void> {
    return this.call((domain) =>
      flags === 0 ? native.virDomainAttachDevice(domain, xml) : native.virDomainAttachDeviceFlags(domain, xml, flags),
    );
  }

  /**
   * Removes a device. It resolves when the guest was asked to let it go, which a guest may do later or never: the
   * machine's XML tells.
   *
   * @param xml - the device's element
   * @param flags - of the running machine, the definition, or both; 0 for the machine as it is
   * @see virDomainDetachDevice, virDomainDetachDeviceFlags
   * @since libvirt 0.1.9; with flags 0.7.7
   */
  detachDevice(xml: string, flags: DomainDeviceModifyFlags = 0): Promise<void> {
    return this.call((domain) =>
      flags === 0 ? native.virDomainDetachDevice(domain, xml) : native.virDomainDetachDeviceFlags(domain, xml, flags),
    );
  }

  /**
   * Removes the device with this alias; as for the end of it, see {@link detachDevice}.
   *
   * @param alias - such as `net0`; the machine's XML tells
   * @param flags - of the running machine, the definition, or both
   * @throws LibvirtError when it has no such device: `VIR_ERR_DEVICE_MISSING`, or `VIR_ERR_INTERNAL_ERROR` from QEMU
   * @see virDomainDetachDeviceAlias
   * @since libvirt 4.4.0
   */
  detachDeviceAlias(alias: string, flags: DomainDeviceModifyFlags = 0): Promise<void> {
    return this.call((domain) => native.virDomainDetachDeviceAlias(domain, alias, flags));
  }

  /**
   * Changes a device, as far as the hypervisor can: a disc in a drive, the state of a link.
   *
   * @param xml - the device's element as it is to be
   * @param flags - of the running machine, the definition, or both; 0 for the machine as it is
   * @see virDomainUpdateDeviceFlags
   * @since libvirt 0.8.0
   */
  updateDevice(xml: string, flags: DomainDeviceModifyFlags = 0): Promise<void> {
    return this.call((domain) => native.virDomainUpdateDeviceFlags(domain, xml, flags));
  }

  /**
   * Makes the machine tell the network where its interfaces are, as it does after a migration.
   *
   * @param device - an interface's name on the host or its MAC address; none: all of them
   * @param params - how often and how fast
   * @param flags - none are defined; 0
   * @see virDomainAnnounceInterface
   * @since libvirt 12.5.0
   */
  announceInterface(
    device?: string | null,
    params: Settable<AnnounceInterfaceParameters> = {},
    flags = 0,
  ): Promise<void> {
    return this.call((domain) =>
      native.virDomainAnnounceInterface(
        domain,
        device,
        toWire('virDomainAnnounceInterface', 'announceInterface', params),
        flags,
      ),
    );
  }

  /**
   * As `create()`, with open files for a machine that wants them: the first process of a container has them as its
   * descriptors 3 and on. Only a connection over a UNIX socket can send them, and 32 at most.
   *
   * @param files - numbers or `FileHandle`s; they are duplicated and stay open here
   * @throws RangeError when one is not open
   * @throws LibvirtError `VIR_ERR_NO_SUPPORT` and others when the driver takes none
   * @see virDomainCreateWithFiles
   * @since libvirt 1.1.1
   */
  createWithFiles(files: readonly Descriptor[], flags: DomainCreateFlags = 0): Promise<void> {
    return this.call((domain) =>
      native.virDomainCreateWithFiles(domain, numbersOf('createWithFiles: files', files), flags),
    );
  }

  /**
   * Hands open files to the machine, which its XML refers to by a name. The daemon keeps them until this connection is
   * closed.
   *
   * @param name - as in the XML: `<source fdgroup="name">`
   * @param fds - numbers or `FileHandle`s; they are duplicated and stay open here
   * @throws RangeError when one is not open
   * @throws LibvirtError `VIR_ERR_NO_SUPPORT` or others when the daemon is not on this host
   * @see virDomainFDAssociate
   * @since libvirt 9.0.0
   */
  fdAssociate(name: string, fds: readonly Descriptor[], flags: DomainFDAssociateFlags = 0): Promise<void> {
    return this.call((domain) => native.virDomainFDAssociate(domain, name, numbersOf('fdAssociate: fds', fds), flags));
  }

  /**
   * Connects a socket with the machine's screen: the machine speaks the protocol of its graphics over it.
   * {@link openGraphicsFD} needs no socket to begin with.
   *
   * @param idx - which of its graphics, from 0
   * @param fd - one end of a connected socket, as a number or `FileHandle`; it is duplicated and stays open here
   * @throws RangeError when it is not open
   * @see virDomainOpenGraphics
   * @since libvirt 0.9.7
   */
  openGraphics(idx: number, fd: Descriptor, flags: DomainOpenGraphicsFlags = 0): Promise<void> {
    return this.call((domain) => native.virDomainOpenGraphics(domain, idx, numberOf('openGraphics: fd', fd), flags));
  }

  /**
   * A socket that is connected with the machine's screen, which needs no port for it. The function of the raw layer gives
   * the bare descriptor.
   *
   * @param idx - which of its graphics, from 0
   * @param flags - `DomainOpenGraphicsFlags.SKIPAUTH` where a password is set
   * @returns a socket over which the machine speaks VNC or SPICE; `destroy()` closes it
   * @see virDomainOpenGraphicsFD
   * @since libvirt 1.2.8
   */
  openGraphicsFD(idx: number, flags: DomainOpenGraphicsFlags = 0): Promise<Socket> {
    return this.call(async (domain) => toSocket(await native.virDomainOpenGraphicsFD(domain, idx, flags)));
  }

  /**
   * Makes the machine's screen read its TLS certificates again.
   *
   * @param type - of which graphics
   * @param flags - none are defined; 0
   * @see virDomainGraphicsReload
   * @since libvirt 10.2.0
   */
  graphicsReload(type: DomainGraphicsReloadType = 0, flags = 0): Promise<void> {
    return this.call((domain) => native.virDomainGraphicsReload(domain, type, flags));
  }
}
