import type { Connection } from './connection.js';
import type { Link } from './session.js';
import type { virConnect } from './native-types.js';
import { isPromise, LibvirtObject } from './object.js';

/** An object that lives on a connection. */
export abstract class ChildObject<H> extends LibvirtObject<H> {
  /** The connection that it was found on. */
  readonly connection: Connection;
  /** @internal Shared by all views of the object. */
  protected readonly current: { handle: H; generation: number; renewing?: { link: Link; found: Promise<H> } };

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
    const { session } = this.connection;
    const conn = session.handle(this.options);
    if (isPromise(conn)) return conn.then(() => this.handle());
    return this.current.generation === session.link.generation ? this.current.handle : this.renew(session.link);
  }

  /** @internal */
  protected override toError(error: unknown): unknown {
    return this.connection.session.toError(error);
  }

  /** @internal For calls that take several objects. */
  currentHandle(): H | Promise<H> {
    return this.handle();
  }

  // Once for all calls that want it.
  private renew(link: Link): Promise<H> {
    const { current } = this;
    if (current.renewing?.link === link) return current.renewing.found;
    const found = this.find(link.handle).then(
      (handle) => {
        current.handle = handle;
        current.generation = link.generation;
        return handle;
      },
      (error: unknown) => {
        if (current.renewing?.found === found) delete current.renewing;
        throw error;
      },
    );
    current.renewing = { link, found };
    return found;
  }
}
