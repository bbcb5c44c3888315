import { isErrorRecord, toFacadeError } from './errors.js';
import { type CallOptions, limitsOf } from './limits.js';
import { native } from './native.js';
import type { virConnect, virStream } from './native-types.js';

/** What to wait for; numbers of the runtime's `whenReady`. */
export const Ready = { READ: 1, WRITE: 2 } as const;

/**
 * In milliseconds: how long libvirt may take over giving a stream up before its link is cut, and how long what the cut
 * does not free is waited for then.
 */
const patience = { abort: 2000, close: 2000 };

/** A stream that was begun, up to its end. It keeps the process alive until then. */
export class StreamSession {
  readonly stream: virStream;
  /** Told what was asked for, once for each time of asking. */
  onReady: (events: number) => void = () => undefined;
  /** Told that the connection is closed or lost; gives when what builds on the stream has ended. */
  onEnd: (error: Error) => Promise<void> = () => this.abort();
  readonly #conn: virConnect;
  readonly #own: boolean;
  readonly #forget: () => void;
  readonly #ask: (events: number) => void;
  #over: Error | undefined;
  #ended: Promise<void> | undefined;
  #finished = false;

  /** @param own - whether the connection is the stream's, and goes with it */
  constructor(conn: virConnect, stream: virStream, own: boolean, forget: () => void) {
    this.stream = stream;
    this.#conn = conn;
    this.#own = own;
    this.#forget = forget;
    this.#ask = native.runtime.whenReady(stream, (events) => {
      this.onReady(events);
    });
    native.runtime.hold();
  }

  ask(events: number): void {
    if (this.#ended === undefined) this.#ask(events);
  }

  /** A call of the raw layer; once the stream was ended from elsewhere, it fails with the reason for that. */
  async call<T>(run: (stream: virStream) => Promise<T>, limits: CallOptions = {}): Promise<T> {
    try {
      return await limitsOf(limits).within(() => run(this.stream));
    } catch (error) {
      throw this.#over ?? toFacadeError(error);
    }
  }

  /** A call of the addon's own functions that move bytes; its errors are those of the C function that they do it by. */
  work<T>(operation: string, run: (stream: virStream) => Promise<T>): Promise<T> {
    return this.call(async (stream) => {
      try {
        return await run(stream);
      } catch (error) {
        throw isErrorRecord(error) ? { ...error, operation } : error;
      }
    });
  }

  /** Resolves when the daemon has confirmed that everything arrived. */
  async finish(limits?: CallOptions): Promise<void> {
    await this.call((stream) => native.virStreamFinish(stream), limits);
    this.#finished = true;
    await this.abort();
  }

  /** Ends it; of a stream that was not finished, the rest is given up. */
  abort(): Promise<void> {
    this.#ended ??= this.#leave();
    return this.#ended;
  }

  /** The connection is closed or lost. */
  end(error: Error): Promise<void> {
    this.#over ??= error;
    return this.onEnd(error);
  }

  async #leave(): Promise<void> {
    this.#ask(0);
    if (!this.#finished) await this.#giveUp();
    if (this.#own) await this.#close();
    this.#forget();
    native.runtime.release();
  }

  // A daemon that waits for a guest or a disk does not read this either, and a hung one nothing at all.
  async #giveUp(): Promise<void> {
    native.runtime.stop(this.#conn);
    const lost = this.#over !== undefined && 'code' in this.#over && this.#over.code === 'ERR_LIBVIRT_DISCONNECTED';
    const timer = setTimeout(() => native.runtime.cut(this.#conn), lost ? 0 : patience.abort);
    await native.virStreamAbort(this.stream).catch(() => undefined);
    clearTimeout(timer);
  }

  // A thread may be held by a file of this machine, too: a pipe that nobody fills, a disk that hangs. Only it can end that.
  async #close(): Promise<void> {
    const timer = setTimeout(() => {
      native.runtime.abandon(this.#conn);
    }, patience.close);
    await native.virConnectClose(this.#conn).catch(() => undefined);
    clearTimeout(timer);
  }
}
