import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import type { CallOptions } from '../lib/limits.js';
import type { TransferProgress } from '../lib/stream-options.js';
import type { StreamSession } from '../lib/stream-session.js';
import { native } from '../lib/native.js';
import { type Transfer, transfer } from '../lib/transfer.js';
import { VolumeReadStream, VolumeWriteStream } from '../lib/volume-streams.js';
import { failure, Scratch } from './helpers.js';

const scratch = new Scratch();
const file = scratch.file('bytes');
writeFileSync(file, Buffer.alloc(100));
afterAll(() => {
  scratch.remove();
});

/** A stream that goes as a test says: what its calls give, in turn. */
class FakeSession {
  readonly ended: string[] = [];
  readonly #results: unknown[];

  constructor(...results: unknown[]) {
    this.#results = results;
  }

  call = (): Promise<unknown> => Promise.resolve(this.#results.shift());
  work = this.call;
  finish = (): Promise<void> => {
    this.ended.push('finished');
    return Promise.resolve();
  };
  abort = (): Promise<void> => {
    this.ended.push('aborted');
    return Promise.resolve();
  };
  asReal(): StreamSession {
    return this as unknown as StreamSession;
  }
}

const work = (changes: Partial<Transfer>): Transfer => ({
  operation: 'virStorageVolUpload',
  path: file,
  mode: 'r',
  sparse: false,
  options: {},
  check: () => undefined,
  onProgress: undefined,
  begin: () => Promise.resolve(new FakeSession(100n).asReal()),
  total: () => Promise.resolve(100n),
  ...changes,
});

/** The bytes that a pump tells of on its way. */
const pumping = (result: bigint | null, ...told: bigint[]) => {
  const session = new FakeSession();
  session.work = ((_: string, run: (stream: never) => unknown) => run(undefined as never)) as () => Promise<unknown>;
  const pump = jest.spyOn(native.runtime, 'pumpFrom').mockImplementation((_stream, _file, _sparse, progress) => {
    for (const bytes of told) progress?.(bytes);
    return Promise.resolve(result);
  });
  return { session, pump, begin: () => Promise.resolve(session.asReal()) };
};

describe('a transfer', () => {
  const seen: TransferProgress[] = [];
  const onProgress = (progress: TransferProgress) => seen.push(progress);

  it('tells the end once, whether or not the pump could', async () => {
    for (const told of [[40n], [40n, 100n], []]) {
      seen.length = 0;
      const { pump, begin } = pumping(100n, ...told);
      const job = transfer(work({ begin, onProgress }));
      expect(await job).toBe(100n);
      expect(seen.filter(({ bytes }) => bytes === 100n)).toEqual([{ bytes: 100n, total: 100n }]);
      expect(seen.at(-1)).toEqual({ bytes: 100n, total: 100n });
      expect(await job.statistics()).toMatchObject({ total: 100n, processed: 100n, percentage: 100 });
      pump.mockRestore();
    }
  });

  it('that was not known before has its total at the end', async () => {
    seen.length = 0;
    const { pump, begin } = pumping(100n, 40n, 100n);
    await transfer(work({ begin, onProgress, total: () => Promise.resolve(null) }));
    expect(seen).toEqual([
      { bytes: 40n, total: null },
      { bytes: 100n, total: null },
      { bytes: 100n, total: 100n },
    ]);
    pump.mockRestore();
  });

  it('fails with what its listener throws, also when all has arrived', async () => {
    for (const bad of [40n, 100n]) {
      const { session, pump, begin } = pumping(100n, 40n);
      const listener = ({ bytes }: TransferProgress) => {
        if (bytes === bad) throw new Error('a listener');
      };
      expect(await failure(transfer(work({ begin, onProgress: listener })))).toMatchObject({ message: 'a listener' });
      expect(session.ended).toContain('aborted');
      pump.mockRestore();
    }
  });

  it('that is aborted in the moment in which the stream has begun moves nothing', async () => {
    const { session, pump } = pumping(100n);
    let begun: () => void = () => undefined;
    const beginning = new Promise<void>((resolve) => (begun = resolve));
    const job = transfer(
      work({
        begin: async ({ signal }: CallOptions) => {
          begun();
          // The opening has succeeded when the abort comes.
          await new Promise((resolve) => signal?.addEventListener('abort', resolve));
          return session.asReal();
        },
      }),
    );
    await beginning;
    const failed = failure(job);
    await job.abort();
    expect(await failed).toMatchObject({ code: 'VIR_ERR_OPERATION_ABORTED' });
    expect(pump).not.toHaveBeenCalled();
    expect(session.ended).toEqual(['aborted']);
    pump.mockRestore();
  });

  it('that the other side ends early is a failure', async () => {
    const { session, pump, begin } = pumping(null, 40n);
    expect(await failure(transfer(work({ begin })))).toMatchObject({
      code: 'VIR_ERR_OPERATION_FAILED',
      operation: 'virStorageVolUpload',
      message: expect.stringContaining('before everything was sent'),
    });
    expect(session.ended).toEqual(['finished', 'aborted']);
    pump.mockRestore();
  });
});

describe('a stream of a volume', () => {
  it('that the other side ends early fails, and sends nothing twice', async () => {
    const session = new FakeSession(false);
    const stream = new VolumeWriteStream(() => Promise.resolve(session.asReal()), false, undefined);
    const failed = new Promise((resolve) => stream.once('error', resolve));
    stream.end(Buffer.alloc(10));
    expect(await failed).toMatchObject({ code: 'VIR_ERR_OPERATION_FAILED', operation: 'virStreamSend' });
    expect(session.ended).toEqual(['finished', 'aborted']);
  });

  /** One that opens until it is given up. */
  const opening = (signals: AbortSignal[]) => (signal: AbortSignal) => {
    signals.push(signal);
    return new Promise<StreamSession>((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  };
  const kinds = { VolumeReadStream, VolumeWriteStream };

  it.each(Object.entries(kinds))('%s: destroyed before it is open has no error of its own', async (_, Kind) => {
    for (const reason of [undefined, new Error('enough')]) {
      const signals: AbortSignal[] = [];
      const stream = new Kind(opening(signals), false, undefined);
      const errors: unknown[] = [];
      stream.on('error', (error) => errors.push(error));
      await new Promise(setImmediate);
      const closed = new Promise<void>((resolve) => stream.once('close', resolve));
      stream.destroy(reason);
      await closed;
      expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
      expect(errors).toEqual(reason === undefined ? [] : [reason]);
    }
  });

  it.each(Object.entries(kinds))('%s: opens nothing when it was destroyed at once', async (_, Kind) => {
    const reason = new Error('no');
    const signals: AbortSignal[] = [];
    const streams = [new Kind(opening(signals), false, AbortSignal.abort(reason)), new Kind(opening(signals), false, undefined)]; // prettier-ignore
    const errors: unknown[] = [];
    const closed = streams.map((stream) => new Promise<void>((resolve) => stream.once('close', resolve)));
    for (const stream of streams) stream.on('error', (error) => errors.push(error));
    streams[1]?.destroy();
    await Promise.all(closed);
    expect(signals).toEqual([]);
    expect(errors).toEqual([reason]);
  });
});
