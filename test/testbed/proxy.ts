import { EventEmitter, once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/** A UNIX socket's path, or a TCP port on the loopback interface. Port 0 to listen means any free one. */
export type Endpoint = string | number;

/** What is wrong with the link. Offsets and sizes count the bytes from server to client, for each connection anew. */
export interface Faults {
  /** Milliseconds that each piece is late. */
  delay?: number;
  /** Bytes a second. */
  rate?: number;
  /** Pass on in pieces of this many bytes. */
  chunk?: number;
  /** Close the connection after this many bytes. */
  cutAfter?: number;
  /** Pass on nothing after this many bytes, and stay connected. */
  stallAfter?: number;
  /** Invert the byte at this offset. */
  garbleAt?: number;
  /** A cut is a reset (TCP only) in place of an orderly end. */
  reset?: boolean;
  /** Accept this many connections, and close each later one at once. */
  refuseAfter?: number;
}

const where = (endpoint: Endpoint): { path: string } | { port: number; host: string } =>
  typeof endpoint === 'string' ? { path: endpoint } : { port: endpoint, host: '127.0.0.1' };

/**
 * A faulty link to a server. `faults` may be changed at any time; a change holds for the bytes that come after it, on
 * open connections too.
 */
export class FaultProxy {
  faults: Faults;
  /** How many connections were made, refused ones included. */
  accepted = 0;
  readonly #fault = new EventEmitter();
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #listen: Endpoint;

  private constructor(server: Server, listen: Endpoint, faults: Faults) {
    this.#server = server;
    this.#listen = listen;
    this.faults = faults;
  }

  static async start(listen: Endpoint, target: Endpoint, faults: Faults = {}): Promise<FaultProxy> {
    if (faults.reset === true && typeof listen === 'string') throw new TypeError('a UNIX socket has no reset');
    // Half-open: what one side has to say after the other's end still arrives.
    const server = createServer({ allowHalfOpen: true });
    const proxy = new FaultProxy(server, listen, faults);
    server.on('connection', (client) => {
      proxy.#accept(client, target);
    });
    server.listen(where(listen));
    await once(server, 'listening');
    if (typeof listen === 'number') proxy.#listen = (server.address() as AddressInfo).port;
    return proxy;
  }

  /** Where clients connect. */
  get endpoint(): Endpoint {
    return this.#listen;
  }

  get open(): number {
    return this.#links.size;
  }

  /** Resolves when a link shows its fault the next time: what is garbled, or comes before the silence, was passed on. */
  async whenFaulty(): Promise<void> {
    await once(this.#fault, 'shown');
  }

  #accept(client: Socket, target: Endpoint): void {
    this.accepted++;
    if (this.accepted > (this.faults.refuseAfter ?? Infinity)) {
      client.destroy();
      return;
    }
    const link = new Link(client, connect({ ...where(target), allowHalfOpen: true }), () => this.faults);
    this.#links.add(link);
    link.onClose = () => this.#links.delete(link);
    link.onFault = () => this.#fault.emit('shown');
  }

  /** Cuts every open connection, now. */
  cut(): void {
    for (const link of this.#links) link.cut();
  }

  /** Stops listening and closes what is open. */
  async close(): Promise<void> {
    this.cut();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
    if (typeof this.#listen === 'string') rmSync(this.#listen, { force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** One connection. */
class Link {
  onClose = (): unknown => undefined;
  onFault = (): unknown => undefined;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #faults: () => Faults;
  /** What is under way, in order, and the timer of the first. */
  readonly #queue: { readonly at: number; readonly action: () => void }[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Bytes passed on to the client. */
  #sent = 0;
  /** When the link is free again, and when the piece before arrives: pieces keep their order whatever the faults. */
  #free = 0;
  #arrival = 0;

  constructor(client: Socket, server: Socket, faults: () => Faults) {
    this.#client = client;
    this.#server = server;
    this.#faults = faults;
    client.on('data', (data) => server.write(data));
    client.on('end', () => server.end());
    server.on('data', (data: Buffer) => {
      this.#receive(data);
    });
    server.on('end', () => {
      this.#schedule(0, () => {
        this.#end();
      });
    });
    client.on('error', () => {
      this.cut();
    });
    server.on('error', () => {
      this.cut();
    });
    client.on('close', () => {
      this.#gone();
    });
  }

  cut(): void {
    if (this.#faults().reset === true) this.#client.resetAndDestroy();
    else this.#client.destroy();
    this.#gone();
  }

  #gone(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
    this.#server.destroy();
    this.onClose();
  }

  #end(): void {
    if (!this.#over()) this.#client.end();
  }

  /** Nothing more of the server's reaches the client, its end neither. */
  #over(): boolean {
    const { stallAfter = Infinity, cutAfter = Infinity } = this.#faults();
    return this.#sent >= Math.min(stallAfter, cutAfter);
  }

  #receive(data: Buffer): void {
    const step = this.#faults().chunk ?? data.length;
    for (let start = 0; start < data.length; start += step) {
      const piece = data.subarray(start, start + step);
      this.#schedule(piece.length, () => {
        this.#pass(piece);
      });
    }
  }

  #schedule(bytes: number, action: () => void): void {
    const { rate, delay = 0 } = this.#faults();
    const now = performance.now();
    this.#free = Math.max(this.#free, now) + (rate === undefined ? 0 : (bytes * 1000) / rate);
    this.#arrival = Math.max(this.#arrival, this.#free + delay);
    this.#queue.push({ at: this.#arrival, action });
    if (this.#queue.length === 1) this.#deliver();
  }

  // One timer at a time: timers of different lengths do not always fire in the order of their ends.
  #deliver(): void {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const wait = next.at - performance.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => {
          this.#deliver();
        }, Math.ceil(wait));
        return;
      }
      next.action();
      this.#queue.shift();
    }
  }

  #pass(piece: Buffer): void {
    if (this.#client.destroyed) return;
    if (this.#over()) {
      this.onFault();
      return;
    }
    const { stallAfter = Infinity, cutAfter = Infinity, garbleAt = -1 } = this.#faults();
    const end = Math.min(piece.length, Math.max(0, Math.min(stallAfter, cutAfter) - this.#sent));
    const part = Buffer.from(piece.subarray(0, end));
    const bad = garbleAt - this.#sent;
    const garbled = bad >= 0 && bad < part.length;
    if (garbled) part.writeUInt8(part.readUInt8(bad) ^ 0xff, bad);
    this.#sent += part.length;
    const [cut, over] = [this.#sent >= cutAfter, this.#over()];
    this.#client.write(part, () => {
      if (cut) this.cut();
      if (garbled || over) this.onFault();
    });
  }
}
