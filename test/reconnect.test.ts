import { getEventListeners, once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { AdminConnection, ConnectCloseReason, Connection } from '../lib/index.js';
import { native } from '../lib/native.js';
import { checkedReconnect, delayOf } from '../lib/reconnect.js';
import { fakeDaemons, heard, next, quickly } from './fake-daemons.js';
import { Program } from './fixtures/faults/run.js';
import { failure, failures } from './helpers.js';
import { xdr } from './remote-protocol.js';

jest.setTimeout(60_000);

const fakes = fakeDaemons();
const lost = { code: 'ERR_LIBVIRT_DISCONNECTED' };

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
    const daemon = await fakes.start();
    const uuid = '11111111-2222-4333-8444-555555555555';
    const network = Buffer.concat([xdr.string('far'), xdr.uuid(uuid)]);
    daemon.answer('lookupNetworkByName', network);
    const connection = await fakes.open(daemon, { reconnect: quickly });
    const { link } = connection;
    const events = heard(connection);
    const far = await connection.lookupNetworkByName('far');
    const back = next(connection, 'resync');
    await fakes.restart(daemon);
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
    const daemon = await fakes.start();
    const connection = await fakes.open(daemon, { reconnect: { ...quickly, calls: 'wait' } });
    daemon.hold('getHostname', 'getCapabilities');
    const calls = failures([
      connection.getHostname(),
      ...Array.from({ length: 10 }, () => connection.getCapabilities()),
      connection.with({ timeout: 20_000 }).getCapabilities(),
    ]);
    await daemon.whenHeld('getHostname');
    const after = await fakes.restart(daemon);
    for (const error of await calls) expect(error).toMatchObject(lost);
    expect(await connection.getLibVersion()).toBe(9_000_000);
    expect(after.requestCount('getHostname') + after.requestCount('getCapabilities')).toBe(0);
  });

  it('lets calls that are made meanwhile wait, or rejects them, as chosen', async () => {
    const daemon = await fakes.start();
    const waiting = await fakes.open(daemon, { reconnect: { ...quickly, calls: 'wait' } });
    const rejecting = await fakes.open(daemon, { reconnect: quickly });
    const away = Promise.all([next(waiting, 'disconnect'), next(rejecting, 'disconnect')]);
    await fakes.stop(daemon);
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
    await fakes.start(daemon.socketPath);
    expect(await call).toBe('fake-host');
    if (!(await rejecting.isAlive())) await next(rejecting, 'reconnect');
    expect(await rejecting.getHostname()).toBe('fake-host');
  });

  it('ends with close() and with the signal', async () => {
    const daemon = await fakes.start();
    const aborter = new AbortController();
    const closed = await fakes.open(daemon, { reconnect: { ...quickly, calls: 'wait' } });
    const given = await fakes.open(daemon, { reconnect: { ...quickly, calls: 'wait', signal: aborter.signal } });
    const events = { closed: heard(closed), given: heard(given) };
    const away = Promise.all([next(closed, 'disconnect'), next(given, 'disconnect')]);
    await fakes.stop(daemon);
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
    await fakes.start(daemon.socketPath);
  });

  it('tries again and again, with pauses that grow', async () => {
    const daemon = await fakes.start();
    const connection = await fakes.open(daemon, { reconnect: { minDelay: 10, maxDelay: 80 } });
    const away = next(connection, 'disconnect');
    await fakes.stop(daemon);
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
    await fakes.start(daemon.socketPath);
    await back;
    expect(await connection.getHostname()).toBe('fake-host');
  });

  it('gives a daemon that hangs its time, and no more than two threads', async () => {
    let daemon = await fakes.start();
    const connection = await fakes.open(daemon, { reconnect: { ...quickly, timeout: 50 } });
    const away = next(connection, 'disconnect');
    await fakes.stop(daemon);
    daemon = await fakes.start(daemon.socketPath);
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
    daemon.release();
    await back;
    await daemon.whenRequested('close', 2);
    expect(await connection.getHostname()).toBe('fake-host');
  });

  it('keeps what keepalive was set to', async () => {
    let daemon = await fakes.start();
    const connection = await fakes.open(daemon, { reconnect: quickly });
    await connection.setKeepAlive(1, 3);
    const back = next(connection, 'resync');
    daemon = await fakes.restart(daemon);
    await back;
    await daemon.whenRequested('getLibVersion');
    daemon.silence();
    expect(await next(connection, 'disconnect')).toBe(ConnectCloseReason.KEEPALIVE);
  });

  it('takes no notice any more of the signal of a connection that is closed', async () => {
    const daemon = await fakes.start();
    const { signal } = new AbortController();
    const connections = await Promise.all([1, 2].map(() => fakes.open(daemon, { reconnect: { signal } })));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    for (const connection of connections) await connection.close();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('does the same for administration', async () => {
    let daemon = await fakes.start();
    const admin = await fakes.openAdmin(daemon, { reconnect: quickly });
    const server = await admin.lookupServer('libvirtd');
    const events = heard(admin);
    const back = next(admin, 'resync');
    daemon = await fakes.restart(daemon);
    await back;
    expect(events).toEqual([['disconnect', ConnectCloseReason.EOF], ['reconnect'], ['resync']]);
    expect(await admin.getLibVersion()).toBe(9_000_000);
    daemon.answer('adminListClients', Buffer.concat([xdr.int(0), xdr.int(0)]));
    expect(await server.listClients()).toEqual([]);
    expect(daemon.requestCount('adminLookupServer')).toBe(1);
  });

  it.each(['Connection', 'AdminConnection'] as const)('of a %s goes on when a listener throws', async (kind) => {
    const daemon = await fakes.start();
    const program = new Program('../health/throwing', [kind, kind === 'Connection' ? daemon.uri : daemon.adminUri]);
    await program.said('opened');
    await fakes.restart(daemon);
    const { code, stdout, stderr } = await program.ending;
    const told = ['close', 'disconnect', 'reconnect', 'resync'].flatMap((name) => [
      `${name} 1`,
      `${name} 2`,
      `${name} caught`,
    ]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: ['opened', ...told, ''].join('\n'), stderr: '' });
  });
});

describe('the pauses between tries', () => {
  it('double up to the longest, and up to one half is taken off', () => {
    const times = checkedReconnect('reconnect', { minDelay: 10, maxDelay: 70 });
    if (times === undefined) throw new Error('it is off');
    const attempts = [0, 1, 2, 3, 5000];
    const pauses = () => attempts.map((attempt) => delayOf(attempt, times));
    const random = jest.spyOn(Math, 'random');
    try {
      random.mockReturnValue(0);
      expect(pauses()).toEqual([10, 20, 40, 70, 70]);
      random.mockReturnValue(0.5);
      expect(pauses()).toEqual([7.5, 15, 30, 52.5, 52.5]);
      random.mockReturnValue(1 - Number.EPSILON);
      for (const [i, pause] of pauses().entries()) expect(pause).toBeCloseTo([5, 10, 20, 35, 35][i] ?? 0);
    } finally {
      random.mockRestore();
    }
  });
});
