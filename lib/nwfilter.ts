import { ChildObject } from './child.js';
import type { Connection } from './connection.js';
import { native } from './native.js';
import type { virConnect, virNWFilter } from './native-types.js';

/**
 * A network filter: rules for what may pass a machine's interface. The interface's XML names the filter; the host's
 * firewall has the rules for as long as the machine runs.
 *
 * @see {@link https://libvirt.org/html/libvirt-libvirt-nwfilter.html}
 */
export class NWFilter extends ChildObject<virNWFilter> {
  /**
   * Its name at the time when it was found.
   *
   * @see virNWFilterGetName
   * @since libvirt 0.8.0
   */
  readonly name: string;
  /**
   * Its UUID in the usual form of 36 characters.
   *
   * @see virNWFilterGetUUIDString
   * @since libvirt 0.8.0
   */
  readonly uuid: string;

  private constructor(connection: Connection, handle: virNWFilter) {
    super(connection, handle);
    this.name = native.virNWFilterGetName(handle);
    this.uuid = native.virNWFilterGetUUIDString(handle);
  }

  /** @internal */
  static of(connection: Connection, handle: virNWFilter): NWFilter {
    return new NWFilter(connection, handle);
  }

  /** @internal */
  protected override find(conn: virConnect): Promise<virNWFilter> {
    return native.virNWFilterLookupByUUIDString(conn, this.uuid);
  }

  /** @internal */
  protected override summary(): Record<string, unknown> {
    return { name: this.name, uuid: this.uuid };
  }

  /**
   * The filter's XML description.
   *
   * @param flags - none are defined; 0
   * @see virNWFilterGetXMLDesc
   * @since libvirt 0.8.0
   */
  getXMLDesc(flags = 0): Promise<string> {
    return this.call((filter) => native.virNWFilterGetXMLDesc(filter, flags));
  }

  /**
   * Removes the filter.
   *
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when a running machine or another filter uses it
   * @see virNWFilterUndefine
   * @since libvirt 0.8.0
   */
  undefine(): Promise<void> {
    return this.call((filter) => native.virNWFilterUndefine(filter));
  }
}
