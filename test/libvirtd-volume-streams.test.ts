import { createHash, randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Connection, type StoragePool, StoragePoolCreateFlags, type StorageVol } from '../lib/index.js';
import { native } from '../lib/native.js';
import { failure, failures, Scratch } from './helpers.js';
import { diesOfFailedWrite, eventually } from './libvirtd-helpers.js';
import { describeWithTestbed } from './testbed/index.js';
import { itUnless } from './versions.js';

jest.setTimeout(120_000);

const MiB = 1024 * 1024;
const scratch = new Scratch();
afterAll(() => {
  scratch.remove();
});

const sum = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
const openFiles = (): number => readdirSync('/proc/self/fd').length;

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describeWithTestbed('volumes and their bytes', (bed) => {
  let connection: Connection;
  let pool: StoragePool;
  const directory = '/var/lib/libvirt/bytes';

  beforeEach(async () => {
    connection = await Connection.open(bed().uri);
    pool = await connection.createStoragePoolXML(
      `<pool type='dir'><name>bytes</name><target><path>${directory}</path></target></pool>`,
      StoragePoolCreateFlags.WITH_BUILD,
    );
  });
  afterEach(async () => {
    for (const one of await connection.listAllStoragePools()) await one.destroy();
    await bed().exec('umount', [`${directory}-small`]);
    await bed().run('rm', ['-rf', directory]);
    await connection.close();
  });

  const make = (name: string, bytes: number, where = pool): Promise<StorageVol> =>
    where.createVolXML(
      `<volume><name>${name}</name><capacity>${String(bytes)}</capacity><allocation>0</allocation></volume>`,
    );
  const pathOf = (name: string): string => bed().pathOf(`${directory}/${name}`);
  const bytesOf = (name: string): Buffer => readFileSync(pathOf(name));
  const blocksOf = (path: string): number => statSync(path).blocks * 512;
  /** A volume of random bytes. */
  const filled = async (name: string, bytes: number): Promise<[StorageVol, Buffer]> => {
    const vol = await make(name, bytes);
    const data = randomBytes(bytes);
    writeFileSync(pathOf(name), data);
    return [vol, data];
  };

  describe('what is refused', () => {
    it.each([
      ['an offset that is none', { offset: 'x' as unknown as number }, 'TypeError'],
      ['an offset below 0', { offset: -1 }, 'RangeError'],
      ['half a byte', { length: 0.5 }, 'RangeError'],
      ['too many bytes', { length: 2n ** 64n }, 'RangeError'],
      ['sparse that is no boolean', { sparse: 1 as unknown as boolean }, 'TypeError'],
    ])('%s', async (_, options, name) => {
      const vol = await make('v', MiB);
      expect(await failure(collect(vol.createReadStream(options)))).toMatchObject({ name });
      const writer = vol.createWriteStream(options);
      expect(await failure(pipeline(Readable.from([Buffer.alloc(1)]), writer))).toMatchObject({ name });
      expect(await failure(vol.downloadTo(scratch.file('x'), options))).toMatchObject({ name });
      expect(await failure(vol.uploadFrom(scratch.file('x'), options))).toMatchObject({ name });
    });

    it('a volume that is gone, a file that is not there', async () => {
      const vol = await make('v', MiB);
      expect(await failure(vol.uploadFrom(scratch.file('nowhere')))).toMatchObject({ code: 'ENOENT' });
      expect(await failure(vol.downloadTo('/nowhere/at/all'))).toMatchObject({ code: 'ENOENT' });
      expect(await collect(vol.createReadStream({ offset: 2 * MiB }))).toHaveLength(0);
      await vol.delete();
      for (const error of await failures([
        collect(vol.createReadStream()),
        pipeline(Readable.from([Buffer.alloc(1)]), vol.createWriteStream()),
        vol.downloadTo(scratch.file('x')),
      ])) {
        expect(error).toMatchObject({ name: 'LibvirtError', code: 'VIR_ERR_NO_STORAGE_VOL' });
      }
    });

    it('writing on a connection that may only look', async () => {
      const [vol, data] = await filled('v', MiB);
      await using looker = await Connection.open(bed().uriFor('qemu', '/system', bed().readOnlySocket), {
        readOnly: true,
      });
      const seen = await looker.lookupStorageVolByKey(vol.key);
      const writing = pipeline(Readable.from([Buffer.alloc(1)]), seen.createWriteStream());
      expect(await failure(writing)).toMatchObject({ code: 'VIR_ERR_OPERATION_DENIED' });
      expect(sum(bytesOf('v'))).toBe(sum(data));
    });
  });

  it('are read as they are, whole and in part', async () => {
    const [vol, data] = await filled('v', 5 * MiB + 12_345);
    expect(sum(await collect(vol.createReadStream()))).toBe(sum(data));
    expect(sum(await collect(vol.createReadStream({ offset: 1_000_001n })))).toBe(sum(data.subarray(1_000_001)));
    const part = vol.createReadStream({ offset: 77, length: 3 * MiB });
    expect(sum(await collect(part))).toBe(sum(data.subarray(77, 77 + 3 * MiB)));
    await vol.delete();
  });

  it('are written as they are, whole and in part', async () => {
    const vol = await make('v', 5 * MiB);
    const data = randomBytes(5 * MiB);
    await pipeline(Readable.from([data.subarray(0, 3), data.subarray(3)]), vol.createWriteStream());
    expect(sum(bytesOf('v'))).toBe(sum(data));
    const patch = randomBytes(10_000);
    await pipeline(Readable.from([patch]), vol.createWriteStream({ offset: MiB, length: patch.length }));
    patch.copy(data, MiB);
    expect(sum(bytesOf('v'))).toBe(sum(data));
    await vol.delete();
  });

  it('go into files and come out of them, with progress', async () => {
    const [vol, data] = await filled('v', 20 * MiB);
    const file = scratch.file('down');
    const seen: bigint[] = [];
    const job = vol.downloadTo(file, {
      onProgress: ({ bytes, total }) => {
        expect(total).toBe(BigInt(data.length));
        seen.push(bytes);
      },
    });
    expect(await job).toBe(BigInt(data.length));
    expect(sum(readFileSync(file))).toBe(sum(data));
    expect(seen.length).toBeGreaterThan(1);
    expect(seen).toEqual([...seen].sort((a, b) => Number(a - b)));
    const other = await make('w', data.length);
    const upload = other.uploadFrom(file);
    const total = BigInt(data.length);
    const percentages: (number | null)[] = [];
    for await (const progress of upload) {
      expect(progress.total).toBe(total);
      percentages.push(progress.percentage);
    }
    expect(await upload).toBe(total);
    expect(percentages.at(-1)).toBe(100);
    expect(await upload.statistics()).toMatchObject({ total, processed: total, remaining: 0n, percentage: 100 });
    await other.delete();
    await vol.delete();
  });

  it('keep their holes both ways', async () => {
    const file = scratch.file('holes');
    const data = [randomBytes(MiB), randomBytes(64 * 1024)] as const;
    const handle = await open(file, 'w');
    await handle.write(data[0], 0, data[0].length, 8 * MiB);
    await handle.write(data[1], 0, data[1].length, 40 * MiB);
    await handle.truncate(64 * MiB);
    await handle.close();
    const whole = sum(readFileSync(file));
    const vol = await make('v', 64 * MiB);
    expect(await vol.uploadFrom(file, { sparse: true })).toBe(BigInt(64 * MiB));
    expect(sum(bytesOf('v'))).toBe(whole);
    expect(blocksOf(pathOf('v'))).toBeLessThan(3 * MiB);
    const down = scratch.file('holes-down');
    expect(await vol.downloadTo(down, { sparse: true })).toBe(BigInt(64 * MiB));
    expect(sum(readFileSync(down))).toBe(whole);
    expect(blocksOf(down)).toBeLessThan(3 * MiB);
    expect(sum(await collect(vol.createReadStream({ sparse: true })))).toBe(whole);
    const copy = await make('copy', 64 * MiB);
    await pipeline(vol.createReadStream({ sparse: true }), copy.createWriteStream({ sparse: true }));
    expect(sum(bytesOf('copy'))).toBe(whole);
    expect(blocksOf(pathOf('copy'))).toBeLessThan(3 * MiB);
  });

  it('do not pile up before a reader who pauses', async () => {
    const size = 256 * MiB;
    const vol = await make('v', size);
    await bed().run('dd', ['if=/dev/zero', `of=${directory}/v`, 'bs=1M', 'count=256', 'status=none', 'conv=notrunc']);
    const stream = vol.createReadStream();
    await once(stream, 'readable');
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 20; i++) await vol.getInfo(); // the connection itself is free
    const end = performance.now() + 3000;
    while (performance.now() < end) await connection.getHostname();
    expect(process.memoryUsage.rss() - before).toBeLessThan(40 * MiB);
    let total = 0;
    for await (const chunk of stream) total += (chunk as Buffer).length;
    expect(total).toBe(size);
  });

  itUnless(diesOfFailedWrite, 'find a full disk, and say so', async () => {
    await bed().run('mkdir', ['-p', `${directory}-small`]);
    await bed().run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', `${directory}-small`]);
    const small = await connection.createStoragePoolXML(
      `<pool type='dir'><name>small</name><target><path>${directory}-small</path></target></pool>`,
    );
    const vol = await make('v', 64 * MiB, small);
    const full = { name: 'LibvirtError', code: 'VIR_ERR_SYSTEM_ERROR', message: /No space left/ };
    const expected = expect.objectContaining({ ...full, message: expect.stringMatching(full.message) });
    const chunks = function* () {
      for (let i = 0; i < 64; i++) yield Buffer.alloc(MiB, 1);
    };
    expect(await failure(pipeline(chunks(), vol.createWriteStream()))).toEqual(expected);
    const file = scratch.file('full');
    writeFileSync(file, Buffer.alloc(64 * MiB, 1));
    expect(await failure(vol.uploadFrom(file))).toEqual(expected);
    await vol.delete();
    expect(await small.listVolumes()).toEqual([]);
    // The other side's disk.
    await bed().run('true');
    const [big] = await filled('big', 8 * MiB);
    expect(await failure(big.downloadTo('/dev/full'))).toEqual(expected);
    await big.delete();
  });

  it('are let go when a transfer is aborted or ends, so that the volume can be deleted at once', async () => {
    const files = openFiles();
    const { handles } = native.runtime.stats();
    for (let round = 0; round < 3; round++) {
      const [reading] = await filled('r', 16 * MiB);
      const stream = reading.createReadStream();
      await once(stream, 'readable');
      stream.destroy();
      await once(stream, 'close');
      await reading.delete();

      const writing = await make('w', 16 * MiB);
      const writer = writing.createWriteStream();
      writer.write(Buffer.alloc(4 * MiB, 1));
      await once(writer, 'drain');
      const reason = new Error('enough');
      writer.destroy(reason);
      expect(await once(writer, 'error')).toEqual([reason]);
      await writing.delete();

      const [job] = await filled('j', 64 * MiB);
      const began = new EventEmitter();
      const download = job.downloadTo(scratch.file('j'), { onProgress: () => began.emit('progress') });
      await once(began, 'progress');
      await download.abort();
      expect(await failure(download)).toMatchObject({ code: 'VIR_ERR_OPERATION_ABORTED' });
      await job.delete();
    }
    await eventually('handles', () => Promise.resolve(native.runtime.stats().handles <= handles + 12));
    await eventually('files', () => Promise.resolve(openFiles() <= files));
  });

  it('end with a signal, before they began and later', async () => {
    const [vol] = await filled('v', 32 * MiB);
    const signal = AbortSignal.abort(new Error('before'));
    expect(await failure(collect(vol.createReadStream({ signal })))).toMatchObject({ message: 'before' });
    expect(await failure(vol.downloadTo(scratch.file('x'), { signal }))).toMatchObject({ message: 'before' });
    const controller = new AbortController();
    const stream = vol.createReadStream({ signal: controller.signal });
    await once(stream, 'readable');
    controller.abort(new Error('later'));
    expect(await failure(collect(stream))).toMatchObject({ message: 'later' });
    const listener = new AbortController();
    const job = vol.downloadTo(scratch.file('x'), {
      signal: listener.signal,
      onProgress: () => {
        listener.abort(new Error('job'));
      },
    });
    expect(await failure(job)).toMatchObject({ name: 'LibvirtError', code: 'VIR_ERR_OPERATION_ABORTED' });
    const throwing = vol.downloadTo(scratch.file('x'), {
      onProgress: () => {
        throw new Error('a listener');
      },
    });
    expect(await failure(throwing)).toMatchObject({ message: 'a listener' });
    await vol.delete();
  });

  it('end when the connection is closed, and when it is lost', async () => {
    const [vol] = await filled('v', 32 * MiB);
    const other = await Connection.open(bed().uri);
    const seen = await other.lookupStorageVolByKey(vol.key);
    const stream = seen.createReadStream();
    await once(stream, 'readable');
    const ended = once(stream, 'error');
    await other.close();
    expect((await ended)[0]).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
    expect(await failure(collect(seen.createReadStream()))).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });

    const losing = await Connection.open(bed().uri, { keepAlive: { interval: 1, count: 2 } });
    const its = (await losing.lookupStorageVolByKey(vol.key)).createReadStream();
    await once(its, 'readable');
    const lost = once(its, 'error');
    await bed().libvirtd.suspend();
    const [error] = (await lost) as [unknown];
    bed().libvirtd.kill('SIGCONT');
    expect(error).toMatchObject({ code: 'ERR_LIBVIRT_DISCONNECTED' });
    await losing.close();
  });
});
