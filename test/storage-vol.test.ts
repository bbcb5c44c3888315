import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import {
  Connection,
  StorageVolInfoFlags,
  StorageVolType,
  StorageVolWipeAlgorithm,
  type StoragePool,
  type StorageVol,
} from '../lib/index.js';
import { native } from '../lib/native.js';
import { Scratch, failure, failures } from './helpers.js';

const scratch = new Scratch();
const path = '/pools/default';
const host = scratch.host(
  `<pool type="dir"><name>default</name><target><path>${path}</path></target></pool>` +
    '<pool type="dir"><name>other</name><target><path>/pools/other</path></target></pool>',
);

interface VolXML {
  name: string;
  capacity?: bigint | number;
  allocation?: bigint | number;
}
const volXML = ({ name, capacity = 1048576, allocation = 4096 }: VolXML): string =>
  `<volume><name>${name}</name><capacity>${String(capacity)}</capacity><allocation>${String(allocation)}</allocation>
    <target><path>${path}/${name}</path></target></volume>`;

let connection: Connection;
let pool: StoragePool;
let vol: StorageVol;

beforeEach(async () => {
  connection = await Connection.open(host);
  pool = await connection.lookupStoragePoolByName('default');
  vol = await pool.createVolXML(volXML({ name: 'a' }));
});
afterEach(() => connection.close());
afterAll(() => {
  scratch.remove();
});

describe('volumes that cannot be', () => {
  it.each([
    ['is not there', () => pool.lookupVolByName('nobody'), 'VIR_ERR_NO_STORAGE_VOL'],
    ['has another key', () => connection.lookupStorageVolByKey('nobody'), 'VIR_ERR_NO_STORAGE_VOL'],
    ['has another path', () => connection.lookupStorageVolByPath('/nobody'), 'VIR_ERR_NO_STORAGE_VOL'],
    ['is no XML', () => pool.createVolXML('volume'), 'VIR_ERR_XML_DETAIL'],
    ['is a pool', () => pool.createVolXML('<pool/>'), 'VIR_ERR_XML_ERROR'],
    ['is there already', () => pool.createVolXML(volXML({ name: 'a' })), 'VIR_ERR_OPERATION_FAILED'],
    ['is there already as a copy', () => pool.createVolXMLFrom(volXML({ name: 'a' }), vol), 'VIR_ERR_OPERATION_FAILED'],
    [
      'is larger than its pool',
      () => pool.createVolXML(volXML({ name: 'b', allocation: 2n ** 60n })),
      'VIR_ERR_INTERNAL_ERROR',
    ],
    [
      'is larger than C can say',
      () => pool.createVolXML(volXML({ name: 'b', capacity: 2n ** 64n - 1n })),
      'VIR_ERR_OVERFLOW',
    ],
    ['is not to be resized', () => vol.resize(1n), 'VIR_ERR_NO_SUPPORT'],
    ['is not to be wiped', () => vol.wipe(), 'VIR_ERR_NO_SUPPORT'],
    ['is not to be wiped well', () => vol.wipe(StorageVolWipeAlgorithm.RANDOM), 'VIR_ERR_NO_SUPPORT'],
    ['has no physical size', () => vol.getInfo(StorageVolInfoFlags.GET_PHYSICAL), 'VIR_ERR_NO_SUPPORT'],
    ['knows no such flag', () => vol.getXMLDesc(1 << 20), 'VIR_ERR_INVALID_ARG'],
  ])('one that %s', async (_, call, code) => {
    expect(await failure(call())).toMatchObject({ name: 'LibvirtError', code });
  });

  it('ask the older function where its arguments suffice', async () => {
    const operations = async (calls: Promise<void>[]) =>
      (await failures(calls)).map((error) => (error as { operation: string }).operation);
    expect(await operations([vol.wipe(), vol.wipe(StorageVolWipeAlgorithm.TRIM)])).toEqual([
      'virStorageVolWipe',
      'virStorageVolWipePattern',
    ]);
    await expect(vol.getInfo(0)).resolves.toBeDefined();
    expect(await failure(vol.getInfo(StorageVolInfoFlags.GET_PHYSICAL))).toHaveProperty(
      'operation',
      'virStorageVolGetInfoFlags',
    );
  });

  it('XML and names with a NUL in them', async () => {
    for (const error of await failures([
      pool.createVolXML(`${volXML({ name: 'cut' })}\0`),
      pool.createVolXMLFrom(`${volXML({ name: 'cut' })}\0`, vol),
      pool.lookupVolByName('a\0'),
      connection.lookupStorageVolByKey(`${path}/a\0`),
      connection.lookupStorageVolByPath(`${path}/a\0`),
    ])) {
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toHaveProperty('message', expect.stringMatching(/^virStorageVol\w+: argument 2 .*NUL/));
    }
    expect(await pool.listVolumes()).toEqual(['a']);
  });

  it.each([[-1], [-1n], [1.5], [2 ** 53], [2n ** 64n], [NaN]])('a size of %p', async (size) => {
    expect(await failure(vol.resize(size))).toBeInstanceOf(RangeError);
  });

  it.each([['1'], [null], [undefined], [true]])('a size of %p, which is no number', async (size) => {
    expect(await failure(vol.resize(size as unknown as number))).toBeInstanceOf(TypeError);
  });

  it('something else to clone', async () => {
    const clone = (from: unknown) => failure(pool.createVolXMLFrom(volXML({ name: 'b' }), from as StorageVol));
    for (const from of [undefined, null, {}, 'a', pool, connection]) {
      const error = await clone(from);
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toHaveProperty('message', 'createVolXMLFrom: cloneVol must be a StorageVol');
    }
    expect(await pool.listVolumes()).toEqual(['a']);
  });

  it('a volume of another connection to clone, closed or not', async () => {
    const other = await Connection.open(host);
    const otherPool = await other.lookupStoragePoolByName('default');
    const stranger = await otherPool.createVolXML(volXML({ name: 'a', capacity: 5 }));
    const clone = () => failure(pool.createVolXMLFrom(volXML({ name: 'b' }), stranger));
    const refused = { code: 'VIR_ERR_INVALID_ARG', message: expect.stringContaining('two connections') };
    expect(await clone()).toMatchObject(refused);
    await other.close();
    expect(await clone()).toMatchObject(refused);
    expect(await pool.listVolumes()).toEqual(['a']);
  });

  it('calls on one that is gone', async () => {
    await vol.delete();
    for (const error of await failures([vol.getInfo(), vol.getPath(), vol.getXMLDesc(), vol.delete()])) {
      expect(error).toMatchObject({ code: 'VIR_ERR_NO_STORAGE_VOL' });
    }
    expect(await failure(pool.createVolXMLFrom(volXML({ name: 'b' }), vol))).toMatchObject({
      code: 'VIR_ERR_NO_STORAGE_VOL',
    });
    expect([vol.name, vol.key]).toEqual(['a', `${path}/a`]);
  });
});

describe('finding volumes', () => {
  it('lists them', async () => {
    await pool.createVolXML(volXML({ name: 'b' }));
    expect((await pool.listAllVolumes()).map(({ name }) => name).sort()).toEqual(['a', 'b']);
    expect((await pool.listVolumes()).sort()).toEqual(['a', 'b']);
    expect(await pool.numOfVolumes()).toBe(2);
    const other = await connection.lookupStoragePoolByName('other');
    expect([await other.listAllVolumes(), await other.listVolumes(), await other.numOfVolumes()]).toEqual([[], [], 0]);
  });

  it('looks one up by name, key and path', async () => {
    for (const found of [
      await pool.lookupVolByName('a'),
      await connection.lookupStorageVolByKey(`${path}/a`),
      await connection.lookupStorageVolByPath(`${path}/a`),
      ...(await pool.listAllVolumes()),
    ]) {
      expect([found.name, found.key, found.connection]).toEqual(['a', `${path}/a`, connection]);
      expect(await found.getPath()).toBe(`${path}/a`);
      expect(await found.lookupPool()).toMatchObject({ name: 'default', uuid: pool.uuid });
    }
    expect(inspect(vol)).toBe(`StorageVol { name: 'a', key: '${path}/a' }`);
  });

  it('finds it through a view of a pool, and its pool through a view of it', async () => {
    const found = await pool.with({ timeout: 60_000 }).lookupVolByName('a');
    expect(found.connection).toBe(connection);
    expect((await vol.with({ timeout: 60_000 }).lookupPool()).connection).toBe(connection);
  });

  it.each(['größe-v-😀', 'a b', 'x'.repeat(200)])('has the name %p as it was given', async (name) => {
    const made = await pool.createVolXML(volXML({ name }));
    expect([made.name, made.key]).toEqual([name, `${path}/${name}`]);
    expect((await pool.lookupVolByName(name)).key).toBe(made.key);
    expect(await pool.listVolumes()).toContain(name);
  });
});

describe('after the connection was made anew', () => {
  beforeEach(() => {
    Object.assign(connection.link, { generation: connection.link.generation + 1 });
  });

  it('a volume is found again by its key, and its pool by its UUID', async () => {
    expect((await vol.getInfo()).capacity).toBe(1048576n);
    expect(await pool.listVolumes()).toEqual(['a']);
    Object.assign(connection.link, { generation: connection.link.generation + 1 });
    expect((await pool.createVolXMLFrom(volXML({ name: 'b' }), vol)).name).toBe('b');
  });

  it('one that is gone by then is not found', async () => {
    await (await connection.lookupStorageVolByKey(vol.key)).delete();
    for (const call of [() => vol.getInfo(), () => pool.createVolXMLFrom(volXML({ name: 'b' }), vol)]) {
      expect(await failure(call())).toMatchObject({
        code: 'VIR_ERR_NO_STORAGE_VOL',
        operation: 'virStorageVolLookupByKey',
      });
    }
    const other = await connection.lookupStoragePoolByName('other');
    await other.destroy();
    await other.undefine();
    Object.assign(connection.link, { generation: connection.link.generation + 1 });
    expect(await failure(other.getInfo())).toMatchObject({
      code: 'VIR_ERR_NO_STORAGE_POOL',
      operation: 'virStoragePoolLookupByUUIDString',
    });
  });
});

describe('what a volume tells', () => {
  it('is its sizes in bytes, whatever they are', async () => {
    expect(await vol.getInfo()).toEqual({ type: StorageVolType.FILE, capacity: 1048576n, allocation: 4096n });
    const big = await pool.createVolXML(volXML({ name: 'big', capacity: 2n ** 63n - 1n, allocation: 0 }));
    expect(await big.getInfo()).toEqual({ type: StorageVolType.FILE, capacity: 2n ** 63n - 1n, allocation: 0n });
  });

  it('is what its XML says', async () => {
    const xml = await vol.getXMLDesc();
    for (const part of ['<name>a</name>', `<key>${path}/a</key>`, "<capacity unit='bytes'>1048576</capacity>"]) {
      expect(xml).toContain(part);
    }
  });

  it('is the same of a copy', async () => {
    const copy = await pool.createVolXMLFrom(volXML({ name: 'b' }), vol);
    expect(copy.name).toBe('b');
    expect(await copy.getInfo()).toEqual(await vol.getInfo());
  });

  it('has the fields of C in the raw layer', async () => {
    const conn = await native.virConnectOpen(host);
    const rawPool = await native.virStoragePoolLookupByName(conn, 'default');
    expect(Object.keys(await native.virStoragePoolGetInfo(rawPool))).toEqual([
      'state',
      'capacity',
      'allocation',
      'available',
    ]);
    const rawVol = await native.virStorageVolCreateXML(rawPool, volXML({ name: 'raw' }), 0);
    expect(Object.keys(await native.virStorageVolGetInfo(rawVol))).toEqual(['type', 'capacity', 'allocation']);
    expect(native.virStorageVolGetKey(rawVol)).toBe(`${path}/raw`);
    const again = await native.virStoragePoolLookupByUUID(conn, native.virStoragePoolGetUUID(rawPool));
    expect(native.virStoragePoolGetUUIDString(again)).toBe(native.virStoragePoolGetUUIDString(rawPool));
    await native.virConnectClose(conn);
  });
});

describe('many calls at once', () => {
  it('only one of many makes the volume, and only one deletes it', async () => {
    const made = await Promise.allSettled(Array.from({ length: 20 }, () => pool.createVolXML(volXML({ name: 'b' }))));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const deleted = await Promise.allSettled(Array.from({ length: 20 }, () => vol.delete()));
    expect(deleted.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await pool.listVolumes()).toEqual(['b']);
  });

  it('names are all there although others are made in between', async () => {
    const listing = pool.listVolumes();
    const made = Array.from({ length: 60 }, (_, i) =>
      pool.createVolXML(volXML({ name: `v${String(i)}`, allocation: 0 })),
    );
    expect(await listing).toContain('a');
    await Promise.all(made);
    expect(await pool.listVolumes()).toHaveLength(61);
    expect(await pool.listAllVolumes()).toHaveLength(61);
  });
});
