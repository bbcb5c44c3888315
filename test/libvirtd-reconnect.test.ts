import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, jest } from '@jest/globals';
import {
  AdminConnection,
  ConnectCloseReason,
  Connection,
  type Domain,
  DomainCreateFlags,
  DomainEventType,
  type DomainLifecycleEvent,
  DomainState,
  LibvirtError,
} from '../lib/index.js';
import { native } from '../lib/native.js';
import { collectGarbage } from './helpers.js';
import { eventually } from './libvirtd-helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';

// The soak wants more.
const restarts = Number(process.env['LIBVIRT_NAPI_RESTARTS'] ?? 5);

const descriptors = (): number => readdirSync('/proc/self/fd').length;
const quickly = { minDelay: 20, maxDelay: 200 };

/** Calls without end, and how they ended. */
class Load {
  readonly outcomes: Record<string, number> = {};
  made = 0;
  settled = 0;
  #stopped = false;
  readonly #loops: Promise<void>[];

  constructor(calls: readonly (() => Promise<unknown>)[], times: number) {
    this.#loops = Array.from({ length: times }, () => calls.map((call) => this.#loop(call))).flat();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#loops);
  }

  async #loop(call: () => Promise<unknown>): Promise<void> {
    while (!this.#stopped) {
      this.made += 1;
      const outcome = await call().then(
        () => 'ok',
        (error: unknown) => (error instanceof LibvirtError ? error.code : String(error)),
      );
      this.settled += 1;
      this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
      // A link that is lost refuses at once: that must not become a busy loop.
      await delay(outcome === 'ok' ? 0 : 10);
    }
  }
}

/** Resolves when a figure is down to what it was. */
async function settles(what: string, figure: () => number, most: number): Promise<void> {
  for (const end = performance.now() + 60_000; figure() > most;) {
    if (performance.now() > end) throw new Error(`${what}: ${String(figure())} in place of ${String(most)}`);
    collectGarbage();
    await delay(100);
  }
}

/** Counts how often a machine was stopped, in every way of listening. */
class Audience {
  readonly #counts = { connection: 0, object: 0, subscription: 0, iterator: 0 };

  async join(connection: Connection, domain: Domain): Promise<void> {
    const count =
      (how: 'connection' | 'object' | 'subscription' | 'iterator') =>
      ({ event }: DomainLifecycleEvent): void => {
        if (event === DomainEventType.STOPPED) this.#counts[how] += 1;
      };
    connection.on('domain:lifecycle', count('connection'));
    domain.on('lifecycle', count('object'));
    await connection.subscribe('domain:lifecycle', count('subscription'));
    const events = connection.events('domain:lifecycle');
    void (async () => {
      for await (const event of events) count('iterator')(event);
    })();
  }

  async hasHeard(times: number): Promise<void> {
    const all = () => Object.values(this.#counts);
    await eventually('all have heard', () => Promise.resolve(all().every((count) => count >= times)));
    expect(all()).toEqual(Array(4).fill(times));
  }
}

interface Emitter {
  once(name: 'resync', listener: () => unknown): unknown;
}

const resynced = (connections: readonly Emitter[]) =>
  Promise.all(connections.map((connection) => new Promise<void>((resolve) => connection.once('resync', resolve))));

describeWithTestbed('a libvirtd that is killed and started again', (bed) => {
  /** In a function of its own, so that nothing here keeps what it found. */
  async function killAndRestart(): Promise<void> {
    const waiting = await Connection.open(bed().uri, { reconnect: { ...quickly, calls: 'wait' } });
    const rejecting = await Connection.open(bed().uri, { reconnect: quickly });
    const admin = await AdminConnection.open(`libvirtd:///system?socket=${bed().adminSocket}`, {
      reconnect: { ...quickly, calls: 'wait' },
    });
    const all = [waiting, rejecting, admin];
    const disconnects = { count: 0 };
    const count = () => (disconnects.count += 1);
    for (const connection of [waiting, rejecting]) connection.on('disconnect', count);
    admin.on('disconnect', count);
    const defined = await waiting.defineDomainXML(guestXML({ name: 'lasting', memoryMiB: 32 }));
    const same: Domain = await rejecting.lookupDomainByName('lasting');
    const server = await admin.lookupServer('libvirtd');
    const audience = new Audience();
    await audience.join(waiting, same);

    const load = new Load(
      [
        () => waiting.listAllDomains(),
        () => waiting.getCapabilities(),
        () => defined.getXMLDesc(),
        () => defined.with({ timeout: 30_000 }).getInfo(),
        () => rejecting.getHostname(),
        () => rejecting.listAllNetworks(),
        () => same.getState(),
        () => server.getClientLimits(),
      ],
      3,
    );
    for (let i = 0; i < restarts; i += 1) {
      const reached = load.settled + 50;
      while (load.settled < reached) await delay(5);
      const back = resynced(all);
      const waits = [defined, same].map((domain) => domain.waitForState(DomainState.PAUSED));
      bed().libvirtd.kill('SIGKILL');
      await bed().libvirtd.ended();
      await bed().libvirtd.start();
      await back;
      expect(await defined.getID()).toBeNull();
      expect(await same.isActive()).toBe(false);
      await defined.create(DomainCreateFlags.START_PAUSED);
      for (const wait of waits) expect(await wait).toMatchObject({ state: DomainState.PAUSED });
      await defined.destroy();
      await audience.hasHeard(i + 1);
    }
    await load.stop();
    expect(load.settled).toBe(load.made);
    expect(Object.keys(load.outcomes).sort()).toEqual(['ERR_LIBVIRT_DISCONNECTED', 'ok']);
    expect(disconnects.count).toBe(restarts * all.length);
    expect(waiting.link.generation).toBe(restarts + 1);

    const [first] = await Promise.all([waiting.closed, ...all.map((connection) => connection.close())]);
    expect(first).toBe(ConnectCloseReason.CLIENT);
  }

  it(
    `${String(restarts)} times under load leaves nothing behind and loses no call`,
    async () => {
      // Whatever is made once in a process is there before the counting.
      await (await Connection.open(bed().uri)).close();
      const before = { descriptors: descriptors(), ...native.runtime.stats() };
      await killAndRestart();
      await settles('pending calls', () => native.runtime.stats().pending, before.pending);
      await settles('handles', () => native.runtime.stats().handles, before.handles);
      await settles('descriptors', descriptors, before.descriptors);
      // Idle threads stay for ten seconds.
      await settles('threads', () => native.runtime.stats().threads, Math.max(1, before.threads));
    },
    120_000 + restarts * 20_000,
  );

  it('goes on telling of events, also of those that were first listened to meanwhile', async () => {
    const connection = await Connection.open(bed().uri, { reconnect: quickly });
    const machines: string[] = [];
    const networks: string[] = [];
    const listened = await connection.defineDomainXML(guestXML({ name: 'listened', memoryMiB: 32 }));
    connection.on('domain:lifecycle', ({ domain }) => machines.push(domain.name));
    const updates: number[] = [];
    listened.on('lifecycle', ({ event }) => updates.push(event));
    const away = new Promise((resolve) => connection.once('disconnect', resolve));
    const back = resynced([connection]);
    bed().libvirtd.kill('SIGKILL');
    await bed().libvirtd.ended();
    await away;
    connection.on('network:lifecycle', ({ network }) => networks.push(network.name));
    const unwanted = () => networks.push('unwanted');
    connection.on('storage-pool:lifecycle', unwanted);
    connection.off('storage-pool:lifecycle', unwanted);
    await bed().libvirtd.start();
    await back;
    const heard = new Promise((resolve) => listened.once('lifecycle', resolve));
    const network = await connection.defineNetworkXML('<network><name>after</name></network>');
    await network.undefine();
    await listened.undefine();
    await heard;
    expect({ machines, networks, updates }).toEqual({
      machines: ['listened'],
      networks: ['after', 'after'],
      updates: [DomainEventType.UNDEFINED],
    });
    await connection.close();
  }, 60_000);

  it('ends iterators of a connection that is not made again with the reason', async () => {
    await using connection = await Connection.open(bed().uri);
    const iterator = connection.events('domain:lifecycle');
    const next = iterator[Symbol.asyncIterator]().next();
    await connection.getHostname();
    bed().libvirtd.kill('SIGKILL');
    await expect(next).rejects.toMatchObject({ code: 'ERR_LIBVIRT_DISCONNECTED' });
    expect(await connection.closed).toBe(ConnectCloseReason.EOF);
    await bed().libvirtd.ended();
    await bed().libvirtd.start();
  }, 60_000);

  it('that hangs is left, and found again when it goes on', async () => {
    const keepAlive = { interval: 1, count: 3 };
    const givenUp = jest.spyOn(native.runtime, 'cancel');
    const connection = await Connection.open(bed().uri, { keepAlive, reconnect: { ...quickly, timeout: 1000 } });
    const gone = new Promise((resolve) => connection.once('disconnect', resolve));
    const back = resynced([connection]);
    await bed().libvirtd.suspend();
    const call = connection.getHostname().catch((error: unknown) => error);
    expect(await gone).toBe(ConnectCloseReason.KEEPALIVE);
    expect(await call).toMatchObject({ code: 'ERR_LIBVIRT_DISCONNECTED' });
    while (givenUp.mock.calls.length < 2) await delay(10);
    givenUp.mockRestore();
    bed().libvirtd.kill('SIGCONT');
    await back;
    expect(await connection.getHostname()).toBe('testbed');
    await connection.close();
  }, 60_000);
});
