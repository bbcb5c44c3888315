import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { native, type virConnect, type virDomain, type virNetwork } from '../lib/native.js';
import { Scratch, failure, failures, thrown } from './helpers.js';
import { bytes, functions, openHost, uuid } from './raw-helpers.js';
import { isSince, itSince } from './versions.js';
import { cell, readTable } from './tables.js';

const scratch = new Scratch();

let conn: virConnect;
let domain: virDomain;
let network: virNetwork;

beforeAll(async () => {
  conn = await openHost(scratch);
  domain = await native.virDomainLookupByName(conn, 'on');
  network = await native.virNetworkLookupByName(conn, 'net');
});
afterAll(async () => {
  await native.virConnectClose(conn);
  scratch.remove();
});

describe('shapes', () => {
  it('answers at once only where neither I/O nor a lock can wait', () => {
    expect(functions.filter((row) => row.class === 'local').length).toBeGreaterThanOrEqual(39);
    expect(native.virGetVersion()).toEqual({ libVer: expect.any(Number), typeVer: 0 });
    expect(native.virGetVersion('Test').typeVer).toBeGreaterThan(0);
    expect(native.virConnectGetURI(conn)).toMatch(/^test:\/\/\//);
    expect(native.virConnectIsAlive(conn)).toBe(true);
    expect(native.virDomainGetName(domain)).toBe('on');
    expect(native.virNetworkGetName(network)).toBe('net');
  });

  it('throws the same plain object where a function answers at once', () => {
    expect(thrown(() => native.virConnectSetKeepAlive(conn, 5, 5))).toMatchObject({
      code: 3, // VIR_ERR_NO_SUPPORT: the test driver has no daemon
      operation: 'virConnectSetKeepAlive',
    });
  });

  it('gives promises of C out-values under the names of C', async () => {
    const info = await native.virDomainGetInfo(domain);
    expect(Object.keys(info)).toEqual(['state', 'maxMem', 'memory', 'nrVirtCpu', 'cpuTime']);
    expect(info).toMatchObject({ state: 1, maxMem: 131072, memory: 131072, nrVirtCpu: 2 });
    expect(typeof info.cpuTime).toBe('bigint');
    expect(await native.virDomainGetState(domain, 0)).toEqual({ state: 1, reason: expect.any(Number) });
    expect(Object.keys(await native.virNodeGetInfo(conn))).toEqual([
      'model',
      'memory',
      'cpus',
      'mhz',
      'nodes',
      'sockets',
      'cores',
      'threads',
    ]);
    expect(await native.virDomainGetAutostart(domain)).toBe(false);
    expect(await native.virDomainIsPersistent(domain)).toBe(true);
    await expect(native.virDomainSetAutostart(domain, true)).resolves.toBeUndefined();
    expect(await native.virDomainGetAutostart(domain)).toBe(true);
    expect(await native.virNetworkGetBridgeName(network)).toBe('virbr7');
    const tags = await native.virDomainMemoryStats(domain, 64, 0);
    expect(tags.length).toBeGreaterThan(3);
    for (const { tag, val } of tags) expect([typeof tag, typeof val]).toEqual(['number', 'bigint']);
    expect(await native.virDomainMemoryStats(domain, 2, 0)).toHaveLength(2);
    // A count that is never meant must not become a huge allocation.
    expect(await native.virDomainMemoryStats(domain, 2 ** 32 - 1, 0)).toHaveLength(tags.length);
  });

  // The test driver of 9.0 has them, that of 7.0 not.
  itSince('9.0.0', 'gives bulk statistics as handles and parameters', async () => {
    const records = await native.virConnectGetAllDomainStats(conn, 0, 0);
    const record = records.find(({ dom }) => native.virDomainGetName(dom) === 'on');
    expect(records).toHaveLength(2);
    expect(Object.keys(record ?? {})).toEqual(['dom', 'params']);
    expect(record?.params).toMatchObject({ 'state.state': 1 });
    expect(await native.virDomainListGetStats([domain], 0, 0)).toHaveLength(1);
  });

  it('gives and takes UUIDs as 16 bytes, as text where C has text', async () => {
    expect(Buffer.compare(native.virDomainGetUUID(domain), bytes)).toBe(0);
    expect(native.virDomainGetUUIDString(domain)).toBe(uuid);
    expect(native.virDomainGetName(await native.virDomainLookupByUUID(conn, bytes))).toBe('on');
    expect(native.virDomainGetName(await native.virDomainLookupByUUIDString(conn, uuid.toUpperCase()))).toBe('on');
    const again = await native.virNetworkLookupByUUID(conn, native.virNetworkGetUUID(network));
    expect(native.virNetworkGetUUIDString(again)).toBe(native.virNetworkGetUUIDString(network));
  });

  it('gives -1 for the id of a machine that is off', async () => {
    const id = native.virDomainGetID(domain);
    expect(id).toBeGreaterThan(0);
    expect(native.virDomainGetName(await native.virDomainLookupByID(conn, id))).toBe('on');
    expect(native.virDomainGetID(await native.virDomainLookupByName(conn, 'off'))).toBe(-1);
  });

  it('rejects with a plain object of all fields of virError', async () => {
    const error = await failure(native.virDomainLookupByName(conn, 'nobody'));
    expect(error).not.toBeInstanceOf(Error);
    expect(error).toEqual({
      code: 42,
      domain: 12,
      level: 2,
      message: 'Domain not found',
      str1: 'Domain not found',
      str2: isSince('9.0.0') ? null : '',
      str3: null,
      int1: -1,
      int2: -1,
      disconnected: false,
      operation: 'virDomainLookupByName',
    });
  });

  it('opens the connection that NULL stands for, and gives the value of virConnectClose', async () => {
    const first = await native.virConnectOpenReadOnly('test:///default');
    expect(await native.virConnectClose(first)).toBe(0);
  });

  it('refuses a handle of a closed connection', async () => {
    const closed = await openHost(scratch);
    const child = await native.virDomainLookupByName(closed, 'on');
    const closing = native.virConnectClose(closed);
    const late = native.virConnectGetHostname(closed);
    expect(await failure(late)).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED', operation: 'virConnectGetHostname' });
    expect(await closing).toBe(0);
    expect(thrown(() => native.virDomainGetName(child))).toEqual({
      code: 'ERR_LIBVIRT_CLOSED',
      message: 'the connection is closed',
      operation: 'virDomainGetName',
    });
    for (const error of await failures([native.virDomainGetInfo(child), native.virConnectClose(closed)])) {
      expect(error).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
    }
  });
});

describe('tools/names.tsv', () => {
  it('has the same class for every function', () => {
    const wanted = new Map(readTable('tools/names.tsv').map((row) => [cell(row, 'c_name'), cell(row, 'calls')]));
    const written = functions.map(({ name }) => [name, wanted.get(name)]);
    expect(written).toEqual(functions.map((row) => [row.name, row.class]));
  });
});
