import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What a promise rejects with; it must. */
export async function failure(pending: Promise<unknown>): Promise<unknown> {
  let result: unknown;
  try {
    result = await pending;
  } catch (error) {
    return error;
  }
  throw new Error(`it did not fail but gave ${String(result)}`);
}

/** What each of several promises rejects with. All are heard at once, since none waits for its turn to fail. */
export function failures(pending: Iterable<Promise<unknown>>): Promise<unknown[]> {
  return Promise.all([...pending].map(failure));
}

/** What a function throws; it must. */
export function thrown(run: () => unknown): unknown {
  let result: unknown;
  try {
    result = run();
  } catch (error) {
    return error;
  }
  throw new Error(`it did not throw but gave ${String(result)}`);
}

/** A directory of its own for a test file's temporary files. */
export class Scratch {
  readonly path = mkdtempSync(path.join(tmpdir(), 'libvirt-napi-'));
  #hosts = 0;

  file(name: string): string {
    return path.join(this.path, name);
  }

  /** The URI of a host of the test driver, described by XML. Every connection to it has a copy of its own. */
  host(xml: string): string {
    const file = this.file(`host-${this.#hosts++}.xml`);
    writeFileSync(file, `<node>${xml}</node>`);
    return `test://${file}`;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export interface MachineXML {
  name: string;
  uuid?: string;
  memory?: number;
  /** 1 running … 5 off, for a machine that a host has from the start. */
  state?: number;
  transient?: boolean;
  mac?: string;
  more?: string;
}

export function machineXML({ name, uuid, memory = 65536, state, transient, mac, more = '' }: MachineXML): string {
  const runs =
    state === undefined
      ? ''
      : `<test:runstate>${state}</test:runstate>${transient === true ? '<test:transient/>' : ''}`;
  return `<domain type="test" xmlns:test="http://libvirt.org/schemas/domain/test/1.0">
    <name>${name}</name>${uuid === undefined ? '' : `<uuid>${uuid}</uuid>`}
    <memory>${memory}</memory><vcpu>2</vcpu><os><type>hvm</type></os>
    <devices>
      <disk type="file" device="disk"><source file="/guest/${name}.img"/><target dev="vda" bus="virtio"/></disk>
      <memballoon model="virtio"/>
      ${mac === undefined ? '' : `<interface type="network"><mac address="${mac}"/><source network="default"/></interface>`}
    </devices>${runs}${more}
  </domain>`;
}

export function networkXML(name: string, bridge: string, more = ''): string {
  return `<network><name>${name}</name><bridge name="${bridge}"/>${more}</network>`;
}

/** The numbers of libvirt's remote protocol for what the tests let a daemon answer. */
export const procedures = {
  open: 1,
  close: 2,
  getType: 3,
  getNodeInfo: 6,
  getCapabilities: 7,
  defineDomainXML: 11,
  getXMLDesc: 14,
  destroy: 12,
  getMaxMemory: 17,
  getMaxVcpus: 18,
  getVcpus: 20,
  lookupDomainByName: 23,
  lookupDomainByUUID: 24,
  shutdown: 33,
  lookupNetworkByName: 46,
  getSchedulerType: 56,
  getSchedulerParameters: 57,
  getHostname: 59,
  supportsFeature: 60,
  interfaceStats: 65,
  authList: 66,
  nodeGetCellsFreeMemory: 101,
  nodeGetFreeMemory: 102,
  blockPeek: 103,
  getURI: 110,
  nodeDeviceLookupByName: 113,
  nodeDeviceGetParent: 115,
  lookupSecretByUUID: 141,
  getLibVersion: 157,
  memoryStats: 159,
  getJobInfo: 163,
  abortJob: 164,
  lookupNWFilterByName: 175,
  lookupNWFilterByUUID: 176,
  numOfNWFilters: 178,
  listNWFilters: 179,
  managedSave: 182,
  getVcpusFlags: 200,
  setBlkioParameters: 205,
  getBlkioParameters: 206,
  getState: 212,
  nodeGetCPUStats: 227,
  nodeGetMemoryStats: 228,
  getVcpuPinInfo: 230,
  blockJobAbort: 237,
  getBlockJobInfo: 238,
  blockPull: 240,
  migrateGetMaxSpeed: 242,
  setBlockIoTune: 252,
  getCPUStats: 262,
  getDiskErrors: 263,
  blockRebase: 266,
  listAllDomains: 273,
  blockCommit: 290,
  getSecurityLabelList: 278,
  getEmulatorPinInfo: 280,
  nodeSetMemoryParameters: 288,
  nodeGetMemoryParameters: 289,
  nodeGetCPUMap: 293,
  getNodeCPUMap: 293,
  getJobStats: 298,
  registerNetworkEvent: 313,
  deregisterNetworkEvent: 314,
  registerDomainEvent: 316,
  deregisterDomainEvent: 317,
  domainEventLifecycle: 318,
  nodeGetFreePages: 340,
  getDHCPLeases: 341,
  getAllDomainStats: 344,
  nodeAllocPages: 347,
  blockCopy: 345,
  getFSInfo: 349,
  interfaceAddresses: 353,
  getGuestVcpus: 371,
  registerCloseCallback: 360,
  unregisterCloseCallback: 361,
  migrateGetMaxDowntime: 387,
  baselineHypervisorCPU: 394,
  nodeGetSEVInfo: 395,
  getLaunchSecurityInfo: 396,
  lookupNWFilterBindingByPortDev: 397,
  setIOThreadParams: 402,
  networkPortLookupByUUID: 405,
  networkPortGetParameters: 407,
  networkPortSetParameters: 408,
  getGuestInfo: 418,
  backupBegin: 421,
  authorizedSSHKeysGet: 424,
  authorizedSSHKeysSet: 425,
  getMessages: 426,
  // Of the administration's protocol, whose numbers are its own.
  adminGetLibVersion: 3,
  adminListServers: 4,
  adminLookupServer: 5,
  adminGetThreadPoolParameters: 6,
  adminSetThreadPoolParameters: 7,
  adminListClients: 8,
  adminLookupClient: 9,
  adminGetInfo: 10,
  adminGetClientLimits: 12,
  adminSetClientLimits: 13,
} as const;
export type Procedure = keyof typeof procedures;

/** What a message belongs to. The second says "keep". */
const programs = { remote: 0x20008086, admin: 0x06900690, keepAlive: 0x6b656570 };

/** Values as the remote protocol writes them. */
export const xdr = {
  int: (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value | 0);
    return bytes;
  },
  hyper: (value: bigint): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt.asUintN(64, value));
    return bytes;
  },
  string: (text: string): Buffer => {
    const bytes = Buffer.from(text);
    return Buffer.concat([xdr.int(bytes.length), bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  },
  optional: (text: string | null): Buffer =>
    text === null ? xdr.int(0) : Buffer.concat([xdr.int(1), xdr.string(text)]),
  uuid: (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex'),
};

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

  /** From now on leaves these requests without an answer. */
  hold(...held: Procedure[]): void {
    for (const procedure of held) this.#held.add(procedures[procedure]);
  }

  /** Tells all clients something that none has asked for. */
  tell(procedure: Procedure, body: Buffer): void {
    const header = [28 + body.length, programs.remote, 1, procedures[procedure], 2, 0, 0].map(xdr.int);
    for (const socket of this.#known) socket.write(Buffer.concat([...header, body]));
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
