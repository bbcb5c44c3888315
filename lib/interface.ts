import { ChildObject } from './child.js';
import type { Connection } from './connection.js';
import type { InterfaceXMLFlags } from './constants.js';
import { native } from './native.js';
import type { virConnect, virInterface } from './native-types.js';

/**
 * A network interface of the host, such as `eth0` or a bridge, with its configuration.
 *
 * @see {@link https://libvirt.org/html/libvirt-libvirt-interface.html}
 */
export class Interface extends ChildObject<virInterface> {
  /**
   * Its name on the host.
   *
   * @see virInterfaceGetName
   * @since libvirt 0.6.4
   */
  readonly name: string;

  /** @internal */
  protected constructor(connection: Connection, handle: virInterface) {
    super(connection, handle);
    this.name = native.virInterfaceGetName(handle);
  }

  /** @internal */
  static of(connection: Connection, handle: virInterface): Interface {
    return new Interface(connection, handle);
  }

  /** @internal */
  protected override find(conn: virConnect): Promise<virInterface> {
    return native.virInterfaceLookupByName(conn, this.name);
  }

  /** @internal */
  protected override summary(): Record<string, unknown> {
    return { name: this.name };
  }

  /**
   * The MAC address that the interface had when it was found; empty when it has none.
   *
   * @see virInterfaceGetMACString
   * @since libvirt 0.6.4
   */
  getMACString(): Promise<string> {
    return this.call((iface) => native.virInterfaceGetMACString(iface));
  }

  /**
   * The interface's XML description.
   *
   * @param flags - `InterfaceXMLFlags.INACTIVE` for the configuration in place of the state of the host
   * @see virInterfaceGetXMLDesc
   * @since libvirt 0.6.4
   */
  getXMLDesc(flags: InterfaceXMLFlags = 0): Promise<string> {
    return this.call((iface) => native.virInterfaceGetXMLDesc(iface, flags));
  }

  /**
   * Whether the interface is up.
   *
   * @see virInterfaceIsActive
   * @since libvirt 0.7.3
   */
  isActive(): Promise<boolean> {
    return this.call((iface) => native.virInterfaceIsActive(iface));
  }

  /**
   * Brings the interface up, as `ifup` does.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when it is up already
   * @see virInterfaceCreate
   * @since libvirt 0.6.4
   */
  create(flags = 0): Promise<void> {
    return this.call((iface) => native.virInterfaceCreate(iface, flags));
  }

  /**
   * Takes the interface down, as `ifdown` does. Its configuration stays.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when it is down already
   * @see virInterfaceDestroy
   * @since libvirt 0.6.4
   */
  destroy(flags = 0): Promise<void> {
    return this.call((iface) => native.virInterfaceDestroy(iface, flags));
  }

  /**
   * Removes the configuration. Whether the interface goes down with it is up to the host: destroy it before.
   *
   * @see virInterfaceUndefine
   * @since libvirt 0.6.4
   */
  undefine(): Promise<void> {
    return this.call((iface) => native.virInterfaceUndefine(iface));
  }
}
