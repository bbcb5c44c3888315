import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Connection, type Job, type StorageVol, type TransferOptions } from '../lib/index.js';
import { native } from '../lib/native.js';
import { collectGarbage, failure, failures, Scratch } from './helpers.js';
import { diesOfFailedWrite, eventually } from './libvirtd-helpers.js';
import { collect, MiB, openFiles, sum, Volumes } from './libvirtd-streams-helpers.js';
import { describeWithTestbed } from './testbed/index.js';
import { itUnless } from './versions.js';

jest.setTimeout(120_000);

const scratch = new Scratch();
afterAll(() => {
  scratch.remove();
});

describeWithTestbed('volumes and their bytes', (bed) => {
  let connection: Connection;
  let volumes: Volumes;
  const { directory } = Volumes;

  beforeEach(async () => {
    connection = await Connection.open(bed().uri);
    volumes = await Volumes.create(bed(), connection);
  });
  afterEach(async () => {
    await volumes.remove();
    await connection.close();
  });

  const make = (name: string, bytes: number): Promise<StorageVol> => volumes.make(name, bytes);
  const pathOf = (name: string): string => volumes.pathOf(name);
  const bytesOf = (name: string): Buffer => volumes.bytesOf(name);
  const blocksOf = (path: string): number => statSync(path).blocks * 512;
  /** A volume of random bytes. */
  const filled = async (name: string, bytes: number): Promise<[StorageVol, Buffer]> => {
    const data = randomBytes(bytes);
    return [await volumes.filled(name, data), data];
  };
  /** One that takes no room, and is so large that no transfer of it ends by itself before it is told to. */
  const endless = (name: string): Promise<StorageVol> => make(name, 64 * 1024 * MiB);

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

  const longer = () => Readable.from([randomBytes(3000)]);

  itUnless(diesOfFailedWrite, 'go no further than the length', async () => {
    const vol = await make('v', 1000);
    const writing = pipeline(longer(), vol.createWriteStream({ length: 1000 }));
    expect(await failure(writing)).toMatchObject({
      code: 'VIR_ERR_SYSTEM_ERROR',
      operation: expect.stringMatching(/^virStream(Send|Finish)$/),
      message: expect.stringContaining('No space left on device'),
    });
    expect(bytesOf('v')).toHaveLength(1000);
    await vol.delete();
  });

  it('make a file larger where there is no length', async () => {
    const vol = await make('v', 1000);
    await pipeline(longer(), vol.createWriteStream());
    expect(bytesOf('v')).toHaveLength(3000);
    expect(await vol.getInfo()).toMatchObject({ capacity: 3000n });
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
    expect(seen.at(-1)).toBe(BigInt(data.length));
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

  itUnless(diesOfFailedWrite, 'find a full disk, and say so', async () => {
    await bed().run('mkdir', ['-p', `${directory}-small`]);
    await bed().run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', `${directory}-small`]);
    const small = await connection.createStoragePoolXML(
      `<pool type='dir'><name>small</name><target><path>${directory}-small</path></target></pool>`,
    );
    const vol = await volumes.make('v', 64 * MiB, small);
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
    await small.destroy();
    await bed().run('umount', [`${directory}-small`]);
    // The other side's disk.
    const [big] = await filled('big', 8 * MiB);
    expect(await failure(big.downloadTo('/dev/full'))).toEqual(expected);
    await big.delete();
  });

  it('are let go when a transfer is aborted or ends, so that the volume can be deleted at once', async () => {
    const files = openFiles();
    collectGarbage();
    const { handles } = native.runtime.stats();
    const cut = jest.spyOn(native.runtime, 'cut');
    for (let round = 0; round < 3; round++) {
      const reading = await endless('r');
      const stream = reading.createReadStream();
      await once(stream, 'readable');
      stream.destroy();
      await once(stream, 'close');
      await reading.delete();

      // Before it has taken all that was written.
      const writing = await make('w', 256 * MiB);
      const writer = writing.createWriteStream();
      const written = new Promise((resolve) => writer.write(Buffer.alloc(256 * MiB), resolve));
      while (blocksOf(pathOf('w')) === 0) await new Promise(setImmediate);
      const reason = new Error('enough');
      const failed = once(writer, 'error');
      writer.destroy(reason);
      expect(await failed).toEqual([reason]);
      expect(await written).toBeInstanceOf(Error);
      await writing.delete();

      for (const [name, begin] of transfers()) {
        const vol = await endless('t');
        const began = new EventEmitter();
        const progress = once(began, 'progress');
        const job = begin(vol, { onProgress: () => began.emit('progress') });
        await progress;
        await job.abort();
        expect([name, await failure(job)]).toMatchObject([name, { code: 'VIR_ERR_OPERATION_ABORTED' }]);
        await vol.delete();
      }
    }
    // All of it by asking the daemon.
    expect(cut).not.toHaveBeenCalled();
    cut.mockRestore();
    await eventually('handles', () => {
      collectGarbage();
      return Promise.resolve(native.runtime.stats().handles <= handles + 12);
    });
    await eventually('files', () => Promise.resolve(openFiles() <= files));
  });

  it('can be deleted as soon as a transfer has ended, in each direction', async () => {
    const file = scratch.file('source');
    writeFileSync(file, Buffer.concat([randomBytes(MiB), Buffer.alloc(8 * MiB), randomBytes(MiB)]));
    const ways: Record<string, (vol: StorageVol, sparse: boolean) => Promise<unknown>> = {
      up: (vol, sparse) => vol.uploadFrom(file, { sparse }),
      down: (vol, sparse) => vol.downloadTo(scratch.file('target'), { sparse }),
      write: (vol, sparse) => pipeline(Readable.from([readFileSync(file)]), vol.createWriteStream({ sparse })),
      read: (vol, sparse) => collect(vol.createReadStream({ sparse })),
    };
    for (const sparse of [false, true]) {
      for (const [way, run] of Object.entries(ways)) {
        const vol = await make(`${way}-${String(sparse)}`, 10 * MiB);
        await run(vol, sparse);
        await vol.delete();
      }
    }
  });

  /** Both directions, without an end of their own. */
  function transfers(): [string, (vol: StorageVol, options: TransferOptions) => Job<bigint>][] {
    return [
      ['down', (vol, options) => vol.downloadTo('/dev/null', options)],
      ['up', (vol, options) => vol.uploadFrom('/dev/zero', options)],
    ];
  }

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
    await vol.delete();
    for (const [, begin] of transfers()) {
      const large = await endless('t');
      const listener = new AbortController();
      const onProgress = () => {
        listener.abort(new Error('job'));
      };
      const aborted = { name: 'LibvirtError', code: 'VIR_ERR_OPERATION_ABORTED' };
      expect(await failure(begin(large, { signal: listener.signal, onProgress }))).toMatchObject(aborted);
      const throwing = () => {
        throw new Error('a listener');
      };
      expect(await failure(begin(large, { onProgress: throwing }))).toMatchObject({ message: 'a listener' });
      expect(await failure(begin(large.with({ timeout: 200 }), {}))).toMatchObject({ code: 'ERR_LIBVIRT_TIMEOUT' });
      await large.delete();
    }
  });

  describe('end when the connection', () => {
    /** Everything that may be under way on a connection, once it is; what each ends with. */
    const begin = async (of: Connection): Promise<Promise<unknown>[]> => {
      const vols = await Promise.all(['r', 'down', 'up'].map((name) => endless(name)));
      const [r, ...others] = await Promise.all(vols.map((vol) => of.lookupStorageVolByKey(vol.key)));
      const stream = r?.createReadStream() as Readable;
      await once(stream, 'readable');
      const ends = [once(stream, 'error').then(([error]) => error as unknown)];
      for (const [i, [, start]] of transfers().entries()) {
        const began = new EventEmitter();
        const progress = once(began, 'progress');
        ends.push(failure(start(others[i] as StorageVol, { onProgress: () => began.emit('progress') })));
        await progress;
      }
      return ends;
    };

    it('is closed', async () => {
      const other = await Connection.open(bed().uri);
      const ends = await begin(other);
      const [seen] = await (await other.lookupStoragePoolByName('bytes')).listAllVolumes();
      const cut = jest.spyOn(native.runtime, 'cut');
      await other.close();
      expect(await Promise.all(ends)).toMatchObject(Array(3).fill({ code: 'ERR_LIBVIRT_CLOSED' }));
      expect(cut).not.toHaveBeenCalled();
      cut.mockRestore();
      expect(await failure(collect((seen as StorageVol).createReadStream()))).toMatchObject({
        code: 'ERR_LIBVIRT_CLOSED',
      });
    });

    // The daemon, once it goes on, has nobody any more to whom it could say that the upload ended.
    itUnless(diesOfFailedWrite, 'is lost', async () => {
      const losing = await Connection.open(bed().uri, { keepAlive: { interval: 1, count: 2 } });
      const ends = await begin(losing);
      await bed().libvirtd.suspend();
      const errors = await Promise.all(ends);
      bed().libvirtd.kill('SIGCONT');
      expect(errors).toMatchObject(Array(3).fill({ code: 'ERR_LIBVIRT_DISCONNECTED' }));
      await losing.close();
    });
  });
});
