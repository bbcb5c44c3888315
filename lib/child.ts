import type { Connection } from './connection.js';
import { ownError } from './errors.js';
import type { Limits } from './limits.js';
import type { Link } from './session.js';
import type { virConnect } from './native-types.js';
import { LibvirtObject } from './object.js';
import { isPromise } from './promises.js';

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
  protected override handle(limits: Limits): H | Promise<H> {
    const { session } = this.connection;
    const conn = session.handle(limits.left);
    if (isPromise(conn)) return conn.then(() => this.handle(limits));
    if (this.current.generation === session.link.generation) return this.current.handle;
    return limits.race(this.renew(session.link), (timeout) => {
      const operation = `lookup of ${this.constructor.name}`;
      const message = `the ${operation} on the connection that was made again took longer than ${String(timeout)} ms`;
      return ownError('ERR_LIBVIRT_TIMEOUT', operation, `${message}, so the call was not made`);
    });
  }

  /** @internal */
  protected override toError(error: unknown): unknown {
    return this.connection.session.toError(error);
  }

  /** @internal For calls that take several objects. */
  async currentHandle(limits: Limits): Promise<H> {
    return await this.handle(limits);
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
