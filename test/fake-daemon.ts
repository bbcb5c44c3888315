import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { type Procedure, procedures, programs, xdr } from './remote-protocol.js';

/** A virError as a daemon sends it. */
export interface RemoteError {
  code: number;
  domain: number;
  message: string;
  str1: string | null;
  str2: string | null;
  str3: string | null;
  int1: number;
  int2: number;
}

function encodeError(error: RemoteError): Buffer {
  const { int, optional } = xdr;
  return Buffer.concat([
    int(error.code),
    int(error.domain),
    optional(error.message),
    int(2),
    int(0), // no domain
    optional(error.str1),
    optional(error.str2),
    optional(error.str3),
    int(error.int1),
    int(error.int2),
    int(0), // no network
  ]);
}

interface Request {
  program: number;
  body: Buffer;
  procedure: number;
  serial: number;
  socket: Socket;
}

/**
 * The least that libvirt's client takes for a daemon, on a UNIX socket: it says what the test tells it to, and keeps
 * requests unanswered until it is told otherwise. So calls that hang need neither a daemon nor a clock.
 */
export class FakeDaemon {
  /** Every request since the start, by its number. */
  readonly requests: number[] = [];
  /** Whether it brings clients to look at their queues while it holds requests, see #ping. */
  pings = true;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Those that asked for something: before that, a client takes a ping for nonsense and closes the link. */
  readonly #known = new Set<Socket>();
  readonly #held = new Set<number>();
  readonly #bodies = new Map<number, Buffer>();
  readonly #answers = new Map<number, { status: number; body: Buffer | ((request: Buffer) => Buffer) }>();
  #silent = false;
  #waiting: Request[] = [];
  #pinging: NodeJS.Timeout | undefined;
  #watchers: (() => void)[] = [];

  readonly socketPath: string;

  private constructor(socketPath: string, server: Server) {
    this.socketPath = socketPath;
    this.#server = server;
    server.on('connection', (socket) => {
      this.#accept(socket);
    });
    const { int, string } = xdr;
    this.answer('authList', int(0));
    this.answer('supportsFeature', int(0));
    this.answer('open', Buffer.alloc(0));
    this.answer('close', Buffer.alloc(0));
    this.answer('registerCloseCallback', Buffer.alloc(0));
    this.answer('unregisterCloseCallback', Buffer.alloc(0));
    this.answer('getType', string('Fake'));
    this.answer('getHostname', string('fake-host'));
    this.answer('getCapabilities', string('<capabilities/>'));
    this.answer('getURI', string('test:///default'));
  }

  static async start(socketPath: string): Promise<FakeDaemon> {
    const daemon = new FakeDaemon(socketPath, createServer());
    daemon.#server.listen(socketPath);
    await once(daemon.#server, 'listening');
    return daemon;
  }

  get uri(): string {
    return `test+unix:///default?socket=${this.socketPath}`;
  }

  get adminUri(): string {
    return `libvirtd:///system?socket=${this.socketPath}`;
  }

  /** @param body - or what makes it of what the request carries */
  answer(procedure: Procedure, body: Buffer | ((request: Buffer) => Buffer)): void {
    this.#answers.set(procedures[procedure], { status: 0, body });
  }

  refuse(procedure: Procedure, error: RemoteError): void {
    this.#answers.set(procedures[procedure], { status: 1, body: encodeError(error) });
  }

  /** Says something that nobody asked for, as a daemon tells of events. */
  tell(message: number, body: Buffer, program: keyof typeof programs = 'remote'): void {
    const header = [28 + body.length, programs[program], 1, message, 2, 0, 0];
    for (const socket of this.#known) socket.write(Buffer.concat([...header.map(xdr.int), body]));
  }

  /** From now on leaves these requests without an answer. */
  hold(...held: Procedure[]): void {
    for (const procedure of held) this.#held.add(procedures[procedure]);
  }

  /** From now on gives no sign of life, as a daemon that was stopped. */
  silence(): void {
    this.#silent = true;
    this.#ping(false);
  }

  /** Answers what was held, and holds nothing any more. */
  release(): void {
    this.#silent = false;
    this.#held.clear();
    this.#ping(false);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const request of waiting) this.#respond(request);
  }

  /** How many requests of a kind wait for their answers. */
  heldCount(procedure: Procedure): number {
    return this.#waiting.filter((request) => request.procedure === procedures[procedure]).length;
  }

  /** What the last request of a kind carried. */
  body(procedure: Procedure): Buffer | undefined {
    return this.#bodies.get(procedures[procedure]);
  }

  requestCount(procedure: Procedure): number {
    return this.requests.filter((number) => number === procedures[procedure]).length;
  }

  /** Resolves when so many requests of a kind have come since the start. */
  async whenRequested(procedure: Procedure, count = 1): Promise<void> {
    while (this.requestCount(procedure) < count) await this.#nextRequest();
  }

  /** Resolves when so many requests of a kind wait for their answers. */
  async whenHeld(procedure: Procedure, count = 1): Promise<void> {
    while (this.heldCount(procedure) < count) await this.#nextRequest();
  }

  #nextRequest(): Promise<void> {
    return new Promise((resolve) => this.#watchers.push(resolve));
  }

  async stop(): Promise<void> {
    this.#ping(false);
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    let rest = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#known.delete(socket);
    });
    socket.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      while (rest.length >= 4 && rest.length >= rest.readUInt32BE(0)) {
        const length = rest.readUInt32BE(0);
        const program = rest.readUInt32BE(4);
        const body = rest.subarray(28, length);
        const request = { program, procedure: rest.readUInt32BE(12), serial: rest.readUInt32BE(20), body, socket };
        if (program !== programs.keepAlive) this.#take(request);
        rest = rest.subarray(length);
      }
    });
  }

  #take(request: Request): void {
    this.requests.push(request.procedure);
    this.#bodies.set(request.procedure, request.body);
    this.#known.add(request.socket);
    if (this.#silent || this.#held.has(request.procedure)) {
      this.#waiting.push(request);
      this.#ping(true);
    } else this.#respond(request);
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }

  // A client up to libvirt 9.0 may miss that a second thread has a request to send, until something comes in. A real
  // daemon's keepalive brings something every few seconds; this one's tests would wait for ever.
  #ping(on: boolean): void {
    clearInterval(this.#pinging);
    const message = Buffer.concat([28, programs.keepAlive, 1, 1, 2, 0, 0].map(xdr.int));
    if (!on || this.#silent || !this.pings) return;
    this.#pinging = setInterval(() => {
      for (const socket of this.#known) socket.write(message);
    }, 10);
  }

  #respond({ program, procedure, serial, socket, body: request }: Request): void {
    const answer = this.#answers.get(procedure) ?? {
      status: 1,
      body: encodeError({
        code: 1,
        domain: 0,
        message: `the fake daemon has no answer to ${procedure}`,
        str1: null,
        str2: null,
        str3: null,
        int1: 0,
        int2: 0,
      }),
    };
    const body = typeof answer.body === 'function' ? answer.body(request) : answer.body;
    const header = [28 + body.length, program, 1, procedure, 1, serial, answer.status];
    socket.write(Buffer.concat([...header.map(xdr.int), body]));
  }
}
