import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AdminConnection, Connection, type Domain, type DomainSnapshot, type OpenOptions } from '../lib/index.js';
import { limitsOf, onAbort } from '../lib/limits.js';
import { native } from '../lib/native.js';
import { Session } from '../lib/session.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch, failure } from './helpers.js';
import { type procedures, xdr } from './remote-protocol.js';

const scratch = new Scratch();
const uuid = '11111111-2222-4333-8444-555555555555';
const machineOf = Buffer.concat([xdr.string('pc1'), xdr.uuid(uuid), xdr.int(3)]);
const refusal = { domain: 0, message: 'no', str1: null, str2: null, str3: null, int1: 0, int2: 0 };
let daemon: FakeDaemon;
let remote: Connection;
let machine: Domain;
let count = 0;

async function startDaemon(path = scratch.file(`daemon-${++count}`)): Promise<FakeDaemon> {
  const started = await FakeDaemon.start(path);
  started.answer('lookupDomainByName', machineOf);
  started.answer('lookupDomainByUUID', machineOf);
  started.answer('snapshotLookupByName', Buffer.concat([xdr.string('s1'), machineOf]));
  started.answer('getXMLDesc', xdr.string('<domain/>'));
  started.answer('adminLookupServer', xdr.string('libvirtd'));
  return started;
}

beforeAll(async () => {
  daemon = await startDaemon();
  remote = await Connection.open(daemon.uri, { keepAlive: false });
  machine = await remote.lookupDomainByName('pc1');
});

afterEach(() => {
  jest.restoreAllMocks();
  daemon.release();
});

afterAll(async () => {
  await remote.close();
  await daemon.stop();
  scratch.remove();
});

describe('limits', () => {
  it('are one stretch of time for all that is waited for', () => {
    const clock = jest.spyOn(performance, 'now').mockReturnValue(1000);
    const limits = limitsOf({ timeout: 500 });
    clock.mockReturnValue(1200.5);
    expect(limits.left).toEqual({ timeout: 300 });
    clock.mockReturnValue(2000);
    expect(limits.left).toEqual({ timeout: 0 });
  });

  it('end at once what begins when they are over, unless it is taken back', async () => {
    const ended: string[] = [];
    const signal = AbortSignal.abort();
    onAbort(signal, () => ended.push('kept'));
    onAbort(signal, () => ended.push('taken back'))();
    expect(ended).toEqual([]);
    await Promise.resolve();
    expect(ended).toEqual(['kept']);
  });

  it('leave no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const controller = new AbortController();
    const reason = new Error('enough');
    const limits = limitsOf({ timeout: 60_000, signal: controller.signal });
    const ended = failure(limits.race(new Promise(() => undefined), () => new Error('late')));
    expect(timers()).toBe(before + 1);
    controller.abort(reason);
    expect(await ended).toBe(reason);
    expect(timers()).toBe(before);
  });

  it.each<[string, (options: object) => Promise<unknown>]>([
    ['Connection.open', (options) => Connection.open(daemon.uri, options)],
    ['AdminConnection.open', (options) => AdminConnection.open(daemon.adminUri, options)],
    ['close', (options) => remote.close(options)],
    ['with', (options) => remote.with(options).getHostname()],
  ])('of %s are checked, and the error says whose they are', async (where, call) => {
    const wanted = 'timeout must be a number of milliseconds from 0 to 2147483647 but is -1';
    expect(await failure(call({ timeout: -1 }))).toEqual(new RangeError(`${where}: ${wanted}`));
    for (const signal of [null, {}, 5]) {
      const error = new TypeError(`${where}: signal must be an AbortSignal`);
      expect(await failure(call({ signal }))).toEqual(error);
    }
    if (where === 'with') return; // which takes no options for none
    expect(await failure(call(null as never))).toEqual(new TypeError(`${where}: options must be an object`));
  });
});

describe('of a method that makes several calls', () => {
  /** Leaves a kind of request without an answer, or all but the first. */
  const hold = (procedure: keyof typeof procedures, first?: Buffer): void => {
    if (first === undefined) {
      daemon.hold(procedure);
      return;
    }
    daemon.answer(procedure, () => {
      daemon.hold(procedure);
      return first;
    });
  };

  beforeAll(() => {
    daemon.answer('getMaxVcpus', xdr.int(2));
    daemon.answer('getVcpusFlags', xdr.int(2));
    daemon.answer('getNodeCPUMap', Buffer.concat([xdr.int(1), Buffer.from([255, 0, 0, 0]), xdr.int(8), xdr.int(8)]));
    daemon.answer('numOfNWFilters', xdr.int(1));
    daemon.refuse('snapshotCurrent', { ...refusal, code: 72 });
  });

  const counted = Buffer.concat([xdr.int(0), xdr.int(2)]);
  const part = Buffer.concat([xdr.int(4 << 20), Buffer.alloc(4 << 20)]);
  // Each row is whole: jest takes an argument that is left out for its own `done`.
  const methods: [string, (view: Domain) => Promise<unknown>, keyof typeof procedures, Buffer | undefined][] = [
    ['virNodeGetCPUMap', (view) => view.getVcpus(), 'getNodeCPUMap', undefined],
    ['virDomainGetVcpus', (view) => view.getVcpus(), 'getVcpus', undefined],
    ['virDomainGetVcpuPinInfo', (view) => view.getVcpuPinInfo(), 'getVcpuPinInfo', undefined],
    ['virDomainGetEmulatorPinInfo', (view) => view.getEmulatorPinInfo(), 'getEmulatorPinInfo', undefined],
    ['virDomainGetCPUStats', (view) => view.getCPUStats(), 'getCPUStats', counted],
    ['virDomainIsActive', (view) => view.currentSnapshot(), 'isActive', undefined],
    ['virDomainBlockPeek', (view) => view.blockPeek('vda', 0, 5 << 20), 'blockPeek', part],
  ];

  it.each(methods)('a signal ends the later ones: %s', async (operation, call, procedure, first) => {
    hold(procedure, first);
    const controller = new AbortController();
    const ended = failure(call(machine.with({ signal: controller.signal })));
    await daemon.whenHeld(procedure);
    controller.abort();
    expect(await ended).toMatchObject({ code: 'ERR_LIBVIRT_ABANDONED', operation });
  });

  it.each(methods)('a timeout ends the later ones: %s', async (_, call, procedure, first) => {
    hold(procedure, first);
    expect(await failure(call(machine.with({ timeout: 50 })))).toMatchObject({
      code: 'ERR_LIBVIRT_TIMEOUT',
      message: expect.stringContaining('took longer than 50 ms'),
    });
  });

  it('both calls of an older list are within one', async () => {
    daemon.hold('listNWFilters');
    const controller = new AbortController();
    const ended = failure(remote.with({ signal: controller.signal }).listNWFilters());
    await daemon.whenHeld('listNWFilters');
    controller.abort();
    expect(await ended).toMatchObject({ code: 'ERR_LIBVIRT_ABANDONED', operation: 'virConnectListNWFilters' });
  });

  it('a signal ends a call on two objects, and not another one that was made before', async () => {
    const snapshot: DomainSnapshot = await machine.lookupSnapshotByName('s1');
    daemon.hold('getCapabilities', 'revertToSnapshot');
    const kept = remote.getCapabilities();
    const controller = new AbortController();
    const ended = failure(machine.with({ signal: controller.signal }).revertToSnapshot(snapshot));
    await daemon.whenHeld('revertToSnapshot');
    controller.abort();
    expect(await ended).toMatchObject({ code: 'ERR_LIBVIRT_ABANDONED', operation: 'virDomainRevertToSnapshot' });
    daemon.release();
    expect(await kept).toBe('<capabilities/>');
  });
});

describe('after a reconnection', () => {
  let first: FakeDaemon;
  let second: FakeDaemon;
  const opened: (Connection | AdminConnection)[] = [];
  const reconnect = { minDelay: 5, maxDelay: 20 };

  afterEach(async () => {
    second.release();
    await Promise.all(opened.splice(0).map((connection) => connection.close()));
    await second.stop();
  });

  async function open(): Promise<Domain> {
    first = await startDaemon();
    const connection = await Connection.open(first.uri, { keepAlive: false, reconnect });
    opened.push(connection);
    return connection.lookupDomainByName('pc1');
  }

  /** Until the link stands again, to a daemon that holds what is given. */
  async function comeBack(
    connection: Pick<Connection | AdminConnection, 'closed'> & { once(name: 'resync', listener: () => void): unknown },
    ...held: (keyof typeof procedures)[]
  ): Promise<void> {
    const back = new Promise<void>((resolve) => connection.once('resync', resolve));
    await first.stop();
    second = await startDaemon(first.socketPath);
    second.hold(...held);
    await back;
  }

  it('a signal ends the wait for the look-up, and nothing is done afterwards', async () => {
    const far = await open();
    await comeBack(far.connection, 'lookupDomainByUUID');
    const controller = new AbortController();
    const reason = new Error('enough');
    const ended = failure(far.with({ signal: controller.signal }).destroy());
    const other = far.getXMLDesc();
    await second.whenHeld('lookupDomainByUUID');
    controller.abort(reason);
    expect(await ended).toBe(reason);
    second.release();
    // What waits for the same look-up goes on, and comes after the one that was given up.
    expect(await other).toBe('<domain/>');
    expect(second.requestCount('destroy')).toBe(0);
    expect(second.requestCount('lookupDomainByUUID')).toBe(1);
  });

  it('a timeout counts for the look-up as well, and ends nobody else’s', async () => {
    const far = await open();
    await comeBack(far.connection, 'lookupDomainByUUID');
    const other = far.getXMLDesc();
    expect(await failure(far.with({ timeout: 20 }).destroy())).toMatchObject({
      code: 'ERR_LIBVIRT_TIMEOUT',
      message: expect.stringMatching(/look.*Domain.* took longer than 20 ms, so the call was not made$/),
    });
    second.release();
    expect(await other).toBe('<domain/>');
    expect(second.requestCount('destroy')).toBe(0);
  });

  it('both do so for a second object, and for the servers of a daemon', async () => {
    const far = await open();
    const snapshot = await far.lookupSnapshotByName('s1');
    await comeBack(far.connection, 'snapshotLookupByName');
    const late = { code: 'ERR_LIBVIRT_TIMEOUT', message: expect.stringContaining('DomainSnapshot') };
    expect(await failure(far.with({ timeout: 20 }).revertToSnapshot(snapshot))).toMatchObject(late);
    second.release();
    expect(second.requestCount('revertToSnapshot')).toBe(0);

    const admin = await AdminConnection.open(second.adminUri, { reconnect });
    opened.push(admin);
    const server = await admin.lookupServer('libvirtd');
    first = second;
    await comeBack(admin, 'adminLookupServer');
    second.pings = false; // which the administration's client does not know
    expect(await failure(server.with({ timeout: 20 }).listClients())).toMatchObject({
      code: 'ERR_LIBVIRT_TIMEOUT',
      operation: 'virAdmConnectLookupServer',
    });
  });
});

describe('opening and closing', () => {
  const open = (options: OpenOptions = {}) => Connection.open(daemon.uri, { keepAlive: false, ...options });

  it('has one time for the link and for listening to its end', async () => {
    daemon.answer('supportsFeature', xdr.int(1));
    daemon.hold('registerCloseCallback');
    const clock = jest.spyOn(performance, 'now').mockReturnValue(1000);
    daemon.answer('open', () => {
      clock.mockReturnValue(1600);
      return Buffer.alloc(0);
    });
    const timers = jest.spyOn(globalThis, 'setTimeout');
    const opening = failure(open({ timeout: 700 }));
    await daemon.whenHeld('registerCloseCallback');
    expect(timers.mock.calls.filter((call: unknown[]) => call[2] === 'timeout').map(([, ms]) => ms)).toEqual([
      700, 100,
    ]);
    expect(await opening).toMatchObject({
      code: 'ERR_LIBVIRT_TIMEOUT',
      operation: 'virConnectRegisterCloseCallback',
      message: expect.stringContaining('700 ms'),
    });
    daemon.answer('open', Buffer.alloc(0));
    daemon.answer('supportsFeature', xdr.int(0));
  });

  it.each([true, false])('gives a connection although the link is lost at once (reconnect: %s)', async (reconnect) => {
    const openSession: typeof Session.open = Session.open.bind(Session);
    jest.spyOn(Session, 'open').mockImplementation(async (access, limits) => {
      const session = await openSession(access, limits);
      native.runtime.lose(session.link.handle, 'lost at once');
      return session;
    });
    const connection = await open({ reconnect });
    expect(connection.uri).toBe(remote.uri);
    await connection.close();
  });

  it('leaves streams that do not end', async () => {
    for (const how of [{ timeout: 20 }, { signal: AbortSignal.abort() }]) {
      const connection = await open();
      jest.spyOn(connection.streams, 'close').mockReturnValue(new Promise(() => undefined));
      await connection.close(how);
    }
  });
});
