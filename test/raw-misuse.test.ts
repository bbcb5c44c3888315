import { createSecureContext } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { native, type virConnect, type virDomain, type virNetwork } from '../lib/native.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch, failure, thrown } from './helpers.js';
import { bytes, functions, openHost, uuid } from './raw-helpers.js';
import { xdr } from './remote-protocol.js';

type Bound = (...values: unknown[]) => unknown;

const bound = (name: string): Bound => (native as unknown as Record<string, Bound>)[name] as Bound;
const scratch = new Scratch();

let conn: virConnect;
let domain: virDomain;
let network: virNetwork;
/** One of every other class. Where the test driver has none, a daemon that says that it has. */
let others: Record<string, unknown>;
let daemon: FakeDaemon;
let admins: FakeDaemon;
let closers: (() => Promise<unknown>)[];

beforeAll(async () => {
  conn = await openHost(scratch);
  domain = await native.virDomainLookupByName(conn, 'on');
  network = await native.virNetworkLookupByName(conn, 'net');
  const standard = await native.virConnectOpen('test:///default');
  const pool = await native.virStoragePoolLookupByName(conn, 'pool');
  const volume = '<volume><name>vol</name><capacity>1</capacity><target><path>/pool/vol</path></target></volume>';
  daemon = await FakeDaemon.start(scratch.file('daemon'));
  daemon.answer('lookupNetworkByName', Buffer.concat([xdr.string('far'), xdr.uuid(uuid)]));
  daemon.answer('networkPortLookupByUUID', Buffer.concat([xdr.string('far'), xdr.uuid(uuid), xdr.uuid(uuid)]));
  daemon.answer('lookupNWFilterByUUID', Buffer.concat([xdr.string('filter'), xdr.uuid(uuid)]));
  daemon.answer('lookupNWFilterBindingByPortDev', Buffer.concat([xdr.string('vnet0'), xdr.string('filter')]));
  daemon.answer('lookupSecretByUUID', Buffer.concat([xdr.uuid(uuid), xdr.int(2), xdr.string('usage')]));
  admins = await FakeDaemon.start(scratch.file('admins'));
  admins.answer('adminLookupServer', xdr.string('libvirtd'));
  admins.answer('adminLookupClient', Buffer.concat([xdr.string('libvirtd'), xdr.hyper(7n), xdr.hyper(0n), xdr.int(0)]));
  const far = await native.virConnectOpen(daemon.uri);
  const admin = await native.virAdmConnectOpen(admins.adminUri, 0);
  const server = await native.virAdmConnectLookupServer(admin, 'libvirtd', 0);
  const machine = await native.virDomainLookupByName(standard, 'test');
  others = {
    virInterface: await native.virInterfaceLookupByName(standard, 'eth1'),
    virNodeDevice: await native.virNodeDeviceLookupByName(standard, 'computer'),
    virNetworkPort: await native.virNetworkPortLookupByUUIDString(
      await native.virNetworkLookupByName(far, 'far'),
      uuid,
    ),
    virNWFilter: await native.virNWFilterLookupByUUID(far, bytes),
    virNWFilterBinding: await native.virNWFilterBindingLookupByPortDev(far, 'vnet0'),
    virSecret: await native.virSecretLookupByUUID(far, bytes),
    virStoragePool: pool,
    virStorageVol: await native.virStorageVolCreateXML(pool, volume, 0),
    virDomainSnapshot: await native.virDomainSnapshotCreateXML(machine, '<domainsnapshot/>', 0),
    virDomainCheckpoint: await native.virDomainCheckpointCreateXML(domain, '<domaincheckpoint/>', 0),
    virStream: native.virStreamNew(conn, 0),
    virAdmConnect: admin,
    virAdmServer: server,
    virAdmClient: await native.virAdmServerLookupClient(server, 7n, 0),
  };
  closers = [
    () => native.virConnectClose(standard),
    () => native.virConnectClose(far),
    () => native.virAdmConnectClose(admin),
    () => daemon.stop(),
    () => admins.stop(),
  ];
});

afterAll(async () => {
  for (const close of closers) await close();
  await native.virConnectClose(conn);
  scratch.remove();
});

describe('misuse of any function', () => {
  // What may be given where nothing else is asked: only the other arguments are wrong then.
  const fitting = (type: string): unknown => {
    const values: Record<string, unknown> = {
      string: 'text',
      boolean: true,
      int: 1,
      uint: 1,
      long: 1,
      ulong: 1,
      longlong: 1n,
      ulonglong: 1n,
      uuid: bytes,
      virConnect: conn,
      virDomain: domain,
      virNetwork: network,
      'virDomain[]': [domain],
      'string[]': ['text'],
      'uint[]': [1],
      fd: 1,
      'fd[]': [1],
      'ulonglong[]': [1n],
      bytes,
      params: {},
      function: () => undefined,
      queue: {},
      auth: { credentials: [5], callback: () => null },
      ...others,
    };
    if (!(type in values)) throw new Error(`nobody has said yet what fits ${type}`);
    return values[type];
  };

  const closedFd = 2 ** 31 - 1; // no process has as many
  type Kind = 'TypeError' | 'RangeError';
  type Wrong = [Kind, unknown];

  const ofType = (...values: unknown[]): Wrong[] => values.map((value) => ['TypeError', value]);
  const ofRange = (...values: unknown[]): Wrong[] => values.map((value) => ['RangeError', value]);
  const foreignExternal = (createSecureContext().context as { _external: unknown })._external;

  const wrong = (type: string, flags: boolean): Wrong[] => {
    const handles: Record<string, unknown> = { virConnect: conn, virDomain: domain, virNetwork: network, ...others };
    const number = ['int', 'uint', 'long', 'ulong', 'fd'].includes(type);
    const wide = type === 'longlong' || type === 'ulonglong';
    const common = ofType(Symbol('s'), foreignExternal);
    if (type !== 'function') common.push(...ofType(() => 0));
    if (type !== 'params' && type !== 'queue') common.push(...ofType({}, new Date(0), new Proxy({}, {})));
    if (type !== 'string') common.push(...ofType('text', ''));
    if (type !== 'boolean') common.push(...ofType(true, false));
    if (!number && !wide) common.push(...ofType(0, 1, NaN));
    if (!wide) common.push(...ofType(1n));
    const list = type.endsWith('[]');
    if (!list) common.push(...ofType([]));
    for (const [name, handle] of Object.entries(handles)) {
      if (name !== type) common.push(...ofType(handle));
      if (type !== 'params' && type !== 'queue')
        common.push(...ofType(Object.create(handle as object), new Proxy(handle as object, {})));
    }
    switch (type) {
      case 'params': // any object may be parameters, but no handle
        return [
          ...ofType(() => 0, Symbol('s'), 1, 'text', true, 1n, [], ...Object.values(handles), { a: 1 }),
          ...ofType({ a: { type: 'int', value: 'x' } }, { a: { type: 'no', value: 1 } }, { a: () => 0 }),
          ...ofRange({ ['x'.repeat(80)]: true }, { '': true }, { a: { type: 'uint', value: -1 } }),
          ...ofType({ a: Symbol('s') }, { a: 1n }, { a: [1] }, { a: 'a\0b' }),
        ];
      case 'queue':
        return [
          ...ofType(() => 0, Symbol('s'), 1, 'text', true, 1n, [], ...Object.values(handles)),
          ...ofType({ limit: '1' }, { limit: null }, { overflow: 1 }, { overflow: null }),
          ...ofRange({ limit: 0 }, { limit: 1.5 }, { limit: NaN }, { limit: -1 }, { limit: 1_000_001 }),
        ];
      case 'string':
        return [...common, ...ofType('\0', 'a\0b', new String('text'))];
      case 'boolean':
        return [...common, ...ofType(new Boolean(true))];
      case 'int':
        return [...common, ...ofRange(2 ** 31, -(2 ** 31) - 1, 2 ** 53, 1.5, NaN, Infinity, -Infinity)];
      case 'uint':
        return [...common, ...ofRange(flags ? -(2 ** 31) - 1 : -1, 2 ** 32, 2 ** 53, 1.5, NaN, Infinity, -Infinity)];
      case 'long':
        return [...common, ...ofRange(2 ** 53, -(2 ** 53), 1.5, NaN, Infinity, -Infinity)];
      case 'ulong':
        return [...common, ...ofRange(-1, 2 ** 53, 1.5, NaN, Infinity, -Infinity)];
      case 'longlong':
        return [...common, ...ofRange(2n ** 63n, -(2n ** 63n) - 1n, 2n ** 200n, 2 ** 53, 1.5, NaN, Infinity)];
      case 'ulonglong':
        return [...common, ...ofRange(-1n, 2n ** 64n, 2n ** 200n, -1, 2 ** 53, 1.5, NaN, Infinity)];
      case 'uuid':
        return [...common, ...ofRange(Buffer.alloc(0), Buffer.alloc(15), Buffer.alloc(17)), ...ofType('x'.repeat(16))];
      case 'string[]':
        return [...common, ...ofType(['a', 1], [null], ['a\0b'], new Set(['a']))];
      case 'uint[]':
        return [...common, ...ofType(['1'], [1n], [undefined]), ...ofRange([-1], [2 ** 32], [1.5], [NaN])];
      case 'fd':
        return [...common, ...ofRange(2 ** 31, -1, 1.5, NaN, Infinity, closedFd)];
      case 'fd[]':
        return [...common, ...ofType(['1'], [1n], [undefined]), ...ofRange([2 ** 31], [-1], [1.5], [1, closedFd])];
      case 'ulonglong[]':
        return [...common, ...ofType(['1'], [null]), ...ofRange([-1n], [2n ** 64n], [1.5], [-1])];
      case 'auth':
        return [
          ...common,
          ...ofType({ credentials: [5] }, { callback: () => null }, { credentials: 5, callback: () => null }),
          ...ofType({ credentials: ['5'], callback: () => null }, { credentials: [5], callback: {} }),
        ];
      case 'virDomain[]':
        return [
          ...common,
          ...ofType([network], [conn], [{}], [null], [domain, undefined], new Array(1), new Set([domain]), domain),
          ...ofType({ length: 1, 0: domain }),
        ];
      default:
        return common;
    }
  };

  // No `expect` for each of some thousand refusals: it would take seconds.
  function faults(run: () => unknown, kind: Kind, ...words: string[]): string[] {
    try {
      run();
    } catch (error) {
      const { name, message } = error as Error;
      const good = name === kind && words.every((word) => message.includes(word));
      return good ? [] : [`${name} in place of ${kind} with ${words.join(' … ')}: ${message}`];
    }
    return [`nothing thrown in place of ${kind} with ${words.join(' … ')}`];
  }

  it('is there for every function of the module', () => {
    const exported = Object.keys(native).filter((name) => typeof bound(name) === 'function');
    expect(functions.map(({ name }) => name)).toEqual(exported);
    expect(functions.length).toBeGreaterThanOrEqual(78);
    expect(new Set(exported).size).toBe(functions.length);
    for (const name of exported) expect(bound(name)).toHaveProperty('name', name);
  });

  it('refuses too few arguments, and names the first that is missing', () => {
    const before = native.runtime.lastCall();
    const found: string[] = [];
    let walked = 0;
    for (const { name, parameters } of functions) {
      const required = parameters.findLastIndex(({ nullable }) => !nullable) + 1;
      const values = parameters.map(({ type }) => fitting(type));
      for (let count = 0; count < required; ++count) {
        const missing = `argument ${count + 1} (${parameters[count]?.name ?? ''}) is missing`;
        found.push(...faults(() => bound(name)(...values.slice(0, count)), 'TypeError', `${name}: `, missing));
      }
      walked += 1;
    }
    expect(found).toEqual([]);
    expect(walked).toBe(functions.length);
    expect(native.runtime.lastCall()).toBe(before);
  });

  it('refuses every wrong type, class, range and NUL in every place, and runs nothing', async () => {
    const before = native.runtime.lastCall();
    const { pending } = native.runtime.stats();
    const found: string[] = [];
    let places = 0;
    let refusals = 0;
    for (const { name, parameters } of functions) {
      const values = parameters.map(({ type }) => fitting(type));
      for (const [i, parameter] of parameters.entries()) {
        const bad = wrong(parameter.type, parameter.name === 'flags');
        if (!parameter.nullable) bad.push(...ofType(null, undefined));
        for (const [kind, value] of bad) {
          const place = `${name}: argument ${i + 1} (${parameter.name}) must be `;
          found.push(...faults(() => bound(name)(...values.with(i, value)), kind, place, ' but is '));
          refusals += 1;
        }
        places += 1;
      }
    }
    expect(found).toEqual([]);
    expect(refusals).toBeGreaterThan(20 * places);
    expect(places).toBe(functions.reduce((sum, { parameters }) => sum + parameters.length, 0));
    expect(native.runtime.lastCall()).toBe(before);
    expect(native.runtime.stats().pending).toBe(pending);
    // Neither closed nor changed.
    expect(native.virConnectIsAlive(conn)).toBe(true);
    await expect(native.virDomainIsActive(domain)).resolves.toBe(true);
  });

  it('takes null and undefined only for what is a pointer in C', () => {
    const nullable = functions.flatMap(({ parameters }) => parameters.filter((parameter) => parameter.nullable));
    expect(nullable.length).toBeGreaterThan(0);
    const kinds = new Set(nullable.map(({ type }) => type).filter((type) => !type.startsWith('vir')));
    expect([...kinds].sort()).toEqual(['auth', 'params', 'queue', 'string', 'string[]']);
  });

  it('takes flags as an OR in JavaScript gives them', async () => {
    for (const flags of [-1, -(2 ** 31), 2 ** 32 - 1]) {
      expect(await failure(native.virDomainGetState(domain, flags))).toMatchObject({
        code: 8, // VIR_ERR_INVALID_ARG: libvirt itself refuses what it does not know
        message: expect.stringContaining((flags >>> 0).toString(16)),
      });
    }
  });

  it('refuses machines of two connections in one call', async () => {
    const other = await openHost(scratch);
    const stranger = await native.virDomainLookupByName(other, 'on');
    const both = () => native.virDomainListGetStats([domain, stranger], 0, 0);
    expect(faults(both, 'TypeError', 'virDomainListGetStats: argument 1 (doms)', 'of one connection')).toEqual([]);
    await native.virConnectClose(other);
  });

  it('refuses an array that is longer than memory', () => {
    const endless = () => native.virDomainListGetStats(new Array<virDomain>(2 ** 32 - 1), 0, 0);
    expect(faults(endless, 'TypeError', 'virDomainListGetStats: argument 1 (doms)')).toEqual([]);
  });

  it('leaves what an argument throws as it is', () => {
    const items = Object.defineProperty([domain], 0, {
      get: () => {
        throw new Error('mine');
      },
    });
    expect(thrown(() => native.virDomainListGetStats(items, 0, 0))).toHaveProperty('message', 'mine');
  });
});
