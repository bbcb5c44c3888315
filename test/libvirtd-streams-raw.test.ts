import { randomBytes } from 'node:crypto';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Connection,
  StorageVolDownloadFlags,
  StorageVolUploadFlags,
  StreamEventType,
  StreamFlags,
  StreamRecvFlagsValues,
} from '../lib/index.js';
import { native } from '../lib/native.js';
import type { virConnect, virStorageVol, virStream } from '../lib/native-types.js';
import { collectGarbage, failure, thrown } from './helpers.js';
import { eventually } from './libvirtd-helpers.js';
import { MiB, sum, Volumes } from './libvirtd-streams-helpers.js';
import { describeWithTestbed } from './testbed/index.js';

jest.setTimeout(120_000);

const { READABLE, WRITABLE } = StreamEventType;

describeWithTestbed('streams by the names of C', (bed) => {
  let connection: Connection;
  let conn: virConnect;
  let volumes: Volumes;

  beforeEach(async () => {
    connection = await Connection.open(bed().uri, { keepAlive: false });
    conn = connection.link.handle;
    volumes = await Volumes.create(bed(), connection);
  });
  afterEach(async () => {
    bed().libvirtd.kill('SIGCONT'); // of a test that failed while it stood
    await volumes.remove();
    await connection.close();
  });

  const lookup = (name: string): Promise<virStorageVol> =>
    native.virStorageVolLookupByPath(conn, `${Volumes.directory}/${name}`);
  /** A stream that gives a volume's bytes. */
  const download = async (name: string, streamFlags: number, flags = 0): Promise<virStream> => {
    const stream = native.virStreamNew(conn, streamFlags);
    await native.virStorageVolDownload(await lookup(name), stream, 0, 0, flags);
    return stream;
  };

  it('holes are received and sent as such', async () => {
    const [first, last] = [randomBytes(MiB), randomBytes(MiB)];
    const vol = await volumes.filled('v', first);
    truncateSync(volumes.pathOf('v'), 63 * MiB);
    writeFileSync(volumes.pathOf('v'), last, { flag: 'a' });
    const whole = sum(volumes.bytesOf('v'));

    const stream = await download('v', 0, StorageVolDownloadFlags.SPARSE_STREAM);
    const parts: (Buffer | bigint)[] = [];
    for (;;) {
      const got = await native.virStreamRecvFlags(stream, MiB, StreamRecvFlagsValues.STOP_AT_HOLE);
      if (got === -3) parts.push(await native.virStreamRecvHole(stream, 0));
      else if (got === -2) throw new Error('a stream that waits');
      else if (got.length === 0) break;
      else parts.push(got);
    }
    await native.virStreamFinish(stream);
    expect(parts.filter((part) => typeof part === 'bigint')).toEqual([BigInt(62 * MiB)]);
    const bytes = parts.filter((part) => typeof part === 'object');
    expect(sum(Buffer.concat(bytes))).toBe(sum(Buffer.concat([first, last])));

    await volumes.make('copy', 64 * MiB);
    const back = native.virStreamNew(conn, 0);
    await native.virStorageVolUpload(await lookup('copy'), back, 0, 0, StorageVolUploadFlags.SPARSE_STREAM);
    for (const part of parts) {
      if (typeof part === 'bigint') await native.virStreamSendHole(back, part, 0);
      else for (let at = 0; at < part.length;) at += await native.virStreamSend(back, part.subarray(at));
    }
    await native.virStreamFinish(back);
    expect(sum(volumes.bytesOf('copy'))).toBe(whole);
    await vol.delete();
  });

  it('who does not want to wait gets -2, and is told when there is something', async () => {
    // More than comes before the daemon stands, on a busy machine, too.
    const data = randomBytes(128 * MiB);
    await volumes.filled('v', data);
    const stream = await download('v', StreamFlags.NONBLOCK);
    const got: Buffer[] = [];
    let over = false;
    /** Takes what there is. */
    const drain = async (): Promise<void> => {
      for (;;) {
        const piece = await native.virStreamRecv(stream, MiB);
        if (piece === -2) return;
        if (piece.length === 0) {
          over = true;
          return;
        }
        got.push(piece);
      }
    };
    // What libvirt has read by then is all that there is until the daemon goes on.
    await bed().libvirtd.suspend();
    await drain();
    expect(over).toBe(false);
    expect(await native.virStreamRecv(stream, MiB)).toBe(-2);

    const told: number[] = [];
    native.virStreamEventAddCallback(stream, READABLE, (events) => told.push(events));
    expect(thrown(() => { native.virStreamEventAddCallback(stream, READABLE, () => undefined); })).toMatchObject({ operation: 'virStreamEventAddCallback' }); // prettier-ignore
    bed().libvirtd.kill('SIGCONT');
    await eventually('it is told', () => Promise.resolve(told.length > 0));
    expect(new Set(told)).toEqual(new Set([READABLE]));

    native.virStreamEventUpdateCallback(stream, 0);
    await turn();
    let count = told.length;
    const received = got.length;
    await eventually('something comes', async () => {
      await drain();
      return got.length > received;
    });
    expect(told.length).toBeLessThanOrEqual(count + 1); // one may have been on its way
    // What has come meanwhile, or the end, is told again.
    native.virStreamEventUpdateCallback(stream, READABLE);
    await eventually('it is told', () => Promise.resolve(told.length > count));

    native.virStreamEventRemoveCallback(stream);
    await turn();
    count = told.length;
    await eventually('the end', async () => {
      await drain();
      return over;
    });
    expect(told.length).toBeLessThanOrEqual(count + 1); // one may have been on its way
    expect(thrown(() => { native.virStreamEventRemoveCallback(stream); })).toMatchObject({ operation: 'virStreamEventRemoveCallback' }); // prettier-ignore
    await native.virStreamFinish(stream);
    expect(sum(Buffer.concat(got))).toBe(sum(data));
  });

  it('one that can be written to says so', async () => {
    await volumes.make('v', MiB);
    const stream = native.virStreamNew(conn, StreamFlags.NONBLOCK);
    await native.virStorageVolUpload(await lookup('v'), stream, 0, 0, 0);
    const events = await new Promise<number>((resolve) => {
      native.virStreamEventAddCallback(stream, WRITABLE, resolve);
    });
    expect(events).toBe(WRITABLE);
    native.virStreamEventRemoveCallback(stream);
    expect(await native.virStreamSend(stream, Buffer.from('abc'))).toBe(3);
    await native.virStreamFinish(stream);
    expect(readFileSync(volumes.pathOf('v')).subarray(0, 3).toString()).toBe('abc');
  });

  it('one that is dropped with a callback is collected, and the volume is free', async () => {
    await volumes.filled('v', randomBytes(8 * MiB));
    collectGarbage();
    const { handles } = native.runtime.stats();
    for (let i = 0; i < 20; i++) {
      const stream = await download('v', StreamFlags.NONBLOCK);
      native.virStreamEventAddCallback(stream, READABLE, () => undefined);
    }
    await eventually('handles', async () => {
      collectGarbage();
      await turn();
      return native.runtime.stats().handles <= handles + 4;
    });
    await (await connection.lookupStorageVolByPath(`${Volumes.directory}/v`)).delete();
  });

  describe('one of another connection', () => {
    it('is refused', async () => {
      await using other = await Connection.open(bed().uri);
      await volumes.filled('v', randomBytes(10));
      const vol = await lookup('v');
      const stream = native.virStreamNew(other.link.handle, 0);
      const refused = { code: 8, message: 'invalid argument: the stream is of another connection' };
      expect(await failure(native.virStorageVolDownload(vol, stream, 0, 0, 0))).toMatchObject(refused);
      expect(await failure(native.virStorageVolUpload(vol, stream, 0, 0, 0))).toMatchObject(refused);
    });
  });
});
