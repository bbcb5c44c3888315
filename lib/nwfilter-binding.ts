import { ChildObject } from './child.js';
import type { Connection } from './connection.js';
import { native } from './native.js';
import type { virConnect, virNWFilterBinding } from './native-types.js';

/**
 * A network filter at work on one interface of the host. Drivers bind the filters that machines' XML names; others are
 * made by hand.
 *
 * @see {@link https://libvirt.org/html/libvirt-libvirt-nwfilter.html}
 */
export class NWFilterBinding extends ChildObject<virNWFilterBinding> {
  /**
   * The interface on the host, such as `vnet0`.
   *
   * @see virNWFilterBindingGetPortDev
   * @since libvirt 4.5.0
   */
  readonly portDev: string;

  private constructor(connection: Connection, handle: virNWFilterBinding) {
    super(connection, handle);
    this.portDev = native.virNWFilterBindingGetPortDev(handle);
  }

  /** @internal */
  static of(connection: Connection, handle: virNWFilterBinding): NWFilterBinding {
    return new NWFilterBinding(connection, handle);
  }

  /** @internal */
  protected override find(conn: virConnect): Promise<virNWFilterBinding> {
    return native.virNWFilterBindingLookupByPortDev(conn, this.portDev);
  }

  /** @internal */
  protected override summary(): Record<string, unknown> {
    return { portDev: this.portDev };
  }

  /**
   * The name of the filter.
   *
   * @see virNWFilterBindingGetFilterName
   * @since libvirt 4.5.0
   */
  getFilterName(): Promise<string> {
    return this.call((binding) => native.virNWFilterBindingGetFilterName(binding));
  }

  /**
   * The binding's XML description: its owner, interface, and the filter's parameters.
   *
   * @param flags - none are defined; 0
   * @see virNWFilterBindingGetXMLDesc
   * @since libvirt 4.5.0
   */
  getXMLDesc(flags = 0): Promise<string> {
    return this.call((binding) => native.virNWFilterBindingGetXMLDesc(binding, flags));
  }

  /**
   * Takes the filter's rules off the interface, even where a running machine's XML wants them.
   *
   * @see virNWFilterBindingDelete
   * @since libvirt 4.5.0
   */
  delete(): Promise<void> {
    return this.call((binding) => native.virNWFilterBindingDelete(binding));
  }
}
