import { Duplex } from 'node:stream';
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
 * over at once.
 */
export class ConsoleStream extends Duplex {
  readonly #session: StreamSession;
  #reading = false;
  #finishing = false;
  #writing: { rest: Buffer; callback: (error?: Error | null) => void } | undefined;

  /** @internal */
  constructor(session: StreamSession) {
    super({ allowHalfOpen: false, readableHighWaterMark: 64 * 1024 });
    this.#session = session;
    session.onReady = (events) => {
      if ((events & Ready.READ) !== 0) void this.#receive();
      if ((events & Ready.WRITE) !== 0) void this.#send();
    };
    session.onEnd = (error) => closed(this, error);
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
      if (writing.rest.length > 0) {
        this.#session.ask(Ready.WRITE);
        return;
      }
      this.#writing = undefined;
      writing.callback();
    } catch (error) {
      this.#writing = undefined;
      writing.callback(error as Error);
    }
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
    void this.#session.abort().then(() => {
      callback(error);
    });
  }
}

/** Destroys a stream; resolves when it is closed. */
export function closed(stream: Duplex | NodeJS.ReadableStream | NodeJS.WritableStream, error: Error): Promise<void> {
  const it = stream as Duplex;
  if (it.closed) return Promise.resolve();
  return new Promise((resolve) => {
    it.once('close', () => {
      resolve();
    });
    it.destroy(error);
  });
}
