import type { Connection } from './connection.js';
import type { Limits } from './limits.js';
import type { virConnect } from './native-types.js';
import { LibvirtObject } from './object.js';
import type { Link, Session } from './session.js';
import type { StreamLinks } from './stream-links.js';

/**
 * What all parts of {@link Connection} build on. A connection has more methods than one file can hold in a readable way, so
 * each group of them is a class of its own, in a file of its own, and one extends the other.
 */
export abstract class ConnectionBase extends LibvirtObject<virConnect> {
  /** @internal */
  abstract readonly session: Session<virConnect>;
  /** @internal What comes by connections of its own. */
  abstract readonly streams: StreamLinks;
  /** @internal The connection itself, where `this` may be a view of it. */
  protected abstract readonly base: Connection;

  /** @internal */
  get link(): Link {
    return this.session.link;
  }

  /** @internal */
  protected override handle(limits: Limits): virConnect | Promise<virConnect> {
    return this.session.handle(limits.left);
  }

  /** @internal */
  protected override toError(error: unknown): unknown {
    return this.session.toError(error);
  }
}
