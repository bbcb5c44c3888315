import { inspect } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  AdmConnectDaemonShutdownFlags,
  AdminConnection,
  type AdminServer,
  ClientTransport,
  Connection,
  getAdminVersion,
  getVersion,
} from '../lib/index.js';
import { native } from '../lib/native.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch, failure, failures } from './helpers.js';
import { xdr } from './remote-protocol.js';
import { itSince } from './versions.js';

const scratch = new Scratch();
let daemon: FakeDaemon;
let admin: AdminConnection;
let server: AdminServer;

beforeEach(async () => {
  daemon = await FakeDaemon.start(scratch.file('admins'));
  daemon.pings = false; // this protocol has no keepalive
  admin = await AdminConnection.open(daemon.adminUri);
  daemon.answer('adminLookupServer', xdr.string('libvirtd'));
  server = await admin.lookupServer('libvirtd');
});
afterEach(async () => {
  await admin.close();
  await daemon.stop();
});
afterAll(() => {
  scratch.remove();
});

const client = (id: bigint, since: bigint, transport: number): Buffer =>
  Buffer.concat([xdr.string('libvirtd'), xdr.hyper(id), xdr.hyper(since), xdr.int(transport)]);
const uint = (field: string, value: number): Buffer => Buffer.concat([xdr.string(field), xdr.int(2), xdr.int(value)]);

describe('an administration that cannot be opened', () => {
  it.each([
    ['the daemon is not there', () => AdminConnection.open('libvirtd:///system?socket=/nobody/here'), 'LibvirtError'],
    ['nobody has such a URI', () => AdminConnection.open('abacus:///system'), 'LibvirtError'],
    ['the URI is a number', () => AdminConnection.open(5 as unknown as string), 'TypeError'],
    ['the URI has a NUL', () => AdminConnection.open('libvirtd:///system\0'), 'TypeError'],
    ['no call may run', () => AdminConnection.open(daemon.adminUri, { maxCalls: 0 }), 'RangeError'],
    ['closing takes for ever', () => AdminConnection.open(daemon.adminUri, { closeTimeout: Infinity }), 'RangeError'],
    ['the time is negative', () => AdminConnection.open(daemon.adminUri, { timeout: -1 }), 'RangeError'],
    [
      'it was given up before',
      () => AdminConnection.open(daemon.adminUri, { signal: AbortSignal.abort() }),
      'AbortError',
    ],
  ])('%s', async (_, open, name) => {
    expect(await failure(open())).toMatchObject({ name });
  });

  it('the daemon does not answer', async () => {
    const deaf = await FakeDaemon.start(scratch.file('deaf'));
    deaf.silence();
    expect(await failure(AdminConnection.open(deaf.adminUri, { timeout: 50 }))).toMatchObject({
      code: 'ERR_LIBVIRT_TIMEOUT',
      operation: 'virAdmConnectOpen',
    });
    await deaf.stop();
  });
});

describe('an administration', () => {
  it('stands beside connections of one process, whichever comes first', async () => {
    await using connection = await Connection.open('test:///default');
    await using second = await AdminConnection.open(daemon.adminUri);
    expect((await connection.listAllDomains()).length).toBeGreaterThan(0);
    expect(await second.isAlive()).toBe(true);
    expect((await second.lookupServer('libvirtd')).name).toBe('libvirtd');
  });

  it('opens what LIBVIRT_ADMIN_DEFAULT_URI names', async () => {
    process.env['LIBVIRT_ADMIN_DEFAULT_URI'] = daemon.adminUri;
    await using other = await AdminConnection.open();
    delete process.env['LIBVIRT_ADMIN_DEFAULT_URI'];
    expect(other.uri).toBe(admin.uri);
  });

  it('tells of itself', async () => {
    daemon.answer('adminGetLibVersion', xdr.hyper(12_008_000n));
    expect(admin.uri).toContain(daemon.socketPath);
    expect(await admin.getURI()).toBe(admin.uri);
    expect(await admin.isAlive()).toBe(true);
    expect(await admin.getLibVersion()).toBe(12_008_000);
    expect(getAdminVersion()).toBe(getVersion().libVersion);
    expect(inspect(admin)).toContain('AdminConnection { uri:');
    expect(inspect(server)).toBe("AdminServer { name: 'libvirtd' }");
  });

  it('is over when it is closed, as often as that is', async () => {
    await admin.close();
    await admin.close();
    for (const error of await failures([admin.listServers(), server.listClients(), admin.isAlive()])) {
      expect(error).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
    }
    expect(server.name).toBe('libvirtd');
  });

  it('is closed after its time although calls run', async () => {
    daemon.hold('adminListServers');
    const held = failure(admin.listServers());
    await daemon.whenHeld('adminListServers');
    const queued = failure(admin.with({ timeout: 60_000 }).listServers());
    await admin.close({ timeout: 20 });
    expect(await held).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED', operation: 'virAdmConnectListServers' });
    expect(await queued).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
    daemon.release();
  });

  it('ends a wait after its time', async () => {
    daemon.hold('adminListServers');
    expect(await failure(admin.with({ timeout: 20 }).listServers())).toMatchObject({ code: 'ERR_LIBVIRT_TIMEOUT' });
    daemon.release();
  });

  it('is lost with its daemon', async () => {
    daemon.hold('adminListServers');
    const held = failure(admin.listServers());
    await daemon.whenHeld('adminListServers');
    await daemon.stop();
    expect(await held).toMatchObject({ code: 'ERR_LIBVIRT_DISCONNECTED' });
    expect(await admin.isAlive()).toBe(false);
    daemon = await FakeDaemon.start(scratch.file('admins'));
  });

  it('is not what the functions of connections take', async () => {
    const raw = await native.virAdmConnectOpen(daemon.adminUri, 0);
    expect(() => native.virConnectGetURI(raw as never)).toThrow(/virConnect/);
    native.runtime.setMaxCalls(raw, 2);
    expect(await native.virAdmConnectClose(raw)).toBe(0);
  });
});

itSince('11.2.0', 'ends the daemon, as the flags say or not', async () => {
  daemon.answer('adminDaemonShutdown', Buffer.alloc(0));
  await admin.daemonShutdown();
  expect(daemon.body('adminDaemonShutdown')).toEqual(xdr.int(0));
  await admin.daemonShutdown(AdmConnectDaemonShutdownFlags.PRESERVE);
  expect(daemon.body('adminDaemonShutdown')).toEqual(xdr.int(1));
  expect(daemon.requestCount('adminDaemonShutdown')).toBe(2);
});

describe('servers and clients', () => {
  it('are listed', async () => {
    daemon.answer(
      'adminListServers',
      Buffer.concat([xdr.int(2), xdr.string('libvirtd'), xdr.string('admin'), xdr.int(2)]),
    );
    expect((await admin.listServers()).map(({ name, connection }) => [name, connection])).toEqual([
      ['libvirtd', admin],
      ['admin', admin],
    ]);
    daemon.answer('adminListClients', Buffer.concat([xdr.int(0), xdr.int(0)]));
    expect(await server.listClients()).toEqual([]);
  });

  it('have numbers of 64 bits', async () => {
    daemon.answer('adminLookupClient', client(2n ** 63n, 1_700_000_000n, ClientTransport.TLS));
    const found = await server.lookupClient(2n ** 63n);
    expect(found.id).toBe(2n ** 63n);
    expect(found.server).toBe(server);
    expect(await found.getTimestamp()).toEqual(new Date('2023-11-14T22:13:20Z'));
    expect(await found.getTransport()).toBe(ClientTransport.TLS);
    expect(await failure(server.lookupClient(-1n))).toBeInstanceOf(RangeError);
  });

  it('tell who they are, with what this version does not know', async () => {
    daemon.answer('adminLookupClient', client(1n, 0n, ClientTransport.UNIX));
    const found = await server.lookupClient(1);
    const fields = [
      Buffer.concat([xdr.string('readonly'), xdr.int(6), xdr.int(1)]),
      Buffer.concat([xdr.string('unix_user_id'), xdr.int(1), xdr.int(-1)]),
      Buffer.concat([xdr.string('unix_user_name'), xdr.int(7), xdr.string('größe')]),
      Buffer.concat([xdr.string('new_thing'), xdr.int(4), xdr.hyper(2n ** 64n - 1n)]),
    ];
    daemon.answer('adminGetInfo', Buffer.concat([xdr.int(4), ...fields]));
    expect(await found.getInfo()).toEqual({
      readonly: true,
      unixUserId: -1,
      unixUserName: 'größe',
      newThing: 2n ** 64n - 1n,
    });
  });

  it('have limits above 2^31', async () => {
    daemon.answer('adminGetClientLimits', Buffer.concat([xdr.int(1), uint('nclients_max', 2 ** 32 - 1)]));
    expect(await server.getClientLimits()).toEqual({ nclientsMax: 2 ** 32 - 1 });
    daemon.answer('adminGetThreadPoolParameters', Buffer.concat([xdr.int(1), uint('maxWorkers', 2 ** 31)]));
    expect(await server.getThreadPoolParameters()).toEqual({ maxWorkers: 2 ** 31 });
    daemon.answer('adminSetClientLimits', Buffer.alloc(0));
    await server.setClientLimits({ nclientsMax: 2 ** 32 - 1 });
    expect(await failure(server.setClientLimits({ nclientsMax: 2 ** 32 }))).toBeInstanceOf(RangeError);
    expect(await failure(server.setThreadPoolParameters({ workers: 1 } as object))).toBeInstanceOf(TypeError);
  });
});
