import type { Connection } from './connection.js';
import type { virConnect } from './native-types.js';
import { LibvirtObject } from './object.js';

/** @internal What a connection is joined to at the moment; a new number for every time that it is opened. */
export interface Link {
  readonly handle: virConnect;
  readonly generation: number;
}

/**
 * What all parts of {@link Connection} build on. A connection has more methods than one file can hold in a readable way, so
 * each group of them is a class of its own, in a file of its own, and one extends the other.
 */
export abstract class ConnectionBase extends LibvirtObject<virConnect> {
  /** @internal */
  abstract readonly link: Link;
  /** @internal The connection itself, where `this` may be a view of it. */
  protected abstract readonly base: Connection;

  /** @internal */
  protected override handle(): virConnect {
    return this.link.handle;
  }
}
