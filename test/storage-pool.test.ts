import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Connection,
  ConnectListAllStoragePoolsFlags,
  StoragePoolDefineFlags,
  StoragePoolState,
  StorageXMLFlags,
  type StoragePool,
} from '../lib/index.js';
import { unlimited } from '../lib/limits.js';
import { allNames } from '../lib/names.js';
import { native } from '../lib/native.js';
import { Scratch, failure, failures, machineXML } from './helpers.js';
import { isSince, itSince } from './versions.js';

const scratch = new Scratch();
const uuid = '11111111-2222-4333-8444-666666666666';
const poolXML = (name: string, more = ''): string =>
  `<pool type="dir"><name>${name}</name>${more}<target><path>/pools/${name}</path></target></pool>`;
const host = scratch.host(poolXML('default', `<uuid>${uuid}</uuid>`) + poolXML('other'));

let connection: Connection;
let pool: StoragePool;

beforeEach(async () => {
  connection = await Connection.open(host);
  pool = await connection.lookupStoragePoolByName('default');
});
afterEach(() => connection.close());
afterAll(() => {
  scratch.remove();
});

const volXML = (name: string): string =>
  `<volume><name>${name}</name><capacity>1048576</capacity><target><path>/pools/default/${name}</path></target></volume>`;

describe('pools that cannot be', () => {
  it.each([
    ['is not there', () => connection.lookupStoragePoolByName('nobody'), 'VIR_ERR_NO_STORAGE_POOL'],
    [
      'has another UUID',
      () => connection.lookupStoragePoolByUUID(uuid.replaceAll('1', '2')),
      'VIR_ERR_NO_STORAGE_POOL',
    ],
    ['has no UUID', () => connection.lookupStoragePoolByUUID('default'), 'VIR_ERR_INVALID_ARG'],
    ['is no XML', () => connection.defineStoragePoolXML('pool'), 'VIR_ERR_XML_DETAIL'],
    ['is a machine', () => connection.createStoragePoolXML(machineXML({ name: 'a' })), 'VIR_ERR_XML_ERROR'],
    [
      'is of no kind',
      () => connection.defineStoragePoolXML(poolXML('a').replace('dir', 'nonsense')),
      isSince('9.0.0') ? 'VIR_ERR_XML_ERROR' : 'VIR_ERR_CONFIG_UNSUPPORTED',
    ],
    [
      'has nonsense in it',
      () => connection.defineStoragePoolXML(poolXML('a', '<nonsense/>'), StoragePoolDefineFlags.VALIDATE),
      isSince('7.7.0') ? 'VIR_ERR_XML_INVALID_SCHEMA' : 'VIR_ERR_INVALID_ARG',
    ],
    ['is active already', () => pool.create(), 'VIR_ERR_OPERATION_INVALID'],
    ['is active and to be built', () => pool.build(), 'VIR_ERR_OPERATION_INVALID'],
    ['is active and to be deleted', () => pool.delete(), 'VIR_ERR_OPERATION_INVALID'],
    ['is active and to be undefined', () => pool.undefine(), 'VIR_ERR_OPERATION_INVALID'],
    ['knows no such flag', () => pool.getXMLDesc(1 << 20), 'VIR_ERR_INVALID_ARG'],
    ['is asked where nobody can be', () => connection.findStoragePoolSources('dir'), 'VIR_ERR_INTERNAL_ERROR'],
    ['is asked nowhere', () => connection.findStoragePoolSources('netfs'), 'VIR_ERR_INVALID_ARG'],
    ['is of a driver without it', () => connection.getStoragePoolCapabilities(), 'VIR_ERR_NO_SUPPORT'],
    ['is of a driver without places', () => connection.lookupStoragePoolByTargetPath('/a'), 'VIR_ERR_NO_SUPPORT'],
  ])('one that %s', async (_, call, code) => {
    expect(await failure(call())).toMatchObject({ name: 'LibvirtError', code });
  });

  it('XML and names with a NUL in them', async () => {
    for (const error of await failures([
      connection.defineStoragePoolXML(`${poolXML('cut')}\0`),
      connection.createStoragePoolXML(`${poolXML('cut')}\0`),
      connection.lookupStoragePoolByName('default\0'),
      connection.findStoragePoolSources('logical\0'),
      connection.findStoragePoolSources('netfs', "<source><host name='a'/></source>\0"),
    ])) {
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toHaveProperty('message', expect.stringMatching(/^vir\w+: argument [23] .*NUL/));
    }
    expect(await connection.listAllStoragePools()).toHaveLength(2);
  });

  it('calls that need an active one', async () => {
    await pool.destroy();
    for (const error of await failures([
      pool.destroy(),
      pool.refresh(),
      pool.listAllVolumes(),
      pool.listVolumes(),
      pool.numOfVolumes(),
      pool.createVolXML(volXML('a')),
      pool.lookupVolByName('a'),
    ])) {
      expect(error).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
    }
  });

  it('everything that changes something, on a connection that may only look', async () => {
    await using looker = await Connection.open(host, { readOnly: true });
    const seen = await looker.lookupStoragePoolByName('default');
    expect((await seen.getInfo()).state).toBe(StoragePoolState.RUNNING);
    for (const error of await failures([
      seen.destroy(),
      seen.delete(),
      seen.setAutostart(true),
      seen.createVolXML(volXML('a')),
      looker.defineStoragePoolXML(poolXML('a')),
      looker.findStoragePoolSources('logical'),
    ])) {
      expect(error).toMatchObject({ code: 'VIR_ERR_OPERATION_DENIED' });
    }
  });
});

describe('finding pools', () => {
  it('lists them, all or some', async () => {
    const { ACTIVE, INACTIVE, PERSISTENT, TRANSIENT, AUTOSTART, NO_AUTOSTART, DIR, RBD } =
      ConnectListAllStoragePoolsFlags;
    const named = async (flags?: number) =>
      (await connection.listAllStoragePools(flags)).map(({ name }) => name).sort();
    await pool.setAutostart(true);
    await (await connection.lookupStoragePoolByName('other')).destroy();
    await connection.createStoragePoolXML(poolXML('passing'));
    expect(await named()).toEqual(['default', 'other', 'passing']);
    expect(await named(ACTIVE)).toEqual(['default', 'passing']);
    expect(await named(INACTIVE)).toEqual(['other']);
    expect(await named(PERSISTENT)).toEqual(['default', 'other']);
    expect(await named(TRANSIENT)).toEqual(['passing']);
    expect(await named(AUTOSTART)).toEqual(['default']);
    expect(await named(NO_AUTOSTART)).toEqual(['other', 'passing']);
    expect(await named(DIR)).toHaveLength(3);
    expect(await named(RBD)).toEqual([]);
    expect((await connection.listStoragePools()).sort()).toEqual(['default', 'passing']);
    expect(await connection.numOfStoragePools()).toBe(2);
    expect(await connection.listDefinedStoragePools()).toEqual(['other']);
    expect(await connection.numOfDefinedStoragePools()).toBe(1);
  });

  it('lists none where there is none', async () => {
    for (const one of await connection.listAllStoragePools()) {
      await one.destroy();
      expect(await connection.listDefinedStoragePools()).toContain(one.name);
      await one.undefine();
    }
    expect(await connection.listAllStoragePools()).toEqual([]);
    expect(await connection.listStoragePools()).toEqual([]);
    expect(await connection.listDefinedStoragePools()).toEqual([]);
  });

  it('looks one up by name and UUID', async () => {
    for (const found of [pool, await connection.lookupStoragePoolByUUID(uuid.toUpperCase())]) {
      expect([found.name, found.uuid, found.connection]).toEqual(['default', uuid, connection]);
    }
  });

  it('looks for what pools could be made of', async () => {
    expect(await connection.findStoragePoolSources('logical')).toContain('<name>testvg1</name>');
    expect(await connection.findStoragePoolSources('logical', null)).toContain('<name>testvg1</name>');
    const shares = await connection.findStoragePoolSources('netfs', "<source><host name='a-server'/></source>");
    expect(shares).toContain("<host name='a-server'/>");
  });

  it.each(['größe-p-😀', 'x'.repeat(200)])('has the name %p as it was given', async (name) => {
    const defined = await connection.defineStoragePoolXML(poolXML(name));
    expect(defined.name).toBe(name);
    expect(await connection.listDefinedStoragePools()).toEqual([name]);
    expect((await connection.lookupStoragePoolByName(name)).uuid).toBe(defined.uuid);
  });
});

describe('the life of a pool', () => {
  const stateOf = async (one: StoragePool) => ({
    active: await one.isActive(),
    persistent: await one.isPersistent(),
    autostart: await one.getAutostart(),
  });

  const fromItsDefinition = async (flags: StoragePoolDefineFlags) => {
    const lab = await connection.defineStoragePoolXML(poolXML('lab'), flags);
    expect(await stateOf(lab)).toEqual({ active: false, persistent: true, autostart: false });
    await lab.build();
    await lab.create();
    await lab.refresh();
    await lab.setAutostart(true);
    expect(await stateOf(lab)).toEqual({ active: true, persistent: true, autostart: true });
    await lab.setAutostart(false);
    await lab.destroy();
    await lab.delete();
    expect(await stateOf(lab)).toEqual({ active: false, persistent: true, autostart: false });
    await lab.undefine();
    for (const error of await failures([lab.isActive(), lab.getXMLDesc(), lab.getInfo(), lab.create()])) {
      expect(error).toMatchObject({ code: 'VIR_ERR_NO_STORAGE_POOL' });
    }
  };
  it('goes from its definition to its end', () => fromItsDefinition(0));
  itSince('7.7.0', 'goes from a definition that is checked to its end', () =>
    fromItsDefinition(StoragePoolDefineFlags.VALIDATE),
  );

  it('ends with its stop when it has no definition', async () => {
    const passing = await connection.createStoragePoolXML(poolXML('passing'));
    expect(await stateOf(passing)).toEqual({ active: true, persistent: false, autostart: false });
    expect(await failure(passing.setAutostart(true))).toMatchObject({ code: 'VIR_ERR_INVALID_ARG' });
    await passing.destroy();
    expect(await failure(passing.isActive())).toMatchObject({ code: 'VIR_ERR_NO_STORAGE_POOL' });
  });
});

describe('what a pool tells', () => {
  it('is its state and its sizes in bytes', async () => {
    const before = await pool.getInfo();
    expect(before).toEqual({
      state: StoragePoolState.RUNNING,
      capacity: 100n * 1024n ** 3n,
      allocation: 0n,
      available: 100n * 1024n ** 3n,
    });
    await pool.createVolXML(volXML('a').replace('</capacity>', '</capacity><allocation>4096</allocation>'));
    expect(await pool.getInfo()).toMatchObject({ allocation: 4096n, available: before.available - 4096n });
    await pool.destroy();
    expect((await pool.getInfo()).state).toBe(StoragePoolState.INACTIVE);
  });

  it('is what its XML says', async () => {
    const xml = await pool.getXMLDesc();
    for (const part of ['<name>default</name>', uuid, '/pools/default']) expect(xml).toContain(part);
    // The test driver has this in common with no other.
    expect(await failure(pool.getXMLDesc(StorageXMLFlags.INACTIVE))).toMatchObject({ code: 'VIR_ERR_INVALID_ARG' });
  });
});

describe('names, which C gives into an array of the caller', () => {
  it('are as many as the raw layer is asked for', async () => {
    const conn = await native.virConnectOpen(host);
    const all = await native.virConnectListStoragePools(conn, 2);
    expect(all.sort()).toEqual(['default', 'other']);
    expect(all).toContain((await native.virConnectListStoragePools(conn, 1))[0]);
    expect(await native.virConnectListStoragePools(conn, 0)).toEqual([]);
    // A count that is never meant must not become a huge allocation.
    expect(await native.virConnectListStoragePools(conn, 2 ** 31 - 1)).toHaveLength(2);
    expect(await failure(native.virConnectListStoragePools(conn, -1))).toMatchObject({ code: 8 });
    await native.virConnectClose(conn);
  });

  it('are all there although others are made in between', async () => {
    for (let round = 0; round < 5; ++round) {
      const before = await connection.listStoragePools();
      const listing = connection.listStoragePools();
      // More than the spare room, all of them between the two calls.
      const made = Array.from({ length: 40 }, (_, i) =>
        connection.createStoragePoolXML(poolXML(`p${String(round)}-${String(i)}`)),
      );
      expect(await listing).toEqual(expect.arrayContaining(before));
      await Promise.all(made);
    }
    expect(await connection.listStoragePools()).toHaveLength(202);
  });

  it('are asked for again while the room that was given is full', async () => {
    let there = 3;
    const rooms: number[] = [];
    const names = await allNames(unlimited, {
      count: () => Promise.resolve(there),
      list: (room) => {
        rooms.push(room);
        // Between the two calls many appear, but for the third time.
        if (rooms.length < 3) there += 100;
        return Promise.resolve(Array.from({ length: Math.min(room, there) }, String));
      },
    });
    expect(names).toHaveLength(203);
    expect(rooms).toHaveLength(3);
    expect(rooms[2]).toBeGreaterThan(203);
  });

  it('are never more than the remote protocol carries, as long as there are not', async () => {
    const rooms: number[] = [];
    for (const there of [0, 16383, 16384, 16385]) {
      await allNames(unlimited, {
        count: () => Promise.resolve(there),
        list: (room) => {
          rooms.push(room);
          return Promise.resolve(Array.from({ length: there }, String));
        },
      });
    }
    expect(rooms).toEqual([16, 16384, 16384, 16385]);
  });

  it('end with the signal, whichever of the calls runs', async () => {
    const reason = new Error('enough');
    const limited = connection.with({ signal: AbortSignal.abort(reason) });
    expect(await failure(limited.listStoragePools())).toBe(reason);
    expect(await failure(pool.with({ signal: AbortSignal.abort(reason) }).listVolumes())).toBe(reason);
  });
});

describe('many calls at once', () => {
  it('only one of many starts the pool', async () => {
    await pool.destroy();
    const starts = await Promise.allSettled(Array.from({ length: 20 }, () => pool.create()));
    expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await pool.isActive()).toBe(true);
  });

  it('a pool that is undefined meanwhile is not there, or is as it was', async () => {
    await pool.destroy();
    const calls = [pool.getInfo(), pool.undefine(), pool.getInfo(), pool.getXMLDesc(), pool.undefine()];
    const results = await Promise.allSettled(calls);
    const failed = results.filter((result) => result.status === 'rejected');
    for (const { reason } of failed) expect(reason).toMatchObject({ code: 'VIR_ERR_NO_STORAGE_POOL' });
    // The test driver finds a pool before it waits for its lock: of two that come together both may succeed.
    const undefines = [results[1], results[4]].filter((result) => result?.status === 'fulfilled');
    expect(undefines.length).toBeGreaterThan(0);
    expect(await failure(pool.isActive())).toMatchObject({ code: 'VIR_ERR_NO_STORAGE_POOL' });
  });
});
