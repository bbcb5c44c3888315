import { Readable, Writable } from 'node:stream';
import { closed } from './console-stream.js';
import { onAbort } from './limits.js';
import { native } from './native.js';
import { Ready, type StreamSession } from './stream-session.js';

/** Begins the stream; the signal is that of its being destroyed before. */
export type OpenSession = (signal: AbortSignal) => Promise<StreamSession>;
type Callback = (error?: Error | null) => void;

const KiB = 1024;
/** What a packet of libvirt's protocol holds. */
const packet = 262_120;
const holeBlock = 64 * KiB;
/** Less is not worth a message. */
const leastHole = 4 * KiB;
const zeros = Buffer.alloc(holeBlock);
const atHole = -3;
const STOP_AT_HOLE = 1;

/** What reading and writing have in common: how the stream begins, and how it is given up. */
class Beginning {
  readonly #controller = new AbortController();
  readonly #open: OpenSession;
  #session: StreamSession | undefined;
  #forget: (() => void) | undefined;

  constructor(stream: Readable | Writable, open: OpenSession, signal: AbortSignal | undefined) {
    this.#open = open;
    if (signal === undefined) return;
    const end = () => {
      stream.destroy(signal.reason as Error);
    };
    if (signal.aborted) end();
    else this.#forget = onAbort(signal, end);
  }

  get session(): StreamSession {
    if (this.#session === undefined) throw new Error('the stream has not begun');
    return this.#session;
  }

  async construct(stream: Readable | Writable): Promise<void> {
    this.#session = await this.#open(this.#controller.signal);
    this.#session.onEnd = (error) => closed(stream, error);
  }

  /** It is to be destroyed: nobody waits for its beginning. */
  giveUp(): void {
    this.#forget?.();
    this.#controller.abort();
  }

  async end(): Promise<void> {
    this.#forget?.();
    await this.#session?.abort();
  }
}

/** What is in a volume, as a stream of Node.js. */
export class VolumeReadStream extends Readable {
  readonly #beginning: Beginning;
  readonly #sparse: boolean;
  #hole = 0n;

  /** @internal */
  constructor(open: OpenSession, sparse: boolean, signal: AbortSignal | undefined) {
    super({ highWaterMark: 4 * packet });
    this.#sparse = sparse;
    this.#beginning = new Beginning(this, open, signal);
  }

  override destroy(error?: Error): this {
    (this.#beginning as Beginning | undefined)?.giveUp();
    return super.destroy(error);
  }

  /** @internal */
  override _construct(callback: Callback): void {
    settle(this.#beginning.construct(this), callback);
  }

  /** @internal */
  override _read(): void {
    this.#receive().then(
      (data) => this.push(data),
      (error: unknown) => this.destroy(error as Error),
    );
  }

  async #receive(): Promise<Buffer | null> {
    const { session } = this.#beginning;
    if (this.#hole > 0n) return this.#zeros();
    const data = await session.call((stream) =>
      this.#sparse ? native.virStreamRecvFlags(stream, packet, STOP_AT_HOLE) : native.virStreamRecv(stream, packet),
    );
    if (data === atHole) {
      this.#hole = await session.call((stream) => native.virStreamRecvHole(stream, 0));
      return this.#hole > 0n ? this.#zeros() : this.#receive();
    }
    if (typeof data === 'object' && data.length > 0) return data;
    await session.finish();
    return null;
  }

  #zeros(): Buffer {
    // Whole blocks, so that whoever writes them elsewhere finds the hole again.
    const most = 4 * holeBlock;
    const length = this.#hole < BigInt(most) ? Number(this.#hole) : most;
    this.#hole -= BigInt(length);
    return Buffer.alloc(length);
  }

  /** @internal */
  override _destroy(error: Error | null, callback: Callback): void {
    void this.#beginning.end().then(() => {
      callback(error);
    });
  }
}

/** What goes into a volume, as a stream of Node.js. `finish` comes when the daemon has confirmed that it is there. */
export class VolumeWriteStream extends Writable {
  readonly #beginning: Beginning;
  readonly #sparse: boolean;
  #hole = 0;
  #refused = false;

  /** @internal */
  constructor(open: OpenSession, sparse: boolean, signal: AbortSignal | undefined) {
    super({ highWaterMark: 4 * packet });
    this.#sparse = sparse;
    this.#beginning = new Beginning(this, open, signal);
  }

  override destroy(error?: Error): this {
    (this.#beginning as Beginning | undefined)?.giveUp();
    return super.destroy(error);
  }

  /** @internal */
  override _construct(callback: Callback): void {
    const begun = this.#beginning.construct(this).then(() => {
      const { session } = this.#beginning;
      // A daemon has nothing to say to whoever only sends, unless it cannot go on.
      session.onReady = () => (this.#refused = true);
      session.ask(Ready.READ);
    });
    settle(begun, callback);
  }

  /** @internal */
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    settle(this.#send(chunk), callback);
  }

  /** @internal */
  override _final(callback: Callback): void {
    settle(
      this.#sendHole().then(() => this.#beginning.session.finish()),
      callback,
    );
  }

  async #send(chunk: Buffer): Promise<void> {
    if (!this.#sparse) return this.#sendData(chunk);
    for (const { data, hole } of partsOf(chunk)) {
      if (hole) {
        this.#hole += data.length;
      } else {
        await this.#sendHole();
        await this.#sendData(data);
      }
    }
  }

  async #sendHole(): Promise<void> {
    if (this.#hole === 0) return;
    const length = this.#hole;
    this.#hole = 0;
    await this.#beginning.session.call((stream) => native.virStreamSendHole(stream, length, 0));
  }

  async #sendData(data: Buffer): Promise<void> {
    const { session } = this.#beginning;
    for (let rest = data; rest.length > 0;) {
      if (this.#refused) await session.finish();
      const piece = rest.subarray(0, packet);
      rest = rest.subarray(await session.call((stream) => native.virStreamSend(stream, piece)));
    }
  }

  /** @internal */
  override _destroy(error: Error | null, callback: Callback): void {
    void this.#beginning.end().then(() => {
      callback(error);
    });
  }
}

/** Blocks of zeros, and what is between them. */
function partsOf(chunk: Buffer): { data: Buffer; hole: boolean }[] {
  const parts: { data: Buffer; hole: boolean }[] = [];
  let from = 0;
  let kind: boolean | undefined;
  for (let at = 0; at < chunk.length; at += holeBlock) {
    const block = chunk.subarray(at, at + holeBlock);
    const hole = block.length >= leastHole && block.equals(zeros.subarray(0, block.length));
    if (kind !== undefined && kind !== hole) {
      parts.push({ data: chunk.subarray(from, at), hole: kind });
      from = at;
    }
    kind = hole;
  }
  if (kind !== undefined) parts.push({ data: chunk.subarray(from), hole: kind });
  return parts;
}

function settle(pending: Promise<void>, callback: Callback): void {
  pending.then(() => {
    callback();
  }, callback);
}
