import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ErrorNumber, Job, LibvirtError, type JobProgress } from '../lib/index.js';
import type { JobControl, JobWork } from '../lib/job.js';
import type { JobMeasure } from '../lib/job-progress.js';
import { failure } from './helpers.js';

const libvirtError = (name: keyof typeof ErrorNumber) =>
  new LibvirtError({ code: ErrorNumber[name], operation: 'virDomainSave', message: name });

/** An operation that does what the test says: it ends, reports, and answers questions. */
class Operation implements JobWork<string> {
  /** The questions that were not answered yet. */
  readonly questions: { answer: (measure: JobMeasure | null) => void; fail: (error: Error) => void }[] = [];
  asked = 0;
  end!: (error?: LibvirtError) => void;
  control!: JobControl;
  readonly run: JobWork<string>['run'];
  readonly abort = (): Promise<void> => {
    this.end(libvirtError('OPERATION_ABORTED'));
    return Promise.resolve();
  };
  final?: () => Promise<JobMeasure | null>;
  readonly ask?: () => Promise<JobMeasure | null>;
  #whenAsked: (() => void)[] = [];

  constructor({ asks }: { asks: boolean } = { asks: false }) {
    this.run = (control) => {
      this.control = control;
      return new Promise((resolve, reject) => {
        this.end = (error) => {
          if (error) reject(error);
          else resolve('saved');
        };
      });
    };
    if (!asks) return;
    this.ask = () => {
      this.asked += 1;
      for (const resolve of this.#whenAsked.splice(0)) resolve();
      return new Promise((answer, fail) => this.questions.push({ answer, fail }));
    };
  }

  /** The next question. */
  async question() {
    while (this.questions.length === 0) await new Promise<void>((resolve) => this.#whenAsked.push(resolve));
    return this.questions.shift() as (typeof this.questions)[number];
  }

  start(): Job<string> {
    return new Job({}, this);
  }
}

const upTo = (processed: bigint, more: JobMeasure = {}): JobMeasure => ({ total: 100n, processed, ...more });
const processed = ({ value }: IteratorResult<JobProgress, undefined>) => value?.processed;
const over = { done: true, value: undefined };

describe('what is reckoned of what a job tells', () => {
  const progress = async (...measures: JobMeasure[]): Promise<JobProgress[]> => {
    const operation = new Operation();
    const iterator = operation.start()[Symbol.asyncIterator]();
    const seen: JobProgress[] = [];
    for (const measure of measures) {
      const next = iterator.next();
      operation.control.report(measure);
      const { value } = await next;
      if (value) seen.push(value);
    }
    operation.end();
    return seen;
  };

  it('nothing of nothing, but the time', async () => {
    const [one] = await progress({});
    expect(one).toEqual({
      total: null,
      processed: null,
      remaining: null,
      rate: null,
      time: { elapsed: expect.any(Number), remaining: null },
      percentage: null,
      memory: null,
      disk: null,
      stats: null,
      block: null,
    });
    expect(one?.time.elapsed).toBeGreaterThanOrEqual(0);
  });

  it('rest, rate, time and percentage', async () => {
    const [first, second, third] = await progress(
      { total: 3000n, processed: 1000n, elapsed: 1000 },
      { total: 3000n, processed: 2000n, elapsed: 1500 },
      { total: 3000n, processed: 2500n, remaining: 1n, elapsed: 2000, rate: 7, left: 4 },
    );
    expect(first).toMatchObject({ remaining: 2000n, rate: null, percentage: 33.34 });
    expect(first?.time).toEqual({ elapsed: 1000, remaining: null });
    expect(second).toMatchObject({ remaining: 1000n, rate: 2000, percentage: 66.67 });
    expect(second?.time).toEqual({ elapsed: 1500, remaining: 500 });
    expect(third).toMatchObject({ remaining: 1n, rate: 7, percentage: 99.97 });
    expect(third?.time).toEqual({ elapsed: 2000, remaining: 4 });
  });

  it('is never 100 before nothing is left, nor below 0 or beyond', async () => {
    const total = 2n ** 63n;
    const percentages = await progress(
      { total, processed: total - 1n },
      { total, processed: total },
      { total, processed: 5n, remaining: total * 2n },
      { total: 0n, processed: 0n },
      { total, processed: total + 5n },
      { processed: 7n },
    );
    expect(percentages.map(({ percentage }) => percentage)).toEqual([99.99, 100, 0, null, 100, null]);
    // When nothing is left no time is, whatever the rate.
    const [whole, empty] = await progress({ total: 5n, processed: 9n, remaining: 0n }, { total: 0n, processed: 0n });
    expect([whole?.rate, whole?.time.remaining, empty?.time.remaining]).toEqual([null, 0, null]);
  });

  it('has no rate of what went back', async () => {
    const [, second] = await progress({ ...upTo(50n), elapsed: 1 }, { ...upTo(40n), elapsed: 2 });
    expect(second?.rate).toBeNull();
  });
});

describe('iterating over a job', () => {
  it('gives what is told, until the job is over, and then its result', async () => {
    const operation = new Operation();
    const job = operation.start();
    operation.control.report(upTo(0n));
    const seen: unknown[] = [];
    for await (const progress of job) {
      seen.push(progress.processed);
      if (seen.length === 3) operation.end();
      else operation.control.report(upTo(BigInt(seen.length)));
    }
    expect(seen).toEqual([0n, 1n, 2n]);
    expect(await job).toBe('saved');
  });

  it('ends with a job that fails, which tells why', async () => {
    const operation = new Operation();
    const job = operation.start();
    const next = job[Symbol.asyncIterator]().next();
    operation.end(libvirtError('OPERATION_FAILED'));
    expect(await next).toEqual(over);
    expect(await failure(job)).toMatchObject({ code: 'VIR_ERR_OPERATION_FAILED' });
  });

  it('gives the latest to who is slow, and keeps no queue', async () => {
    const operation = new Operation();
    const job = operation.start();
    const iterator = job[Symbol.asyncIterator]();
    const first = iterator.next();
    operation.control.report(upTo(1n));
    expect(processed(await first)).toBe(1n);
    for (let i = 2n; i <= 90n; i += 1n) operation.control.report(upTo(i));
    expect(processed(await iterator.next())).toBe(90n);
    const waiting = iterator.next();
    operation.control.report(upTo(91n));
    expect(processed(await waiting)).toBe(91n);
    // What was told last is told although the job is over.
    operation.control.report(upTo(92n));
    operation.end();
    await job;
    expect(processed(await iterator.next())).toBe(92n);
    expect([await iterator.next(), await iterator.next()]).toEqual([over, over]);
  });

  it('is for several at once, each at its own pace, and questions that are asked ahead', async () => {
    const operation = new Operation();
    const job = operation.start();
    const [one, other] = [job[Symbol.asyncIterator](), job[Symbol.asyncIterator]()];
    const ahead = [one.next(), one.next(), other.next()];
    operation.control.report(upTo(1n));
    operation.control.report(upTo(2n));
    expect((await Promise.all(ahead)).map(processed)).toEqual([1n, 2n, 1n]);
    expect(processed(await other.next())).toBe(2n);
    const [left, right] = [one.next(), other.next()];
    operation.end();
    expect(await Promise.all([left, right])).toEqual([over, over]);
    await job;
  });

  it('ends by break, and the job goes on', async () => {
    const operation = new Operation();
    const job = operation.start();
    operation.control.report(upTo(1n));
    for await (const _ of job) break;
    const iterator = job[Symbol.asyncIterator]();
    const [, waiting] = [iterator.next(), iterator.next()];
    expect(await iterator.return?.()).toEqual(over);
    expect(await waiting).toEqual(over);
    expect(await iterator.next()).toEqual(over);
    operation.control.report(upTo(2n));
    operation.end();
    expect(await job).toBe('saved');
  });

  it('gives nothing of a job that is over', async () => {
    const operation = new Operation();
    const job = operation.start();
    const early = job[Symbol.asyncIterator]();
    operation.control.report(upTo(1n));
    operation.end();
    await job;
    expect(await early.next()).toEqual(over);
    for await (const _ of job) throw new Error('there was something');
  });

  it('ends with a job that is aborted in the loop', async () => {
    const operation = new Operation();
    const job = operation.start();
    operation.control.report(upTo(1n));
    for await (const _ of job) await job.abort();
    expect(await failure(job)).toMatchObject({ code: 'VIR_ERR_OPERATION_ABORTED' });
  });
});

describe('asking for progress', () => {
  it('is not done when nobody iterates, nor after a break, and is taken up again', async () => {
    const operation = new Operation({ asks: true });
    const job = operation.start();
    const first = job[Symbol.asyncIterator]();
    await new Promise(setImmediate);
    expect(operation.asked).toBe(0);
    const next = first.next();
    (await operation.question()).answer(upTo(1n));
    expect(processed(await next)).toBe(1n);
    await first.return?.();
    const asked = operation.asked;
    // Old news are none: the second one who comes gets what is asked for then.
    const second = job[Symbol.asyncIterator]();
    const fresh = second.next();
    const question = await operation.question();
    expect(operation.asked).toBe(asked + 1);
    question.answer(upTo(2n));
    expect(processed(await fresh)).toBe(2n);
    operation.end();
    await job;
    const total = operation.asked;
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(operation.asked).toBe(total);
  });

  // With its answer libvirt waited 30 seconds where a snapshot was not ready for it.
  it('is not done at the very beginning of a job', async () => {
    const operation = new Operation({ asks: true });
    const began = performance.now();
    const job = operation.start();
    const next = job[Symbol.asyncIterator]().next();
    (await operation.question()).answer(upTo(1n));
    expect(performance.now() - began).toBeGreaterThan(90);
    expect(processed(await next)).toBe(1n);
    operation.end();
    await job;
  });

  it('is done once for all who iterate', async () => {
    const operation = new Operation({ asks: true });
    const job = operation.start();
    const nexts = Array.from({ length: 5 }, () => job[Symbol.asyncIterator]().next());
    const question = await operation.question();
    expect(operation.asked).toBe(1);
    question.answer(upTo(1n));
    expect((await Promise.all(nexts)).map(processed)).toEqual([1n, 1n, 1n, 1n, 1n]);
    operation.end();
    await job;
  });

  it('goes on after an answer that is none, or fails', async () => {
    const operation = new Operation({ asks: true });
    const job = operation.start();
    const next = job[Symbol.asyncIterator]().next();
    (await operation.question()).answer(null);
    (await operation.question()).fail(new Error('no connection'));
    (await operation.question()).answer(upTo(3n));
    expect(processed(await next)).toBe(3n);
    operation.end();
    await job;
  });

  it('holds up nothing when an answer does not come', async () => {
    const operation = new Operation({ asks: true });
    const job = operation.start();
    const next = job[Symbol.asyncIterator]().next();
    const question = await operation.question();
    operation.end();
    expect(await next).toEqual(over);
    question.answer(upTo(3n));
    expect(await job.statistics()).toBeNull();
  });
});

describe('the statistics of a job that is over', () => {
  it('are the last that it told of, or null', async () => {
    const operation = new Operation();
    const job = operation.start();
    const waiting = job.statistics();
    operation.control.report(upTo(1n));
    operation.control.report(upTo(7n));
    operation.end();
    expect(await waiting).toMatchObject({ processed: 7n });
    expect(await job.statistics()).toMatchObject({ processed: 7n });
  });

  it('are asked for once, when the job has succeeded, and are the last progress of who iterates', async () => {
    const operation = new Operation();
    let asked = 0;
    operation.final = () => Promise.resolve(upTo((asked += 1) === 1 ? 100n : 0n));
    const job = operation.start();
    const iterator = job[Symbol.asyncIterator]();
    const next = iterator.next();
    operation.end();
    expect(await job).toBe('saved');
    expect((await next).value).toMatchObject({ percentage: 100 });
    expect(await iterator.next()).toEqual(over);
    expect(await job.statistics()).toEqual((await next).value);
    expect(asked).toBe(1);
  });

  it('are not waited for by the result', async () => {
    const operation = new Operation();
    operation.final = () => new Promise(() => undefined);
    const job = operation.start();
    void job[Symbol.asyncIterator]().next();
    operation.end();
    expect(await job).toBe('saved');
  });

  it.each(['there are none', 'asking fails'])('are the last progress when %s', async (how) => {
    const operation = new Operation();
    operation.final = () => (how === 'asking fails' ? Promise.reject(new Error(how)) : Promise.resolve(null));
    const job = operation.start();
    operation.control.report(upTo(7n));
    operation.end();
    expect(await job.statistics()).toMatchObject({ processed: 7n });
  });

  it('are those of before when the job has failed: another job’s must not be taken for its own', async () => {
    const operation = new Operation();
    operation.final = () => Promise.reject(new Error('asked'));
    const job = operation.start();
    const waiting = failure(job);
    operation.control.report(upTo(7n));
    operation.end(libvirtError('OPERATION_FAILED'));
    expect(await job.statistics()).toMatchObject({ processed: 7n });
    await waiting;
  });
});

describe('a failure', () => {
  // Under jest `process` is a copy that hears of nothing.
  const run = (program: string) => {
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
    expect(stderr).toBe('');
    return stdout;
  };
  const start = `
    const { Job } = require(${JSON.stringify(path.join(__dirname, '../dist/job.js'))});
    const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
    process.on('unhandledRejection', ({ message }) => console.log('unhandled', message));
    let fail, control;
    const pending = new Promise((_, reject) => (fail = () => reject(new Error('failed'))));
    const job = new Job({}, { run: (given) => ((control = given), pending), abort: async () => {} });
    control.report({});`;

  it('is no unhandled rejection while somebody is in a loop, who awaits the job after it', () => {
    const program = `${start} (async () => {
      for await (const _ of job) { fail(); await pause(); console.log('told'); }
      await job.catch(({ message }) => console.log('caught', message));
    })();`;
    expect(run(program)).toBe('told\ncaught failed\n');
  });

  it('is one when nobody does, after the loops have ended', () => {
    const program = `${start} (async () => {
      for await (const _ of job) { fail(); await pause(); console.log('told'); }
    })();`;
    expect(run(program)).toBe('told\nunhandled failed\n');
  });

  it('is one when it was only asked for statistics, or the loop was left before', () => {
    expect(run(`${start} job.statistics(); fail();`)).toBe('unhandled failed\n');
    const program = `${start} (async () => { for await (const _ of job) break; fail(); })();`;
    expect(run(program)).toBe('unhandled failed\n');
  });
});
