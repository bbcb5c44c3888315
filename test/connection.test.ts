import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Connection, ConnectionUri, LibvirtError, type OpenOptions } from '../lib/index.js';
import { native } from '../lib/native.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch, failure, failures, machineXML, networkXML } from './helpers.js';
import { xdr } from './remote-protocol.js';

const scratch = new Scratch();
const uuid = '11111111-2222-4333-8444-555555555555';
const hostXML =
  '<cpu><mhz>2600</mhz><model>x86_64</model><active>8</active><nodes>2</nodes><sockets>1</sockets><cores>4</cores>' +
  '<threads>1</threads></cpu><memory>16777216</memory>' +
  machineXML({ name: 'on', uuid }) +
  networkXML('net', 'virbr7');
const opened: Connection[] = [];

async function open(uri: string, options?: OpenOptions): Promise<Connection> {
  const connection = await Connection.open(uri, options);
  opened.push(connection);
  return connection;
}

async function startDaemon(): Promise<FakeDaemon> {
  const daemon = await FakeDaemon.start(scratch.file(`daemon-${daemons.length}`));
  daemons.push(daemon);
  return daemon;
}
const daemons: FakeDaemon[] = [];

afterAll(async () => {
  for (const daemon of daemons) daemon.release();
  await Promise.all(opened.map((connection) => connection.close()));
  await Promise.all(daemons.map((daemon) => daemon.stop()));
  scratch.remove();
});

describe('Connection.open refuses', () => {
  const refused = (options: unknown) => failure(Connection.open('test:///default', options as OpenOptions));

  it.each([[5], [true], [null], [{}], [Symbol('uri')], [() => 'test:///default'], [['test:///default']]])(
    'the URI %p',
    async (uri) => {
      const error = await failure(Connection.open(uri as unknown as string));
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toHaveProperty('message', expect.stringContaining('uri'));
    },
  );

  it('a URI with a NUL', async () => {
    const error = await failure(Connection.open('test:///default\0'));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toHaveProperty('message', expect.stringContaining('NUL'));
  });

  it.each([0, -1, 1025, 1.5, NaN, '4', null])('maxCalls %p', async (maxCalls) => {
    const error = await refused({ maxCalls });
    expect(error instanceof RangeError || error instanceof TypeError).toBe(true);
    expect(error).toHaveProperty('message', expect.stringContaining('maxCalls'));
  });

  it.each([-1, NaN, Infinity, 2 ** 31, 'soon'])('closeTimeout %p', async (closeTimeout) => {
    expect(await refused({ closeTimeout })).toHaveProperty('message', expect.stringContaining('closeTimeout'));
  });

  it.each([-1, NaN, Infinity, 2 ** 31, '5', null])('timeout %p', async (timeout) => {
    expect(await refused({ timeout })).toHaveProperty('message', expect.stringContaining('timeout'));
  });

  it.each([5, 'abort', {}])('signal %p', async (signal) => {
    const error = await refused({ signal });
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toHaveProperty('message', expect.stringContaining('signal'));
  });

  it.each([true, 5, {}, { interval: 5 }, { count: 5 }, { interval: 1.5, count: 5 }, { interval: 5, count: -1 }])(
    'keepAlive %p',
    async (keepAlive) => {
      expect(await refused({ keepAlive })).toHaveProperty('message', expect.stringContaining('keepAlive'));
    },
  );

  // Somebody who means "only look" must never get a connection that writes.
  it.each([1, 'yes', 'true', {}])('readOnly %p', async (readOnly) => {
    const error = await refused({ readOnly });
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toHaveProperty('message', expect.stringContaining('readOnly'));
  });

  it('a socket that is not there, and says what to look at', async () => {
    const socket = scratch.file('nobody');
    const error = await failure(Connection.open(`test+unix:///default?socket=${socket}`, { readOnly: true }));
    expect(error).toBeInstanceOf(LibvirtError);
    const { code, errno, operation, message, hints } = error as LibvirtError;
    expect({ code, errno, operation }).toEqual({
      code: 'VIR_ERR_SYSTEM_ERROR',
      errno: 38,
      operation: 'virConnectOpenReadOnly',
    });
    expect(message).toContain(socket);
    expect(hints.length).toBeGreaterThan(0);
    for (const hint of hints) expect(message).toContain(hint);
  });

  it('a file of a host that is no XML', async () => {
    expect(await failure(Connection.open(scratch.host('<domain>')))).toMatchObject({
      code: 'VIR_ERR_XML_DETAIL',
      operation: 'virConnectOpen',
    });
  });
});

describe('Connection.open without a URI', () => {
  const before = process.env['LIBVIRT_DEFAULT_URI'];
  afterEach(() => {
    jest.restoreAllMocks();
    if (before === undefined) delete process.env['LIBVIRT_DEFAULT_URI'];
    else process.env['LIBVIRT_DEFAULT_URI'] = before;
  });

  it('opens what LIBVIRT_DEFAULT_URI names', async () => {
    const uri = scratch.host(hostXML);
    process.env['LIBVIRT_DEFAULT_URI'] = uri;
    const connection = await Connection.open();
    expect(connection.uri).toBe(uri);
    expect((await connection.listAllDomains()).map(({ name }) => name)).toEqual(['on']);
    await connection.close();
    // A URI that is given counts for more.
    const other = await Connection.open('test:///default');
    expect(other.uri).toBe('test:///default');
    await other.close();
  });

  // What libvirt then chooses depends on the host, so the choice itself is kept away from it.
  it.each([[''], [undefined]])('leaves the choice to libvirt when the variable is %p', async (value) => {
    if (value === undefined) delete process.env['LIBVIRT_DEFAULT_URI'];
    else process.env['LIBVIRT_DEFAULT_URI'] = value;
    const open = native.virConnectOpen.bind(native);
    const asked: unknown[] = [];
    jest.spyOn(native, 'virConnectOpen').mockImplementation((name) => {
      asked.push(name);
      return open('test:///default');
    });
    const connection = await Connection.open();
    expect(asked).toEqual([null]);
    expect(connection.uri).toBe('test:///default');
    await connection.close();
  });
});

describe('a connection', () => {
  let connection: Connection;
  let uri: string;

  beforeAll(async () => {
    uri = scratch.host(hostXML);
    connection = await open(uri);
  });

  it('opens what a ConnectionUri says', async () => {
    const other = await Connection.open(ConnectionUri.parse('test:///default'));
    expect(other.uri).toBe('test:///default');
    await other.close();
  });

  it('says what is on the other side', async () => {
    expect(connection.uri).toBe(uri);
    expect(await connection.getURI()).toBe(uri);
    expect(await connection.getType()).toMatch(/^test$/i);
    expect(await connection.getLibVersion()).toBe(native.virGetVersion().libVer);
    expect(await connection.getVersion()).toBe(2);
    expect(await connection.getHostname()).toMatch(/\S/);
    expect(await connection.isAlive()).toBe(true);
    expect(await connection.isSecure()).toBe(true);
    expect(await connection.isEncrypted()).toBe(false);
    expect(await connection.getCapabilities()).toMatch(/^<capabilities>[^]*<\/capabilities>\s*$/);
  });

  it('says what the host has', async () => {
    expect(await connection.getNodeInfo()).toEqual({
      model: 'x86_64',
      memory: 16777216,
      cpus: 8,
      mhz: 2600,
      nodes: 2,
      sockets: 1,
      cores: 4,
      threads: 1,
    });
  });

  it('has no keepalive where there is no daemon', async () => {
    expect(await failure(connection.setKeepAlive(5, 5))).toMatchObject({
      code: 'VIR_ERR_NO_SUPPORT',
      operation: 'virConnectSetKeepAlive',
    });
    expect(await failure(connection.setKeepAlive(1.5, 5))).toBeInstanceOf(RangeError);
  });

  it('has keepalive from the start where a daemon can do it', async () => {
    const spy = jest.spyOn(native, 'virConnectSetKeepAlive');
    const daemon = await startDaemon();
    daemon.answer('supportsFeature', xdr.int(1));
    const remote = await open(daemon.uri);
    await open(daemon.uri, { keepAlive: { interval: 7, count: 3 } });
    await open(daemon.uri, { keepAlive: false });
    // libvirt's own stays off: see lib/keepalive.ts.
    expect(spy.mock.calls.map(([, ...rest]) => rest)).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(spy.mock.results.map(({ value }) => value)).toEqual([0, 0]);
    spy.mockRestore();
    expect(await remote.setKeepAlive(9, 9)).toBe(true);
  });

  it('changes nothing when it is read-only', async () => {
    const reader = await open(scratch.host(hostXML), { readOnly: true });
    const domain = await reader.lookupDomainByName('on');
    const [network] = await reader.listAllNetworks();
    expect(await domain.getXMLDesc()).toContain('<name>on</name>');
    const refused = [
      domain.destroy(),
      domain.suspend(),
      domain.undefine(),
      domain.setAutostart(true),
      reader.defineDomainXML(machineXML({ name: 'new' })),
      reader.createDomainXML(machineXML({ name: 'new' })),
      reader.defineNetworkXML(networkXML('new', 'virbr8')),
      network?.destroy() ?? Promise.resolve(),
    ];
    for (const error of await failures(refused)) expect(error).toMatchObject({ code: 'VIR_ERR_OPERATION_DENIED' });
    expect(await domain.isActive()).toBe(true);
    expect(await reader.listAllDomains()).toHaveLength(1);
  });

  it('sends as many calls at once as maxCalls says', async () => {
    const daemon = await startDaemon();
    const remote = await open(daemon.uri, { maxCalls: 2 });
    daemon.hold('getCapabilities');
    const calls = Array.from({ length: 4 }, () => remote.getCapabilities());
    await daemon.whenHeld('getCapabilities');
    expect(await remote.getHostname()).toBe('fake-host');
    expect(daemon.heldCount('getCapabilities')).toBe(1);
    daemon.release();
    expect(await Promise.all(calls)).toEqual(Array(4).fill('<capabilities/>'));
  });
});

describe('opening what hangs', () => {
  it('ends at once by a signal, and the connection that comes too late is closed', async () => {
    const daemon = await startDaemon();
    daemon.hold('authList');
    const controller = new AbortController();
    const reason = new Error('enough');
    const opening = failure(Connection.open(daemon.uri, { signal: controller.signal }));
    await daemon.whenHeld('authList');
    controller.abort(reason);
    expect(await opening).toMatchObject({ code: 'ERR_LIBVIRT_ABANDONED', operation: 'virConnectOpen', cause: reason });
    expect(daemon.heldCount('authList')).toBe(1);
    daemon.release();
    await daemon.whenRequested('close');
  });

  it('ends by a timeout', async () => {
    const daemon = await startDaemon();
    daemon.hold('open');
    const error = await failure(Connection.open(daemon.uri, { timeout: 20 }));
    expect(error).toBeInstanceOf(LibvirtError);
    expect(error).toMatchObject({ code: 'ERR_LIBVIRT_TIMEOUT', operation: 'virConnectOpen', errno: undefined });
    expect(error).toHaveProperty('message', expect.stringContaining('20 ms'));
    daemon.release();
    await daemon.whenRequested('close');
  });

  it('is not even tried when the signal was aborted before', async () => {
    const daemon = await startDaemon();
    const reason = new Error('before');
    expect(await failure(Connection.open(daemon.uri, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    const other = await open(daemon.uri);
    expect(await other.getHostname()).toBe('fake-host');
    expect(daemon.requestCount('open')).toBe(1);
  });
});

describe('closing', () => {
  it('refuses options that mean nothing', async () => {
    const connection = await open('test:///default');
    expect(await failure(connection.close({ timeout: -1 }))).toBeInstanceOf(RangeError);
    expect(await failure(connection.close({ signal: 5 as unknown as AbortSignal }))).toBeInstanceOf(TypeError);
    expect(await connection.isAlive()).toBe(true);
  });

  it('may come twice, and at the same time', async () => {
    const connection = await open('test:///default');
    expect(
      await Promise.all([connection.close(), connection.close(), connection.with({ timeout: 5 }).close()]),
    ).toEqual(Array(3).fill(undefined));
    await expect(connection.close()).resolves.toBeUndefined();
  });

  it('makes everything that was found refuse its calls, and keep its name', async () => {
    const connection = await open(scratch.host(hostXML));
    const domain = await connection.lookupDomainByName('on');
    const network = await connection.lookupNetworkByName('net');
    await connection.close();
    const calls = [
      connection.isAlive(),
      connection.getHostname(),
      connection.listAllDomains(),
      domain.getXMLDesc(),
      domain.getID(),
      domain.create(),
      network.isActive(),
      connection.with({ timeout: 5 }).getURI(),
    ];
    for (const error of await failures(calls)) {
      expect(error).toBeInstanceOf(LibvirtError);
      expect(error).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED', errno: undefined });
    }
    expect([domain.name, domain.uuid, network.name]).toEqual(['on', uuid, 'net']);
  });

  it('rejects what is queued at once, and waits for what runs', async () => {
    const daemon = await startDaemon();
    const connection = await open(daemon.uri);
    daemon.hold('getCapabilities');
    const calls = Array.from({ length: 6 }, () => connection.getCapabilities());
    const settled = Promise.allSettled(calls);
    await daemon.whenHeld('getCapabilities', 3);
    let closed = false;
    const closing = Promise.race([connection.close(), connection.close()]).then(() => (closed = true));
    for (const error of await failures(calls.slice(3))) expect(error).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
    await setImmediate();
    expect(closed).toBe(false);
    expect(daemon.requestCount('close')).toBe(0);
    daemon.release();
    await closing;
    expect((await settled).map(({ status }) => status)).toEqual([
      ...Array<string>(3).fill('fulfilled'),
      ...Array<string>(3).fill('rejected'),
    ]);
    expect(daemon.requestCount('getCapabilities')).toBe(3);
    expect(daemon.requests.at(-1)).toBe(2);
  });

  it.each([
    ['its timeout', (connection: Connection) => connection.close({ timeout: 10 })],
    ['the timeout of the connection', (connection: Connection) => connection.close()],
    ['a signal', (connection: Connection) => connection.close({ timeout: 60_000, signal: AbortSignal.timeout(10) })],
    [
      'a signal of before',
      (connection: Connection) => connection.close({ timeout: 60_000, signal: AbortSignal.abort() }),
    ],
  ])('ends by %s when a call hangs, and the link goes when the call returns', async (_, close) => {
    const daemon = await startDaemon();
    const connection = await open(daemon.uri, { closeTimeout: 10 });
    daemon.hold('getCapabilities');
    const call = failure(connection.getCapabilities());
    await daemon.whenHeld('getCapabilities');
    await close(connection);
    expect(await call).toMatchObject({
      code: 'ERR_LIBVIRT_CLOSED',
      operation: 'virConnectGetCapabilities',
      message: expect.stringContaining('may still happen'),
    });
    expect(daemon.requestCount('close')).toBe(0);
    daemon.release();
    await daemon.whenRequested('close');
  });

  it('happens at the end of its scope', async () => {
    let kept: Connection | undefined;
    {
      await using connection = await Connection.open('test:///default');
      kept = connection;
      expect(await connection.isAlive()).toBe(true);
    }
    expect(await failure(kept.isAlive())).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
  });
});
