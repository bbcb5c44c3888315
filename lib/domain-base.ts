import type { DomainEvents } from './events/event-map.js';
import { native } from './native.js';
import type { virConnect, virDomain } from './native-types.js';
import { NamedObject } from './watched.js';

/**
 * What all parts of {@link Domain} build on. A domain has some two hundred methods, so each group of them is a class of its
 * own, in a file of its own, and one extends the other.
 */
export abstract class DomainBase extends NamedObject<virDomain, DomainEvents> {
  /** @internal */
  protected override readonly prefix = 'domain';

  /** @internal */
  protected override find(conn: virConnect): Promise<virDomain> {
    return native.virDomainLookupByUUIDString(conn, this.uuid);
  }
}
