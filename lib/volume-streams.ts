import { Readable, Writable } from 'node:stream';
import { closed, destroyOn } from './console-stream.js';
import { ErrorNumber } from './constants.js';
import { LibvirtError } from './errors.js';
import { native } from './native.js';
import type { StreamSession } from './stream-session.js';

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
/** A reader's bytes that came before it asked, at most; a writer's that wait for their turn, about. */
const ahead = 16 * packet;
/** What is sent by one call. */
const atOnce = 8 * packet;

/** What reading and writing have in common: how the stream begins, and how it is given up. */
class Beginning {
  readonly #controller = new AbortController();
  readonly #open: OpenSession;
  #session: StreamSession | undefined;
  readonly #forget: (() => void) | undefined;

  constructor(stream: Readable | Writable, open: OpenSession, signal: AbortSignal | undefined) {
    this.#open = open;
    this.#forget = signal && destroyOn(signal, stream);
  }

  get session(): StreamSession {
    if (this.#session === undefined) throw new Error('the stream has not begun');
    return this.#session;
  }

  async construct(stream: Readable | Writable): Promise<void> {
    // Node.js constructs what was destroyed before, too; and what went wrong then is nobody's.
    if (stream.destroyed) return;
    try {
      this.#session = await this.#open(this.#controller.signal);
      this.#session.onEnd = (error) => closed(stream, error);
    } catch (error) {
      if (!this.#controller.signal.aborted) throw error;
    }
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
  /** What came and was not asked for yet: bytes, and the lengths of holes. */
  readonly #pieces: (Buffer | bigint)[] = [];
  #bytes = 0;
  #wanted = false;
  #receiving = false;
  #over = false;

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
    this.#wanted = true;
    this.#flow();
  }

  // The thread that receives goes on while JavaScript is busy, and rests while there is enough for half of what may wait.
  #flow(): void {
    if (this.destroyed) return;
    if (!this.#receiving && !this.#over && this.#bytes <= ahead / 2) this.#receive();
    if (!this.#wanted) return;
    const piece = this.#next();
    if (piece !== undefined) {
      this.#wanted = false;
      this.push(piece);
    } else if (this.#over) {
      this.#wanted = false;
      this.#beginning.session.finish().then(
        () => this.push(null),
        (error: unknown) => this.destroy(error as Error),
      );
    }
  }

  #receive(): void {
    this.#receiving = true;
    const received = this.#beginning.session.work('virStreamRecv', (stream) =>
      native.runtime.receiveInto(stream, ahead - this.#bytes, this.#sparse, (piece) => {
        this.#pieces.push(piece);
        if (typeof piece === 'object') this.#bytes += piece.length;
        this.#flow();
      }),
    );
    received.then(
      (over) => {
        this.#receiving = false;
        this.#over = over;
        this.#flow();
      },
      (error: unknown) => this.destroy(error as Error),
    );
  }

  #next(): Buffer | undefined {
    const piece = this.#pieces.shift();
    if (typeof piece === 'object') this.#bytes -= piece.length;
    if (typeof piece !== 'bigint') return piece;
    // Whole blocks, so that whoever writes them elsewhere finds the hole again.
    const most = BigInt(4 * holeBlock);
    if (piece > most) this.#pieces.unshift(piece - most);
    return piece === 0n ? this.#next() : Buffer.alloc(Number(piece < most ? piece : most));
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

  /** @internal */
  constructor(open: OpenSession, sparse: boolean, signal: AbortSignal | undefined) {
    super({ highWaterMark: ahead });
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
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    settle(this.#send([chunk]), callback);
  }

  /** @internal */
  override _writev(chunks: { chunk: Buffer }[], callback: Callback): void {
    settle(this.#send(chunks.map(({ chunk }) => chunk)), callback);
  }

  /** @internal */
  override _final(callback: Callback): void {
    settle(
      this.#sendHole().then(() => this.#beginning.session.finish()),
      callback,
    );
  }

  async #send(chunks: Buffer[]): Promise<void> {
    if (!this.#sparse) return this.#sendData(chunks);
    for (const { data, hole } of chunks.flatMap(partsOf)) {
      if (hole) {
        this.#hole += data.length;
      } else {
        await this.#sendHole();
        await this.#sendData([data]);
      }
    }
  }

  async #sendHole(): Promise<void> {
    if (this.#hole === 0) return;
    const length = this.#hole;
    this.#hole = 0;
    await this.#beginning.session.call((stream) => native.virStreamSendHole(stream, length, 0));
  }

  async #sendData(chunks: Buffer[]): Promise<void> {
    const { session } = this.#beginning;
    for (const pieces of inParts(chunks)) {
      if (await session.work('virStreamSend', (stream) => native.runtime.sendFrom(stream, pieces))) continue;
      // A daemon has nothing to say to whoever only sends, unless it cannot go on: finishing tells why.
      await session.finish();
      throw endedEarly('virStreamSend');
    }
  }

  /** @internal */
  override _destroy(error: Error | null, callback: Callback): void {
    void this.#beginning.end().then(() => {
      callback(error);
    });
  }
}

/** The other side took what had come for everything. */
export function endedEarly(operation: string): LibvirtError {
  const message = 'operation failed: the other side ended the stream before everything was sent';
  return new LibvirtError({ code: ErrorNumber.OPERATION_FAILED, operation, message });
}

/** The same bytes in parts that one call may take. */
function* inParts(chunks: Buffer[]): Generator<Buffer[]> {
  let part: Buffer[] = [];
  let room = atOnce;
  for (let chunk of chunks) {
    while (chunk.length >= room) {
      yield [...part, chunk.subarray(0, room)];
      chunk = chunk.subarray(room);
      [part, room] = [[], atOnce];
    }
    if (chunk.length === 0) continue;
    part.push(chunk);
    room -= chunk.length;
  }
  if (part.length > 0) yield part;
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
