import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { AdminConnection, ConnectCloseReason, Connection, type OpenOptions } from '../lib/index.js';
import { native } from '../lib/native.js';
import { runProgram } from './fixtures/faults/run.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch, failure, failures, thrown } from './helpers.js';
import { xdr } from './remote-protocol.js';

jest.setTimeout(60_000);

const scratch = new Scratch();
const daemons: FakeDaemon[] = [];
const opened: (Connection | AdminConnection)[] = [];
let count = 0;

async function startDaemon(path = scratch.file(`daemon-${++count}`)): Promise<FakeDaemon> {
  const daemon = await FakeDaemon.start(path);
  daemons.push(daemon);
  daemon.answer('supportsFeature', xdr.int(1));
  daemon.answer('getLibVersion', xdr.hyper(9_000_000n));
  daemon.answer('adminGetLibVersion', xdr.hyper(9_000_000n));
  daemon.answer('adminLookupServer', xdr.string('libvirtd'));
  return daemon;
}

async function open(daemon: FakeDaemon, options: OpenOptions = {}): Promise<Connection> {
  const connection = await Connection.open(daemon.uri, { keepAlive: false, ...options });
  opened.push(connection);
  return connection;
}

/** Stops a daemon as a crash does, and gives the one that comes after it. */
async function restart(daemon: FakeDaemon): Promise<FakeDaemon> {
  await stop(daemon);
  return startDaemon(daemon.socketPath);
}

async function stop(daemon: FakeDaemon): Promise<void> {
  daemons.splice(daemons.indexOf(daemon), 1);
  await daemon.stop();
}

/** What both kinds of connection tell of themselves. */
interface Emitter {
  on(name: 'close' | 'disconnect' | 'reconnect' | 'resync', listener: (...args: unknown[]) => unknown): unknown;
  once: Emitter['on'];
}

const heard = (connection: Emitter): unknown[][] => {
  const events: unknown[][] = [];
  for (const name of ['close', 'disconnect', 'reconnect', 'resync'] as const) {
    connection.on(name, (...args: unknown[]) => events.push([name, ...args]));
  }
  return events;
};
const next = (connection: Emitter, name: 'close' | 'disconnect' | 'reconnect' | 'resync') =>
  new Promise<unknown>((resolve) => connection.once(name, resolve));

const quickly = { minDelay: 5, maxDelay: 20 };
const lost = { code: 'ERR_LIBVIRT_DISCONNECTED' };

afterEach(async () => {
  for (const daemon of daemons) daemon.release();
  await Promise.all(opened.splice(0).map((connection) => connection.close({ timeout: 1000 })));
  await Promise.all(daemons.splice(0).map((daemon) => daemon.stop()));
});

afterAll(() => {
  scratch.remove();
});

describe('the raw layer', () => {
  it('is told once of the end, with its reason', async () => {
    const daemon = await startDaemon();
    const conn = await native.virConnectOpen(daemon.uri);
    const told = new Promise<unknown[]>((resolve) => {
      void native.virConnectRegisterCloseCallback(conn, (...args) => {
        resolve(args);
      });
    });
    await daemon.whenRequested('registerCloseCallback');
    await native.virConnectGetHostname(conn);
    await stop(daemon);
    const [who, reason] = await told;
    expect(reason).toBe(ConnectCloseReason.EOF);
    expect(native.virConnectGetURI(who as typeof conn)).toBe(native.virConnectGetURI(conn));
    // libvirt has dropped it by itself.
    expect(await failure(native.virConnectUnregisterCloseCallback(conn, () => undefined))).toMatchObject({
      operation: 'virConnectUnregisterCloseCallback',
    });
    await failure(native.virConnectClose(conn)); // which a lost link makes quick work of
  });

  it('knows one function for a connection, and forgets it before the connection closes', async () => {
    const daemon = await startDaemon();
    const conn = await native.virConnectOpen(daemon.uri);
    const never = () => {
      throw new Error('told');
    };
    await native.virConnectRegisterCloseCallback(conn, never);
    expect(await failure(native.virConnectRegisterCloseCallback(conn, never))).toMatchObject({ code: 55 });
    await native.virConnectUnregisterCloseCallback(conn, never);
    await native.virConnectRegisterCloseCallback(conn, never);
    // Else it would give 1: something still holds it.
    expect(await native.virConnectClose(conn)).toBe(0);
    expect(daemon.requestCount('unregisterCloseCallback')).toBe(2);
    await daemon.whenRequested('close');
  });

  it('takes it from the driver that has no use for it', async () => {
    const conn = await native.virConnectOpen('test:///default');
    const never = () => undefined;
    await native.virConnectRegisterCloseCallback(conn, never);
    await native.virConnectUnregisterCloseCallback(conn, never);
    await native.virConnectRegisterCloseCallback(conn, never);
    expect(await native.virConnectClose(conn)).toBe(0);
  });

  it('does the same for administration', async () => {
    const daemon = await startDaemon();
    const conn = await native.virAdmConnectOpen(daemon.adminUri, 0);
    const told = new Promise<unknown[]>((resolve) => {
      native.virAdmConnectRegisterCloseCallback(conn, (...args) => {
        resolve(args);
      });
    });
    expect(
      thrown(() => {
        native.virAdmConnectRegisterCloseCallback(conn, () => undefined);
      }),
    ).toMatchObject({
      operation: 'virAdmConnectRegisterCloseCallback',
    });
    await stop(daemon);
    expect((await told)[1]).toBe(ConnectCloseReason.EOF);
    expect(await native.virAdmConnectClose(conn)).toBe(0);
  });

  it('frees what comes after nobody waits for it any more', async () => {
    const daemon = await startDaemon();
    const conn = await native.virConnectOpen(daemon.uri);
    const uuid = '11111111-2222-4333-8444-555555555555';
    daemon.answer('lookupNetworkByName', Buffer.concat([xdr.string('far'), xdr.uuid(uuid)]));
    daemon.hold('lookupNetworkByName');
    const before = native.runtime.stats();
    const looking = native.virNetworkLookupByName(conn, 'far');
    const call = native.runtime.lastCall();
    const returned = native.runtime.returned(call);
    await daemon.whenHeld('lookupNetworkByName');
    expect(native.runtime.cancel(call)).toBe('released');
    expect(await failure(looking)).toMatchObject({ code: 'ERR_LIBVIRT_ABANDONED' });
    daemon.release();
    await returned;
    while (native.runtime.stats().handles > before.handles) await delay(5);
    expect(native.runtime.stats().pending).toBe(before.pending);
    expect(await native.virConnectClose(conn)).toBe(0);
  });

  it('closes a connection that was forgotten with its function', async () => {
    const daemon = await startDaemon();
    const ending = runProgram('../health/forgotten', [daemon.uri], ['--expose-gc']);
    await daemon.whenRequested('close');
    expect(daemon.requestCount('unregisterCloseCallback')).toBe(1);
    expect(await ending).toMatchObject({ code: 0, stderr: '', stdout: 'closed\n' });
  });
});

describe('the end of a connection', () => {
  it('is told when the daemon goes, with the reason', async () => {
    const daemon = await startDaemon();
    const connection = await open(daemon);
    const events = heard(connection);
    daemon.hold('getHostname');
    const call = failure(connection.getHostname());
    await daemon.whenHeld('getHostname');
    const { closed } = connection;
    await stop(daemon);
    expect(await closed).toBe(ConnectCloseReason.EOF);
    expect(await call).toMatchObject({ ...lost, cause: { code: expect.stringMatching(/^VIR_ERR_/) } });
    expect(events).toEqual([['close', ConnectCloseReason.EOF]]);
    expect(await connection.isAlive()).toBe(false);
    expect(await failure(connection.getHostname())).toMatchObject(lost);
    await connection.close();
    expect(await connection.closed).toBe(ConnectCloseReason.EOF);
    expect(events).toHaveLength(1);
    expect(await failure(connection.getHostname())).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
  });

  it('is noticed although nothing is called', async () => {
    const daemon = await startDaemon();
    const connection = await open(daemon);
    const told = next(connection, 'close');
    await stop(daemon);
    expect(await told).toBe(ConnectCloseReason.EOF);
    expect(await failure(connection.getHostname())).toMatchObject(lost);
  });

  it('is told when the daemon does not answer any more', async () => {
    const daemon = await startDaemon();
    const connection = await open(daemon, { keepAlive: { interval: 1, count: 1 } });
    daemon.silence();
    expect(await connection.closed).toBe(ConnectCloseReason.KEEPALIVE);
  });

  it.each(['test:///default', 'the fake daemon'])('is told after close() (%s)', async (uri) => {
    const daemon = await startDaemon();
    const connection = uri.startsWith('test') ? await Connection.open(uri) : await open(daemon);
    const events = heard(connection);
    let settled = false;
    void connection.closed.then(() => (settled = true));
    await connection.getHostname();
    expect(settled).toBe(false);
    await connection.close();
    expect(await connection.closed).toBe(ConnectCloseReason.CLIENT);
    await connection.close();
    expect(events).toEqual([['close', ConnectCloseReason.CLIENT]]);
  });

  it('is told by administration as well', async () => {
    const daemon = await startDaemon();
    const admin = await AdminConnection.open(daemon.adminUri);
    opened.push(admin);
    const told = next(admin, 'close');
    const events = heard(admin);
    await stop(daemon);
    expect(await told).toBe(ConnectCloseReason.EOF);
    expect(await admin.closed).toBe(ConnectCloseReason.EOF);
    expect(await admin.isAlive()).toBe(false);
    expect(await failure(admin.getLibVersion())).toMatchObject(lost);
    expect(events).toEqual([['close', ConnectCloseReason.EOF]]);
  });

  it('is not waited for by the process', async () => {
    const daemon = await startDaemon();
    const ending = await runProgram('../health/listening', [daemon.uri]);
    expect(ending).toMatchObject({ code: 0, stdout: 'fake-host\n', stderr: '' });
  });
});

describe('reconnection', () => {
  it.each([
    [5, 'reconnect must be an object or a boolean but is number'],
    [null, 'reconnect must be an object or a boolean but is null'],
    [{ minDelay: -1 }, 'reconnect.minDelay must be milliseconds from 0 to 2147483647 but is -1'],
    [{ maxDelay: 'x' }, 'reconnect.maxDelay must be milliseconds from 0 to 2147483647 but is x'],
    [{ timeout: NaN }, 'reconnect.timeout must be milliseconds from 0 to 2147483647 but is NaN'],
    [{ calls: 'repeat' }, "reconnect.calls must be 'wait' or 'reject' but is repeat"],
    [{ signal: {} }, 'reconnect.signal must be an AbortSignal'],
  ])('misuse: %j', async (reconnect, message) => {
    for (const type of [Connection, AdminConnection]) {
      const error = await failure(type.open('test:///default', { reconnect } as never));
      expect(error).toHaveProperty('message', `${type.name}.open: ${message}`);
    }
  });

  it('makes the link again, and the objects go on', async () => {
    const daemon = await startDaemon();
    const uuid = '11111111-2222-4333-8444-555555555555';
    const network = Buffer.concat([xdr.string('far'), xdr.uuid(uuid)]);
    daemon.answer('lookupNetworkByName', network);
    const connection = await open(daemon, { reconnect: quickly });
    const { link } = connection;
    const events = heard(connection);
    const far = await connection.lookupNetworkByName('far');
    const back = next(connection, 'resync');
    await restart(daemon);
    await back;
    expect(events).toEqual([['disconnect', ConnectCloseReason.EOF], ['reconnect'], ['resync']]);
    expect(connection.link.generation).toBe(link.generation + 1);
    expect(await connection.getHostname()).toBe('fake-host');
    expect(await connection.isAlive()).toBe(true);
    // It is looked for again by its UUID, once for all.
    const errors = await failures([far.getXMLDesc(), far.getXMLDesc(), far.with({ timeout: 5000 }).getXMLDesc()]);
    for (const error of errors) expect(error).toMatchObject({ operation: 'virNetworkLookupByUUIDString' });
    expect(far.name).toBe('far');
    await connection.close();
    expect(await connection.closed).toBe(ConnectCloseReason.CLIENT);
    expect(events.slice(3)).toEqual([['close', ConnectCloseReason.CLIENT]]);
  });

  it('rejects what is under way and never repeats it', async () => {
    const daemon = await startDaemon();
    const connection = await open(daemon, { reconnect: { ...quickly, calls: 'wait' } });
    daemon.hold('getHostname', 'getCapabilities');
    const calls = failures([
      connection.getHostname(),
      ...Array.from({ length: 10 }, () => connection.getCapabilities()),
      connection.with({ timeout: 20_000 }).getCapabilities(),
    ]);
    await daemon.whenHeld('getHostname');
    const after = await restart(daemon);
    for (const error of await calls) expect(error).toMatchObject(lost);
    expect(await connection.getLibVersion()).toBe(9_000_000);
    expect(after.requestCount('getHostname') + after.requestCount('getCapabilities')).toBe(0);
  });

  it('lets calls that are made meanwhile wait, or rejects them, as chosen', async () => {
    const daemon = await startDaemon();
    const waiting = await open(daemon, { reconnect: { ...quickly, calls: 'wait' } });
    const rejecting = await open(daemon, { reconnect: quickly });
    const away = Promise.all([next(waiting, 'disconnect'), next(rejecting, 'disconnect')]);
    await stop(daemon);
    await away;
    const call = waiting.getHostname();
    const limited = failure(waiting.with({ timeout: 20 }).getHostname());
    const aborter = new AbortController();
    const aborted = failure(waiting.with({ signal: aborter.signal }).getHostname());
    expect(await failure(rejecting.getHostname())).toMatchObject(lost);
    expect(await waiting.isAlive()).toBe(false);
    expect(await rejecting.isAlive()).toBe(false);
    expect(await limited).toMatchObject({ code: 'ERR_LIBVIRT_TIMEOUT' });
    const reason = new Error('enough');
    aborter.abort(reason);
    expect(await aborted).toBe(reason);
    await startDaemon(daemon.socketPath);
    expect(await call).toBe('fake-host');
    if (!(await rejecting.isAlive())) await next(rejecting, 'reconnect');
    expect(await rejecting.getHostname()).toBe('fake-host');
  });

  it('ends with close() and with the signal', async () => {
    const daemon = await startDaemon();
    const aborter = new AbortController();
    const closed = await open(daemon, { reconnect: { ...quickly, calls: 'wait' } });
    const given = await open(daemon, { reconnect: { ...quickly, calls: 'wait', signal: aborter.signal } });
    const events = { closed: heard(closed), given: heard(given) };
    const away = Promise.all([next(closed, 'disconnect'), next(given, 'disconnect')]);
    await stop(daemon);
    await away;
    const calls = { closed: failure(closed.getHostname()), given: failure(given.getHostname()) };
    await closed.close();
    expect(await calls.closed).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
    expect(await closed.closed).toBe(ConnectCloseReason.CLIENT);
    aborter.abort();
    expect(await given.closed).toBe(ConnectCloseReason.EOF);
    expect(await calls.given).toMatchObject(lost);
    expect(await failure(given.getHostname())).toMatchObject(lost);
    await given.close();
    expect(await failure(given.getHostname())).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
    const disconnect = ['disconnect', ConnectCloseReason.EOF];
    expect(events.closed).toEqual([disconnect, ['close', ConnectCloseReason.CLIENT]]);
    expect(events.given).toEqual([disconnect, ['close', ConnectCloseReason.EOF]]);
    await startDaemon(daemon.socketPath);
  });

  it('tries again and again, with pauses that grow', async () => {
    const daemon = await startDaemon();
    const connection = await open(daemon, { reconnect: { minDelay: 10, maxDelay: 80 } });
    const away = next(connection, 'disconnect');
    await stop(daemon);
    await away;
    // Whoever listens there and hangs up is no daemon.
    const times: number[] = [];
    const server = createServer((socket) => {
      times.push(performance.now());
      socket.destroy();
    }).listen(daemon.socketPath);
    while (times.length < 8) await once(server, 'connection');
    server.close();
    await once(server, 'close');
    const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(Math.max(...gaps.slice(-3))).toBeGreaterThanOrEqual(40);
    const back = next(connection, 'reconnect');
    await startDaemon(daemon.socketPath);
    await back;
    expect(await connection.getHostname()).toBe('fake-host');
  });

  it('gives a daemon that hangs its time, and no more than two threads', async () => {
    let daemon = await startDaemon();
    const connection = await open(daemon, { reconnect: { ...quickly, timeout: 50 } });
    const away = next(connection, 'disconnect');
    await stop(daemon);
    daemon = await FakeDaemon.start(daemon.socketPath);
    daemons.push(daemon);
    daemon.silence();
    await away;
    await daemon.whenRequested('authList', 2);
    // Both are given up, and nothing new is tried.
    while (native.runtime.stats().pending > 0) await delay(5);
    // Opens by hand wait for a place as well.
    const late = await failure(Connection.open(daemon.uri, { timeout: 200 }));
    expect(late).toMatchObject({ code: 'ERR_LIBVIRT_TIMEOUT', operation: 'virConnectOpen' });
    expect((late as Error).message).toMatch(/did not start: two earlier tries still hang$/);
    expect(daemon.requestCount('authList')).toBe(2);
    const reason = new Error('enough');
    const aborter = new AbortController();
    const aborted = failure(Connection.open(daemon.uri, { signal: aborter.signal }));
    aborter.abort(reason);
    expect(await aborted).toBe(reason);
    // What comes too late is closed, and then there is a place.
    const back = next(connection, 'reconnect');
    daemon.answer('supportsFeature', xdr.int(1));
    daemon.release();
    await back;
    await daemon.whenRequested('close', 2);
    expect(await connection.getHostname()).toBe('fake-host');
  });

  it('keeps what keepalive was set to', async () => {
    let daemon = await startDaemon();
    const connection = await open(daemon, { reconnect: quickly });
    await connection.setKeepAlive(1, 1);
    const back = next(connection, 'resync');
    daemon = await restart(daemon);
    await back;
    await daemon.whenRequested('getLibVersion');
    daemon.silence();
    expect(await next(connection, 'disconnect')).toBe(ConnectCloseReason.KEEPALIVE);
  });

  it('asks the same function for credentials', async () => {
    // Nothing asks here; what counts is that the way of opening is the same.
    const daemon = await startDaemon();
    const connection = await open(daemon, { reconnect: quickly, credentials: () => null, readOnly: true });
    const back = next(connection, 'resync');
    await restart(daemon);
    await back;
    expect(await connection.getHostname()).toBe('fake-host');
  });

  it('does the same for administration', async () => {
    let daemon = await startDaemon();
    const admin = await AdminConnection.open(daemon.adminUri, { reconnect: quickly });
    opened.push(admin);
    const server = await admin.lookupServer('libvirtd');
    const events = heard(admin);
    const back = next(admin, 'resync');
    daemon = await restart(daemon);
    await back;
    expect(events).toEqual([['disconnect', ConnectCloseReason.EOF], ['reconnect'], ['resync']]);
    expect(await admin.getLibVersion()).toBe(9_000_000);
    daemon.answer('adminListClients', Buffer.concat([xdr.int(0), xdr.int(0)]));
    expect(await server.listClients()).toEqual([]);
    expect(daemon.requestCount('adminLookupServer')).toBe(1);
  });
});
