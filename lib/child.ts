import type { Connection } from './connection.js';
import type { Link } from './connection-base.js';
import type { virConnect } from './native-types.js';
import { LibvirtObject } from './object.js';

/** An object that lives on a connection. */
export abstract class ChildObject<H> extends LibvirtObject<H> {
  /** The connection that it was found on. */
  readonly connection: Connection;
  /** @internal Shared by all views of the object. */
  protected readonly current: { handle: H; generation: number };

  /** @internal */
  constructor(connection: Connection, handle: H) {
    super();
    this.connection = connection;
    this.current = { handle, generation: connection.link.generation };
  }

  /** @internal Finds the object again on a connection that was made anew. */
  protected abstract find(conn: virConnect): Promise<H>;

  /** @internal */
  protected override handle(): H | Promise<H> {
    const { link } = this.connection;
    return this.current.generation === link.generation ? this.current.handle : this.renew(link);
  }

  /** @internal For calls that take several objects. */
  currentHandle(): H | Promise<H> {
    return this.handle();
  }

  private async renew(link: Link): Promise<H> {
    this.current.handle = await this.find(link.handle);
    this.current.generation = link.generation;
    return this.current.handle;
  }
}
