import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { closeSync, constants, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Connection, type TransferOptions, type TransferProgress } from '../lib/index.js';
import { failure, Scratch } from './helpers.js';
import { collect, MiB, sum, Volumes } from './libvirtd-streams-helpers.js';
import { describeWithTestbed } from './testbed/index.js';
import { collect as collectProcess } from './testbed/process.js';

jest.setTimeout(120_000);

const root = path.join(__dirname, '..');
const scratch = new Scratch();
afterAll(() => {
  scratch.remove();
});

describeWithTestbed('volumes and files of this machine', (bed) => {
  let connection: Connection;
  let volumes: Volumes;
  beforeEach(async () => {
    connection = await Connection.open(bed().uri);
    volumes = await Volumes.create(bed(), connection);
  });
  afterEach(async () => {
    await volumes.remove();
    await connection.close();
  });

  describe('a pipe', () => {
    let pipe: string;
    let end: number;
    let pipes = 0;
    // One for each test: a thread that was left at the one before may have that open for a moment more.
    beforeEach(() => {
      pipe = scratch.file(`pipe-${++pipes}`);
      execFileSync('mkfifo', [pipe]);
      end = openSync(pipe, constants.O_RDWR);
    });
    afterEach(() => {
      closeSync(end);
    });

    /** A transfer that has come to where the pipe stops it. */
    const stuck = async (of: Connection, direction: 'down' | 'up') => {
      const vol = await volumes.filled('stuck', randomBytes(16 * MiB));
      const seen = await of.lookupStorageVolByKey(vol.key);
      let begun: () => void = () => undefined;
      const progress = new Promise<void>((resolve) => (begun = resolve));
      const job =
        direction === 'down'
          ? seen.downloadTo(pipe, { onProgress: begun })
          : seen.uploadFrom(pipe, { onProgress: begun });
      if (direction === 'up') writeSync(end, 'something');
      await progress;
      return { job };
    };

    it.each(['down', 'up'] as const)('that nobody serves holds up no abort: %s', async (direction) => {
      const { job } = await stuck(connection, direction);
      const failed = failure(job);
      await job.abort();
      expect(await failed).toMatchObject({ code: 'VIR_ERR_OPERATION_ABORTED' });
    });

    it.each(['down', 'up'] as const)('that nobody serves holds up no closing: %s', async (direction) => {
      const other = await Connection.open(bed().uri);
      const failed = failure((await stuck(other, direction)).job);
      await other.close();
      expect(await failed).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
    });

    it('is written into a volume, and its length is known at the end', async () => {
      const vol = await volumes.make('v', 6);
      const seen: TransferProgress[] = [];
      const news = new EventEmitter();
      const read = once(news, 'progress');
      const writer = spawn('sh', ['-c', `printf abcdef > '${pipe}'`]);
      const job = vol.uploadFrom(pipe, {
        onProgress: (progress) => {
          seen.push(progress);
          news.emit('progress');
        },
      });
      // The pipe's end comes when nobody has it open to write. What nobody has open to read is lost, and so has to be read.
      await Promise.all([once(writer, 'exit'), read]);
      closeSync(end);
      expect(await job).toBe(6n);
      end = openSync(pipe, constants.O_RDWR);
      expect(seen[0]).toEqual({ bytes: 6n, total: null });
      expect(seen.at(-1)).toEqual({ bytes: 6n, total: 6n });
      expect(volumes.bytesOf('v').toString()).toBe('abcdef');
    });

    it('is read from a volume', async () => {
      const data = randomBytes(10_000);
      const vol = await volumes.filled('v', data);
      await vol.downloadTo(pipe);
      const got = Buffer.alloc(data.length);
      expect(readSync(end, got)).toBe(data.length);
      expect(sum(got)).toBe(sum(data));
    });
  });

  it('totals are those of what is moved', async () => {
    const data = randomBytes(3 * MiB);
    const vol = await volumes.filled('v', data);
    const file = scratch.file('part');
    const down = async (options: TransferOptions) => {
      const totals = new Set<bigint | null>();
      const bytes = await vol.downloadTo(file, { ...options, onProgress: ({ total }) => totals.add(total) });
      expect([...totals]).toEqual([bytes]);
      return bytes;
    };
    expect(await down({})).toBe(BigInt(3 * MiB));
    expect(await down({ offset: MiB })).toBe(BigInt(2 * MiB));
    expect(await down({ offset: MiB, length: 5 })).toBe(5n);
    expect(await down({ offset: MiB, length: 5 * MiB })).toBe(BigInt(2 * MiB));
    expect(await down({ offset: 5 * MiB })).toBe(0n);
    expect(readFileSync(file)).toHaveLength(0);
  });

  it('what the file system says is a failure of what was called', async () => {
    const vol = await volumes.filled('v', randomBytes(MiB));
    expect(await failure(vol.downloadTo('/dev/full'))).toMatchObject({
      operation: 'virStorageVolDownload',
      message: expect.stringContaining('No space left on device'),
    });
    expect(await failure(vol.uploadFrom('/proc/self/mem'))).toMatchObject({
      operation: 'virStorageVolUpload',
      message: expect.stringContaining('Input/output error'),
    });
  });

  it('what the file system says when the file is closed is a failure', async () => {
    const library = scratch.file('late.so');
    const source = `#define _GNU_SOURCE
      #include <dlfcn.h>
      #include <errno.h>
      #include <stdio.h>
      #include <string.h>
      #include <unistd.h>
      /* Finds no room for what was written only when the file is closed, as a file system of another machine may. */
      int close(int fd) {
        char link[64], name[256] = "";
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        int late = readlink(link, name, sizeof name - 1) > 0 && strstr(name, "late-file") != NULL;
        int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "close");
        int result = real(fd);
        if (late) errno = ENOSPC;
        return late ? -1 : result;
      }`;
    writeFileSync(scratch.file('late.c'), source);
    execFileSync(process.env['CC'] ?? 'cc', ['-shared', '-fPIC', '-o', library, scratch.file('late.c'), '-ldl']);
    await volumes.filled('v', randomBytes(MiB));
    const program = `const { Connection } = require('./dist/index.js');
      (async () => { const c = await Connection.open(${JSON.stringify(bed().uri)});
      const vol = await c.lookupStorageVolByPath('${Volumes.directory}/v');
      const error = await vol.downloadTo(${JSON.stringify(scratch.file('late-file'))}).catch((error) => error);
      console.log(error.message); await c.close(); })();`;
    // After what is preloaded already: a sanitizer wants to be the first.
    const env = { ...process.env, LD_PRELOAD: `${process.env['LD_PRELOAD'] ?? ''} ${library}` };
    const child = spawn(process.execPath, ['-e', program], { cwd: root, env });
    const { stdout, stderr } = await collectProcess(child, 'a client', 60_000);
    expect({ stdout, stderr }).toEqual({ stdout: 'cannot write the file: No space left on device\n', stderr: '' });
  });

  it('little data between holes takes little memory while JavaScript is busy', async () => {
    // 4 MiB of data, which is what may come ahead, in pieces of 4 KiB.
    const count = 1024;
    const vol = await volumes.make('v', count * 64 * 1024);
    const file = openSync(volumes.pathOf('v'), 'r+');
    const piece = randomBytes(4096);
    for (let i = 0; i < count; i++) writeSync(file, piece, 0, piece.length, i * 64 * 1024);
    closeSync(file);
    const address = () => Number(/VmSize:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
    const stream = vol.createReadStream({ sparse: true });
    const begun = new Promise((resolve) => stream.once('readable', resolve));
    const before = address();
    await begun;
    // What comes meanwhile waits in the addon; it is all there when the number of bytes does not grow any more.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    expect(address() - before).toBeLessThan(256 * MiB);
    const data = await collect(stream);
    expect(data.length).toBe(count * 64 * 1024);
    const expected = Buffer.alloc(data.length);
    for (let i = 0; i < count; i++) piece.copy(expected, i * 64 * 1024);
    expect(sum(data)).toBe(sum(expected));
  });
});
