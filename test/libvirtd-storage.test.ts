import { existsSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Connection,
  StoragePoolBuildFlags,
  StoragePoolCreateFlags,
  StoragePoolState,
  StorageVolCreateFlags,
  StorageVolInfoFlags,
  StorageVolResizeFlags,
  StorageVolType,
  StorageVolWipeAlgorithm,
  StorageXMLFlags,
  type StoragePool,
  type StorageVol,
} from '../lib/index.js';
import { failure, failures } from './helpers.js';
import { tableRows } from './libvirtd-helpers.js';
import { describeWithTestbed } from './testbed/index.js';

jest.setTimeout(60_000); // machines that are busy with other suites, too

const MiB = 1024n * 1024n;
const { DELTA, SHRINK, ALLOCATE } = StorageVolResizeFlags;
const { GET_PHYSICAL } = StorageVolInfoFlags;

const directory = (name: string): string => `/var/lib/libvirt/${name}`;
const poolXML = (name: string): string =>
  `<pool type='dir'><name>${name}</name><target><path>${directory(name)}</path></target></pool>`;
interface VolXML {
  name: string;
  format?: 'raw' | 'qcow2';
  capacity?: bigint;
  allocation?: bigint;
}
const volXML = ({ name, format = 'raw', capacity = MiB, allocation = 0n }: VolXML): string =>
  `<volume><name>${name}</name><capacity>${String(capacity)}</capacity><allocation>${String(allocation)}</allocation>
    <target><format type='${format}'/></target></volume>`;

describeWithTestbed('storage of a real libvirtd', (bed) => {
  let connection: Connection;
  let pool: StoragePool;

  beforeEach(async () => {
    connection = await Connection.open(bed().uri);
    pool = await connection.createStoragePoolXML(poolXML('lab'), StoragePoolCreateFlags.WITH_BUILD);
  });
  afterEach(async () => {
    for (const one of await connection.listAllStoragePools()) {
      const persistent = await one.isPersistent();
      if (await one.isActive()) await one.destroy();
      if (persistent) await one.undefine();
      await bed().run('rm', ['-rf', directory(one.name)]);
    }
    await connection.close();
  });

  const pathOf = (name: string, inPool = 'lab'): string => `${directory(inPool)}/${name}`;
  const read = (name: string): string => bed().read(pathOf(name)).replaceAll('\0', '');
  const write = (name: string, text: string) =>
    bed().run('dd', [`of=${pathOf(name)}`, 'conv=notrunc', 'status=none'], { input: text });

  describe('what is refused', () => {
    it.each([
      ['a volume that is there', () => pool.createVolXML(volXML({ name: 'v' })), 'VIR_ERR_STORAGE_VOL_EXIST'],
      ['a volume elsewhere', () => pool.createVolXML(volXML({ name: '../w' })), 'VIR_ERR_OPERATION_INVALID'],
      ['a volume without a name', () => pool.createVolXML('<volume/>'), 'VIR_ERR_XML_ERROR'],
      [
        "a raw volume's tables",
        () => pool.createVolXML(volXML({ name: 'w' }), StorageVolCreateFlags.PREALLOC_METADATA),
        'VIR_ERR_CONFIG_UNSUPPORTED',
      ],
      [
        'a second pool in the place',
        () => connection.defineStoragePoolXML(poolXML('lab').replace('<name>lab', '<name>other')),
        'VIR_ERR_OPERATION_FAILED',
      ],
      [
        'a pool in a place that is not there',
        () => connection.createStoragePoolXML(poolXML('w')),
        'VIR_ERR_SYSTEM_ERROR',
      ],
      ['a place without a pool', () => connection.lookupStoragePoolByTargetPath('/etc'), 'VIR_ERR_NO_STORAGE_POOL'],
      ['sources of directories', () => connection.findStoragePoolSources('dir'), 'VIR_ERR_NO_SUPPORT'],
      ['sources of nonsense', () => connection.findStoragePoolSources('nonsense'), 'VIR_ERR_INTERNAL_ERROR'],
      ['shares of nobody', () => connection.findStoragePoolSources('netfs'), 'VIR_ERR_INVALID_ARG'],
      [
        'shares of a host without any',
        () => connection.findStoragePoolSources('netfs', "<source><host name='127.0.0.1'/></source>"),
        'VIR_ERR_OPERATION_FAILED',
      ],
    ])('%s', async (_, call, code) => {
      await pool.createVolXML(volXML({ name: 'v' }));
      expect(await failure(call())).toMatchObject({ name: 'LibvirtError', code });
      expect(await pool.listVolumes()).toEqual(['v']);
      expect(await connection.listStoragePools()).toEqual(['lab']);
    });

    it('everything that changes something, on a connection that may only look', async () => {
      const vol = await pool.createVolXML(volXML({ name: 'v' }));
      await using looker = await Connection.open(bed().uriFor('qemu', '/system', bed().readOnlySocket), {
        readOnly: true,
      });
      const seen = await looker.lookupStorageVolByKey(vol.key);
      const its = await seen.lookupPool();
      expect((await seen.getInfo()).capacity).toBe(MiB);
      for (const error of await failures([
        seen.delete(),
        seen.wipe(),
        seen.resize(2n * MiB),
        its.createVolXMLFrom(volXML({ name: 'w' }), seen),
        its.refresh(),
        its.destroy(),
      ])) {
        expect(error).toMatchObject({ code: 'VIR_ERR_OPERATION_DENIED' });
      }
    });

    it('a volume of another connection to clone, though the daemon has one of its name', async () => {
      await pool.createVolXML(volXML({ name: 'v' }));
      await using other = await Connection.open(bed().uri);
      const stranger = await other.lookupStorageVolByPath(pathOf('v'));
      expect(await failure(pool.createVolXMLFrom(volXML({ name: 'w' }), stranger))).toMatchObject({
        code: 'VIR_ERR_INVALID_ARG',
      });
      expect(await pool.listVolumes()).toEqual(['v']);
    });
  });

  describe('a pool', () => {
    it('goes from its definition to its end', async () => {
      const name = 'depot';
      const depot = await connection.defineStoragePoolXML(poolXML(name));
      expect(existsSync(bed().pathOf(`/etc/libvirt/storage/${name}.xml`))).toBe(true);
      expect(await failure(depot.create())).toMatchObject({ code: 'VIR_ERR_SYSTEM_ERROR' });
      expect(await depot.getInfo()).toMatchObject({ state: StoragePoolState.INACTIVE, capacity: 0n, available: 0n });
      expect(await connection.listDefinedStoragePools()).toEqual([name]);
      await depot.build(StoragePoolBuildFlags.NEW);
      expect(statSync(bed().pathOf(directory(name))).isDirectory()).toBe(true);
      await depot.create();
      const info = await depot.getInfo();
      expect(info.state).toBe(StoragePoolState.RUNNING);
      expect(info.capacity).toBeGreaterThan(MiB);
      expect(info.allocation + info.available).toBe(info.capacity);
      expect((await connection.lookupStoragePoolByTargetPath(directory(name))).uuid).toBe(depot.uuid);
      expect(await depot.getXMLDesc(StorageXMLFlags.INACTIVE)).toContain(`<uuid>${depot.uuid}</uuid>`);
      for (const error of await failures([depot.create(), depot.delete(), depot.undefine()])) {
        expect(error).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
      }

      const link = `/etc/libvirt/storage/autostart/${name}.xml`;
      await depot.setAutostart(true);
      expect(await depot.getAutostart()).toBe(true);
      expect(await bed().run('readlink', [link])).toBe(`/etc/libvirt/storage/${name}.xml\n`);
      await depot.setAutostart(false);
      expect(await depot.getAutostart()).toBe(false);

      await depot.destroy();
      expect(existsSync(bed().pathOf(directory(name)))).toBe(true);
      await depot.delete();
      expect(existsSync(bed().pathOf(directory(name)))).toBe(false);
      await depot.undefine();
      expect(existsSync(bed().pathOf(`/etc/libvirt/storage/${name}.xml`))).toBe(false);
      expect(await failure(depot.getInfo())).toMatchObject({ code: 'VIR_ERR_NO_STORAGE_POOL' });
    });

    it('is listed as in virsh', async () => {
      await connection.defineStoragePoolXML(poolXML('asleep'));
      const rows = await Promise.all(
        (await connection.listAllStoragePools()).map(async (one) => [
          one.name,
          (await one.isActive()) ? 'active' : 'inactive',
          (await one.getAutostart()) ? 'yes' : 'no',
        ]),
      );
      expect(rows.sort()).toEqual([
        ['asleep', 'inactive', 'no'],
        ['lab', 'active', 'no'],
      ]);
      expect(tableRows(await bed().virsh('pool-list', '--all'))).toEqual(rows);
    });

    it('sees what others put there when it is refreshed', async () => {
      await bed().run('truncate', ['-s', '4096', pathOf('by-hand')]);
      expect(await pool.listVolumes()).toEqual([]);
      await pool.refresh();
      expect(await pool.listVolumes()).toEqual(['by-hand']);
      expect(await (await pool.lookupVolByName('by-hand')).getInfo()).toMatchObject({ capacity: 4096n });
    });

    it('says what the host can do', async () => {
      expect(await connection.getStoragePoolCapabilities()).toMatch(/<pool type='dir' supported='yes'>/);
    });
  });

  describe('a volume', () => {
    it('is a file, found by name, key and path, and gone when it is deleted', async () => {
      const vol = await pool.createVolXML(volXML({ name: 'v' }));
      expect(statSync(bed().pathOf(pathOf('v'))).size).toBe(Number(MiB));
      for (const found of [
        await pool.lookupVolByName('v'),
        await connection.lookupStorageVolByKey(vol.key),
        await connection.lookupStorageVolByPath(pathOf('v')),
        ...(await pool.listAllVolumes()),
      ]) {
        expect([found.name, found.key, await found.getPath()]).toEqual(['v', pathOf('v'), pathOf('v')]);
        expect((await found.lookupPool()).uuid).toBe(pool.uuid);
      }
      expect(tableRows(await bed().virsh('vol-list', 'lab'))).toEqual([['v', pathOf('v')]]);
      expect(await vol.getXMLDesc()).toContain(`<path>${pathOf('v')}</path>`);
      await vol.delete();
      expect(existsSync(bed().pathOf(pathOf('v')))).toBe(false);
      expect(await failure(vol.delete())).toMatchObject({ code: 'VIR_ERR_NO_STORAGE_VOL' });
    });

    it('has a capacity, an allocation and a physical size, each for itself', async () => {
      const sparse = await pool.createVolXML(volXML({ name: 'sparse' }));
      expect(await sparse.getInfo()).toEqual({ type: StorageVolType.FILE, capacity: MiB, allocation: 0n });
      expect(await sparse.getInfo(GET_PHYSICAL)).toMatchObject({ capacity: MiB, allocation: MiB });
      const full = await pool.createVolXML(volXML({ name: 'full', allocation: MiB }));
      expect((await full.getInfo()).allocation).toBeGreaterThanOrEqual(MiB);
      const image = await pool.createVolXML(volXML({ name: 'image', format: 'qcow2', capacity: 2n ** 40n }));
      expect((await image.getInfo()).capacity).toBe(2n ** 40n);
      const { size } = statSync(bed().pathOf(pathOf('image')));
      expect((await image.getInfo(GET_PHYSICAL)).allocation).toBe(BigInt(size));
      // What others do to it shows without a refresh.
      await bed().run('truncate', ['-s', '8M', pathOf('sparse')]);
      expect((await sparse.getInfo()).capacity).toBe(8n * MiB);
    });

    it('of qcow2 has its tables in full when it is told to', async () => {
      const capacity = 256n * MiB;
      await pool.createVolXML(volXML({ name: 'thin', format: 'qcow2', capacity }));
      await pool.createVolXML(
        volXML({ name: 'thick', format: 'qcow2', capacity }),
        StorageVolCreateFlags.PREALLOC_METADATA,
      );
      const size = (name: string) => statSync(bed().pathOf(pathOf(name))).size;
      expect(size('thin')).toBeLessThan(Number(MiB));
      expect(size('thick')).toBeGreaterThan(Number(capacity));
    });

    it('is cloned, into its pool and another, larger and in another format', async () => {
      const vol = await pool.createVolXML(volXML({ name: 'v' }));
      await write('v', 'what is in it');
      const copy = await pool.createVolXMLFrom(volXML({ name: 'copy' }), vol);
      expect([copy.name, read('copy')]).toEqual(['copy', 'what is in it']);

      const larger = await pool.createVolXMLFrom(volXML({ name: 'larger', capacity: 2n * MiB }), vol);
      expect([(await larger.getInfo()).capacity, read('larger')]).toEqual([2n * MiB, 'what is in it']);
      const smaller = await pool.createVolXMLFrom(volXML({ name: 'smaller', capacity: 4096n }), vol);
      expect([(await smaller.getInfo()).capacity, read('smaller')]).toEqual([MiB, 'what is in it']);

      const store = await connection.createStoragePoolXML(poolXML('store'), StoragePoolCreateFlags.WITH_BUILD);
      const image = await store.createVolXMLFrom(volXML({ name: 'image', format: 'qcow2' }), vol);
      expect(await image.getPath()).toBe(pathOf('image', 'store'));
      expect((await image.lookupPool()).name).toBe('store');
      const compared = await bed().run('qemu-img', ['compare', pathOf('v'), pathOf('image', 'store')]);
      expect(compared).toContain('identical');
      expect(await bed().run('qemu-img', ['info', pathOf('image', 'store')])).toContain('file format: qcow2');
      // A clone is a volume of its own.
      await vol.delete();
      expect(read('copy')).toBe('what is in it');
      expect(await failure(pool.createVolXMLFrom(volXML({ name: 'late' }), vol))).toMatchObject({
        code: 'VIR_ERR_NO_STORAGE_VOL',
      });
    });

    it('is resized, to a size and by one, and becomes smaller only on purpose', async () => {
      const vol = await pool.createVolXML(volXML({ name: 'v' }));
      const sizes = async () => [(await vol.getInfo()).capacity, BigInt(statSync(bed().pathOf(pathOf('v'))).size)];
      await vol.resize(3n * MiB);
      expect(await sizes()).toEqual([3n * MiB, 3n * MiB]);
      await vol.resize(Number(MiB), DELTA);
      expect(await sizes()).toEqual([4n * MiB, 4n * MiB]);
      expect(await failure(vol.resize(MiB))).toMatchObject({ code: 'VIR_ERR_INVALID_ARG' });
      expect(await sizes()).toEqual([4n * MiB, 4n * MiB]);
      await vol.resize(MiB, SHRINK);
      expect(await sizes()).toEqual([MiB, MiB]);
      await vol.resize(4096n, SHRINK | DELTA);
      expect(await sizes()).toEqual([MiB - 4096n, MiB - 4096n]);
      await vol.resize(2n ** 40n + 1n);
      expect(await sizes()).toEqual([2n ** 40n + 1n, 2n ** 40n + 1n]);
      await vol.resize(MiB, SHRINK);
      await vol.resize(2n * MiB, ALLOCATE);
      expect((await vol.getInfo()).allocation).toBeGreaterThan(MiB / 2n);
    });

    it('is wiped, and stays', async () => {
      for (const allocation of [0n, MiB]) {
        const name = `v${String(allocation)}`;
        const vol = await pool.createVolXML(volXML({ name, allocation }));
        await write(name, 'what nobody may read');
        expect(read(name)).toBe('what nobody may read');
        await vol.wipe();
        expect(read(name)).toBe('');
        expect(statSync(bed().pathOf(pathOf(name))).size).toBe(Number(MiB));
      }
    });

    it('is wiped by what the host has for it, or not at all', async () => {
      const vol = await pool.createVolXML(volXML({ name: 'v' }));
      await write('v', 'what nobody may read');
      const by = (algorithm: number) => failure(vol.wipe(algorithm as StorageVolWipeAlgorithm));
      expect(await by(StorageVolWipeAlgorithm.TRIM)).toMatchObject({ code: 'VIR_ERR_ARGUMENT_UNSUPPORTED' });
      expect(await by(99)).toMatchObject({ code: 'VIR_ERR_INVALID_ARG' });
      expect(read('v')).toBe('what nobody may read');
      // A program of that name, which overwrites with something else and tells how it was called.
      await bed().run('bash', ['-c', 'cat > /usr/bin/scrub; chmod 755 /usr/bin/scrub'], {
        input: '#!/bin/sh\nprintf "%s" "$*" | dd of="$4" conv=notrunc status=none\n',
      });
      await vol.wipe(StorageVolWipeAlgorithm.GUTMANN);
      expect(read('v')).toContain('gutmann');
      await vol.wipe(StorageVolWipeAlgorithm.RANDOM);
      expect(read('v')).toContain('random');
    });

    it('of a pool that was stopped is there again when the pool is', async () => {
      const vol = await pool.createVolXML(volXML({ name: 'v' }));
      const again = await connection.defineStoragePoolXML(await pool.getXMLDesc());
      await pool.destroy();
      expect(await failure(vol.getInfo())).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
      expect(await failure(connection.lookupStorageVolByKey(vol.key))).toMatchObject({
        code: 'VIR_ERR_NO_STORAGE_VOL',
      });
      await again.create();
      expect((await vol.getInfo()).capacity).toBe(MiB);
    });
  });

  describe('many calls at once', () => {
    it('make many volumes and clones, each of them once', async () => {
      const vol = await pool.createVolXML(volXML({ name: 'v' }));
      await write('v', 'content');
      const names = Array.from({ length: 12 }, (_, i) => `clone-${String(i)}`);
      const results = await Promise.allSettled(
        [...names, ...names].map((name) => pool.createVolXMLFrom(volXML({ name }), vol)),
      );
      const failed = results.filter((result) => result.status === 'rejected');
      expect(failed).toHaveLength(names.length);
      for (const { reason } of failed) {
        expect(reason).toHaveProperty('message', expect.stringMatching(/'clone-\d+' (already in use|exists already)/));
      }
      expect((await pool.listVolumes()).sort()).toEqual([...names, 'v'].sort());
      expect(names.map(read)).toEqual(names.map(() => 'content'));
    });

    it('delete a volume while it is cloned: the one or the other', async () => {
      const vol: StorageVol = await pool.createVolXML(
        volXML({ name: 'v', capacity: 64n * MiB, allocation: 64n * MiB }),
      );
      const [cloned, deleted] = await Promise.allSettled([
        pool.createVolXMLFrom(volXML({ name: 'copy', capacity: 64n * MiB }), vol),
        vol.delete(),
      ]);
      const rest = (await pool.listVolumes()).sort();
      if (deleted.status === 'rejected') {
        expect(deleted.reason).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
        expect([cloned.status, rest]).toEqual(['fulfilled', ['copy', 'v']]);
      } else {
        expect(rest).toEqual(cloned.status === 'fulfilled' ? ['copy'] : []);
      }
    });
  });
});
