import { afterAll, afterEach } from '@jest/globals';
import { AdminConnection, Connection, type AdminOpenOptions, type Domain, type OpenOptions } from '../lib/index.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch } from './helpers.js';
import { xdr } from './remote-protocol.js';

/** Reconnects without delay. */
export const quickly = { minDelay: 5, maxDelay: 20 };

/** The number of the protocol's message that tells of a lifecycle event. */
export const lifecycleMessage = 318;

/** Fake daemons that can all that the library asks of one by itself, and connections to them; all end with each test. */
export class FakeDaemons {
  readonly #scratch = new Scratch();
  readonly #daemons = new Set<FakeDaemon>();
  readonly #opened: (Connection | AdminConnection)[] = [];
  #count = 0;

  get path(): string {
    return this.#scratch.file(`daemon-${++this.#count}`);
  }

  async start(path = this.path): Promise<FakeDaemon> {
    const daemon = await FakeDaemon.start(path);
    this.#daemons.add(daemon);
    daemon.answer('supportsFeature', xdr.int(1));
    daemon.answer('getLibVersion', xdr.hyper(9_000_000n));
    daemon.answer('adminGetLibVersion', xdr.hyper(9_000_000n));
    daemon.answer('adminLookupServer', xdr.string('libvirtd'));
    daemon.answer('connectDomainEventCallbackRegisterAny', xdr.int(eventCallbackID));
    daemon.answer('connectDomainEventCallbackDeregisterAny', Buffer.alloc(0));
    return daemon;
  }

  /** As a crash does. */
  async stop(daemon: FakeDaemon): Promise<void> {
    this.#daemons.delete(daemon);
    await daemon.stop();
  }

  /** Stops one, and gives the one that comes after it. */
  async restart(daemon: FakeDaemon): Promise<FakeDaemon> {
    await this.stop(daemon);
    return this.start(daemon.socketPath);
  }

  async open(daemon: FakeDaemon, options: OpenOptions = {}): Promise<Connection> {
    const connection = await Connection.open(daemon.uri, { keepAlive: false, ...options });
    this.#opened.push(connection);
    return connection;
  }

  /** One with a machine that runs, and the machine as a client sees it. */
  async withMachine(): Promise<{ daemon: FakeDaemon; connection: Connection; domain: Domain }> {
    const daemon = await this.start();
    daemon.answer('lookupDomainByName', machine(1));
    const connection = await this.open(daemon);
    return { daemon, connection, domain: await connection.lookupDomainByName('far') };
  }

  async openAdmin(daemon: FakeDaemon, options: AdminOpenOptions = {}): Promise<AdminConnection> {
    const admin = await AdminConnection.open(daemon.adminUri, options);
    this.#opened.push(admin);
    return admin;
  }

  async end(): Promise<void> {
    for (const daemon of this.#daemons) daemon.release();
    await Promise.all(this.#opened.splice(0).map((connection) => connection.close({ timeout: 1000 })));
    await Promise.all([...this.#daemons].map((daemon) => this.stop(daemon)));
  }

  remove(): void {
    this.#scratch.remove();
  }
}

export function fakeDaemons(): FakeDaemons {
  const fakes = new FakeDaemons();
  afterEach(() => fakes.end());
  afterAll(() => {
    fakes.remove();
  });
  return fakes;
}

const eventCallbackID = 1;
export const uuid = '11111111-2222-4333-8444-555555555555';

/** A machine as the protocol writes it. */
export const machine = (id = -1): Buffer => Buffer.concat([xdr.string('far'), xdr.uuid(uuid), xdr.int(id)]);

/** What a daemon tells of a machine's life. */
export const lifecycle = (event: number, detail = 0): Buffer =>
  Buffer.concat([xdr.int(eventCallbackID), machine(), xdr.int(event), xdr.int(detail)]);

/** That there is no such machine. */
export const noDomain = {
  code: 42,
  domain: 10,
  message: 'Domain not found',
  str1: 'Domain not found',
  str2: null,
  str3: null,
  int1: -1,
  int2: -1,
};

type HealthName = 'close' | 'disconnect' | 'reconnect' | 'resync';

/** What both kinds of connection tell of themselves. */
interface Emitter {
  on(name: HealthName, listener: (...args: unknown[]) => unknown): unknown;
  once: Emitter['on'];
}

export function heard(connection: Emitter): unknown[][] {
  const events: unknown[][] = [];
  for (const name of ['close', 'disconnect', 'reconnect', 'resync'] as const) {
    connection.on(name, (...args: unknown[]) => events.push([name, ...args]));
  }
  return events;
}

/** The first argument of the next event of a name. */
export const next = (connection: Emitter, name: HealthName) =>
  new Promise<unknown>((resolve) => connection.once(name, resolve));
