import { isErrorRecord, ownError, toFacadeError } from './errors.js';
import { type CallOptions, checkCallOptions, type Limits, limitsOf, onAbort } from './limits.js';
import { native } from './native.js';
import type { virConnect, virStream } from './native-types.js';
import { StreamSession } from './stream-session.js';

/** Looks up the object on the stream's connection and joins it to the stream, within the limits that the caller set. */
export type StartStream<T> = (conn: virConnect, stream: virStream, within: Limits['within']) => Promise<T>;

/** The connection that streams belong to. */
export interface StreamParent {
  handle(limits: CallOptions): virConnect | Promise<virConnect>;
  toError(error: unknown): unknown;
}

/** Opens one more connection, to where the first one leads. */
export interface StreamAccess {
  openForStream(limits: CallOptions): Promise<virConnect>;
}

/** Stretches of time between which the link was lost. */
interface Epoch {
  over?: Error;
  readonly ending: AbortController;
}

/**
 * The streams of a connection. Each has a connection of its own, to the same URI: what a client sends on a stream holds
 * places among the few requests that the daemon takes from one connection until the guest or the disk took it, and what
 * is not read holds up whatever comes after it.
 */
export class StreamLinks {
  readonly #parent: StreamParent;
  readonly #access: StreamAccess;
  readonly #sessions = new Set<StreamSession>();
  #epoch: Epoch = { ending: new AbortController() };
  /** Of those that were ended before: a session is gone a little earlier than its stream has told of its end. */
  #ended: Promise<unknown> = Promise.resolve();

  constructor(parent: StreamParent, access: StreamAccess) {
    this.#parent = parent;
    this.#access = access;
  }

  /** @throws what a caller of the facade gets */
  async start<T>(options: CallOptions, run: StartStream<T>): Promise<{ session: StreamSession; result: T }> {
    checkCallOptions(options);
    options.signal?.throwIfAborted();
    const limits = limitsOf(options);
    const parent = await this.#parent.handle(options);
    const epoch = this.#epoch;
    const { signal, forget } = either(options.signal, epoch.ending.signal);
    try {
      return await this.#start(parent, epoch, limitsOf({ ...limits.left, signal }), run);
    } catch (error) {
      throw epoch.over ?? error;
    } finally {
      forget();
    }
  }

  async #start<T>(parent: virConnect, epoch: Epoch, limits: Limits, run: StartStream<T>) {
    // A driver inside the process reads and writes the file or the terminal itself, when it is asked to.
    const own = this.#hasDaemon(parent);
    const conn = own ? await this.#access.openForStream(limits.left) : parent;
    try {
      if (own) native.runtime.cutAtEnd(conn);
      const stream = native.virStreamNew(conn, 0);
      const result = await run(conn, stream, limits.within);
      if (epoch.over !== undefined) throw epoch.over;
      const session = new StreamSession(conn, stream, own, () => this.#sessions.delete(session));
      this.#sessions.add(session);
      return { session, result };
    } catch (error) {
      if (own) {
        native.runtime.cut(conn);
        native.virConnectClose(conn).catch(() => undefined);
      }
      throw own ? toFacadeError(error) : this.#parent.toError(error);
    }
  }

  // Asking for no keepalive changes nothing; drivers without a daemon say that they have none.
  #hasDaemon(conn: virConnect): boolean {
    try {
      native.virConnectSetKeepAlive(conn, 0, 0);
      return true;
    } catch (error) {
      const isGone = isErrorRecord(error) && (error.code === 'ERR_LIBVIRT_CLOSED' || error.disconnected === true);
      if (isGone) throw this.#parent.toError(error);
      return false;
    }
  }

  /** The connection is being closed. Resolves when all streams are. */
  close(): Promise<void> {
    return this.#end(ownError('ERR_LIBVIRT_CLOSED', 'virConnectClose', 'the connection is closed'));
  }

  /** The link is lost, and the streams' are no better; those to come belong to the next one. */
  lose(error: Error): void {
    void this.#end(error);
  }

  async #end(error: Error): Promise<void> {
    const { ending } = this.#epoch;
    this.#epoch.over = error;
    this.#epoch = { ending: new AbortController() };
    ending.abort(error);
    this.#ended = Promise.all([this.#ended, ...[...this.#sessions].map((session) => session.end(error))]);
    await this.#ended;
  }
}

/** A signal that is aborted with the first of two. */
function either(first: AbortSignal | undefined, second: AbortSignal): { signal: AbortSignal; forget: () => void } {
  const controller = new AbortController();
  const forgets = [first, second].map((signal) => {
    if (signal === undefined) return undefined;
    if (signal.aborted) controller.abort(signal.reason);
    return onAbort(signal, () => {
      controller.abort(signal.reason);
    });
  });
  const forget = () => {
    for (const one of forgets) one?.();
  };
  return { signal: controller.signal, forget };
}
