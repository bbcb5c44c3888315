import { Duplex, type Readable, type Writable } from 'node:stream';
import { onAbort } from './limits.js';
import { native } from './native.js';
import { Ready, type StreamSession } from './stream-session.js';

const atOnce = {
  /** More than any packet of libvirt has. */
  read: 1 << 20,
  /** What a socket has room for when it says that it has some, so that no thread waits. */
  write: 32 * 1024,
};

/**
 * A machine's console or channel: what is written goes to the guest, what the guest says is read.
 *
 * Who does not read stops the guest's output, as a terminal's Ctrl-S would; what the guest does not take stays with the
 * writer. `end()` is over when the daemon has confirmed it, which is when the guest has taken everything; `destroy()` is
 * over at once. A `signal` of `domain.with()` destroys it with the signal's reason, at any time; a `timeout` is for opening it.
 */
export class ConsoleStream extends Duplex {
  readonly #session: StreamSession;
  #reading = false;
  #finishing = false;
  readonly #forget: (() => void) | undefined;
  #writing: { rest: Buffer; callback: (error?: Error | null) => void } | undefined;

  /** @internal */
  constructor(session: StreamSession, signal: AbortSignal | undefined) {
    super({ allowHalfOpen: false, readableHighWaterMark: 64 * 1024 });
    this.#session = session;
    session.onReady = (events) => {
      if ((events & Ready.READ) !== 0) void this.#receive();
      if ((events & Ready.WRITE) !== 0) void this.#send();
    };
    session.onEnd = (error) => closed(this, error);
    this.#forget = signal && destroyOn(signal, this);
  }

  /** @internal */
  override _read(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#session.ask(Ready.READ);
  }

  async #receive(): Promise<void> {
    try {
      const data = await this.#session.call((stream) => native.virStreamRecv(stream, atOnce.read));
      this.#reading = false;
      if (data === -2) this._read();
      else this.push(data.length === 0 ? null : data);
    } catch (error) {
      // What was on its way when the stream was finished is nobody's.
      if (!this.#finishing && !this.destroyed) this.destroy(error as Error);
    }
  }

  /** @internal */
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#writing = { rest: chunk, callback };
    this.#session.ask(Ready.WRITE);
  }

  async #send(): Promise<void> {
    const writing = this.#writing;
    if (writing === undefined) return;
    try {
      const piece = writing.rest.subarray(0, atOnce.write);
      const count = await this.#session.call((stream) => native.virStreamSend(stream, piece));
      writing.rest = writing.rest.subarray(Math.max(count, 0));
      if (writing.rest.length > 0) this.#session.ask(Ready.WRITE);
      else this.#written();
    } catch (error) {
      this.#written(error as Error);
    }
  }

  #written(error?: Error): void {
    const writing = this.#writing;
    this.#writing = undefined;
    writing?.callback(error);
  }

  /** @internal */
  override _final(callback: (error?: Error | null) => void): void {
    this.#finishing = true;
    this.#session.finish().then(() => {
      callback();
      if (!this.readableEnded) this.push(null);
    }, callback);
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#forget?.();
    this.#written(error ?? destroyedError());
    void this.#session.abort().then(() => {
      callback(error);
    });
  }
}

/** What Node.js gives to whoever waits for a write when nobody said why the stream was destroyed. */
function destroyedError(): Error {
  return Object.assign(new Error('Cannot call write after a stream was destroyed'), { code: 'ERR_STREAM_DESTROYED' });
}

/** Destroys a stream with the signal's reason. @returns what takes that back. */
export function destroyOn(signal: AbortSignal, stream: Duplex | Readable | Writable): (() => void) | undefined {
  const end = () => {
    stream.destroy(signal.reason as Error);
  };
  if (!signal.aborted) return onAbort(signal, end);
  end();
  return undefined;
}

/** Destroys a stream; resolves when it is closed. */
export function closed(stream: Duplex | Readable | Writable, error: Error): Promise<void> {
  if (stream.closed) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('close', () => {
      resolve();
    });
    stream.destroy(error);
  });
}
