import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { ConnectCloseReason, Connection } from '../lib/index.js';
import { native } from '../lib/native.js';
import { fakeDaemons, heard, next } from './fake-daemons.js';
import { Program, runProgram } from './fixtures/faults/run.js';
import { failure, thrown } from './helpers.js';
import { xdr } from './remote-protocol.js';

jest.setTimeout(60_000);

const fakes = fakeDaemons();
const lost = { code: 'ERR_LIBVIRT_DISCONNECTED' };

describe('the raw layer', () => {
  it('is told once of the end, with its reason', async () => {
    const daemon = await fakes.start();
    const conn = await native.virConnectOpen(daemon.uri);
    const told = new Promise<unknown[]>((resolve) => {
      void native.virConnectRegisterCloseCallback(conn, (...args) => {
        resolve(args);
      });
    });
    await daemon.whenRequested('registerCloseCallback');
    await native.virConnectGetHostname(conn);
    await fakes.stop(daemon);
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
    const daemon = await fakes.start();
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
    const daemon = await fakes.start();
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
    await fakes.stop(daemon);
    expect((await told)[1]).toBe(ConnectCloseReason.EOF);
    expect(await native.virAdmConnectClose(conn)).toBe(0);
  });

  it('frees what comes after nobody waits for it any more', async () => {
    const daemon = await fakes.start();
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
    const daemon = await fakes.start();
    const program = new Program('../health/forgotten', [daemon.uri], ['--expose-gc']);
    await daemon.whenRequested('close');
    program.goOn();
    expect(daemon.requestCount('unregisterCloseCallback')).toBe(1);
    expect(await program.ending).toMatchObject({ code: 0, stderr: '', stdout: 'closed\n' });
  });
});

describe('the end of a connection', () => {
  it('is told when the daemon goes, with the reason', async () => {
    const daemon = await fakes.start();
    const connection = await fakes.open(daemon);
    const events = heard(connection);
    daemon.hold('getHostname');
    const call = failure(connection.getHostname());
    await daemon.whenHeld('getHostname');
    const { closed } = connection;
    await fakes.stop(daemon);
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
    const daemon = await fakes.start();
    const connection = await fakes.open(daemon);
    const told = next(connection, 'close');
    await fakes.stop(daemon);
    expect(await told).toBe(ConnectCloseReason.EOF);
    expect(await failure(connection.getHostname())).toMatchObject(lost);
  });

  it('is told when the daemon does not answer any more', async () => {
    const daemon = await fakes.start();
    const connection = await fakes.open(daemon, { keepAlive: { interval: 1, count: 1 } });
    daemon.silence();
    expect(await connection.closed).toBe(ConnectCloseReason.KEEPALIVE);
  });

  it.each(['test:///default', 'the fake daemon'])('is told after close() (%s)', async (uri) => {
    const daemon = await fakes.start();
    const connection = uri.startsWith('test') ? await Connection.open(uri) : await fakes.open(daemon);
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
    const daemon = await fakes.start();
    const admin = await fakes.openAdmin(daemon);
    const told = next(admin, 'close');
    const events = heard(admin);
    await fakes.stop(daemon);
    expect(await told).toBe(ConnectCloseReason.EOF);
    expect(await admin.closed).toBe(ConnectCloseReason.EOF);
    expect(await admin.isAlive()).toBe(false);
    expect(await failure(admin.getLibVersion())).toMatchObject(lost);
    expect(events).toEqual([['close', ConnectCloseReason.EOF]]);
  });

  it('is not waited for by the process', async () => {
    const daemon = await fakes.start();
    const ending = await runProgram('../health/listening', [daemon.uri]);
    expect(ending).toMatchObject({ code: 0, stdout: 'fake-host\n', stderr: '' });
  });
});
