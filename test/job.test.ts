import { spawnSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import path from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { ErrorNumber, Job, LibvirtError } from '../lib/index.js';
import type { JobControl, JobWork } from '../lib/job.js';
import type { CallOptions } from '../lib/limits.js';
import { failure, failures } from './helpers.js';

const libvirtError = (name: keyof typeof ErrorNumber) =>
  new LibvirtError({ code: ErrorNumber[name], operation: 'virDomainSave', message: name });

/** An operation that ends when the test says so, or when it is aborted. */
class Operation implements JobWork<string> {
  readonly aborts: string[] = [];
  /** What the next attempts to abort come to. */
  readonly refusals: LibvirtError[] = [];
  readonly #events = new EventEmitter();
  /** Whether what was begun goes on. */
  lasting = false;
  control: JobControl | undefined;

  readonly run = async (control: JobControl): Promise<string> => {
    this.control = control;
    if (this.lasting) control.lasts();
    const [error] = (await Promise.race([
      once(this.#events, 'end'),
      once(control.released, 'abort').then(() => [
        new LibvirtError({ code: 'ERR_LIBVIRT_ABANDONED', operation: 'virDomainSave', message: 'nobody waits' }),
      ]),
    ])) as [LibvirtError | undefined];
    if (error !== undefined) throw error;
    return 'saved';
  };

  readonly abort = (): Promise<void> => {
    const refused = this.refusals.shift();
    this.aborts.push(refused?.code ?? 'done');
    if (refused) return Promise.reject(refused);
    this.end(libvirtError('OPERATION_ABORTED'));
    return Promise.resolve();
  };

  end(error?: LibvirtError): void {
    this.#events.emit('end', error);
  }

  start(options: CallOptions = {}): Job<string> {
    return new Job(options, this);
  }
}

describe('a job that fails', () => {
  it.each([
    [{ timeout: -1 }, 'timeout'],
    [{ signal: 'soon' as unknown as AbortSignal }, 'signal'],
  ])('rejects and does not begin with %p', async (options, named) => {
    const operation = new Operation();
    const error = await failure(operation.start(options));
    expect(error).toHaveProperty('message', expect.stringContaining(named));
    expect(operation.control).toBeUndefined();
  });

  it('does not begin when its signal was aborted before', async () => {
    const operation = new Operation();
    const reason = new Error('too late');
    expect(await failure(operation.start({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(operation.control).toBeUndefined();
  });

  it("rejects with what the operation says, and its stack names the caller's line", async () => {
    const operation = new Operation();
    const startsHere = () => operation.start();
    const job = startsHere();
    operation.end(libvirtError('OPERATION_FAILED'));
    const error = await failure(job);
    expect(error).toMatchObject({ code: 'VIR_ERR_OPERATION_FAILED', stack: expect.stringContaining('startsHere') });
  });
});

describe('a job as a promise', () => {
  it('is awaited, chained, raced and inspected like one', async () => {
    const operation = new Operation();
    const job = operation.start();
    expect(Object.prototype.toString.call(job)).toBe('[object Job]');
    const chained = [job.then((text) => text.length), job.catch(() => 0), job.finally(() => undefined), job.then()];
    operation.end();
    expect(await Promise.all(chained)).toEqual([5, 'saved', 'saved', 'saved']);
    expect(await Promise.race([job, new Promise(() => undefined)])).toBe('saved');
    expect(await job).toBe('saved');
  });

  it('tells of a failure that nobody hears, except of one that was aborted', () => {
    // Under jest `process` is a copy that hears of nothing.
    const program = `
      const { Job } = require(${JSON.stringify(path.join(__dirname, '../dist/job.js'))});
      process.on('unhandledRejection', ({ message }) => console.log(message));
      const job = (name) => {
        let end;
        const pending = new Promise((_, reject) => (end = () => reject(new Error(name))));
        return new Job({}, { run: () => pending, abort: async () => end() });
      };
      void job('aborted').abort();
      new Job({}, { run: () => Promise.reject(new Error('failed')), abort: async () => {} });`;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
    expect([stdout, stderr]).toEqual(['failed\n', '']);
  });
});

describe('abort()', () => {
  it('ends the operation, which then fails for all who wait', async () => {
    const operation = new Operation();
    const job = operation.start();
    const waiting = failures([job, job.then(), job.finally()]);
    await job.abort();
    for (const error of await waiting) expect(error).toMatchObject({ code: 'VIR_ERR_OPERATION_ABORTED' });
    expect(await operation.control?.aborted()).toBe(true);
  });

  it('asks again while libvirt has no job yet', async () => {
    const operation = new Operation();
    operation.refusals.push(libvirtError('OPERATION_INVALID'), libvirtError('INVALID_ARG'));
    const job = operation.start();
    const waiting = failure(job);
    await job.abort();
    expect(operation.aborts).toEqual(['VIR_ERR_OPERATION_INVALID', 'VIR_ERR_INVALID_ARG', 'done']);
    expect(await waiting).toMatchObject({ code: 'VIR_ERR_OPERATION_ABORTED' });
  });

  it('does not ask again when libvirt has a job, and refuses', async () => {
    const operation = new Operation();
    const answers = [false, true];
    const runs = () => Promise.resolve(answers.shift() ?? true);
    operation.refusals.push(...['first', 'second', 'third'].map(() => libvirtError('OPERATION_INVALID')));
    const job = new Job({}, { run: operation.run, abort: operation.abort, runs });
    expect(await failure(job.abort())).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
    expect(operation.aborts).toHaveLength(3);
    operation.end();
    expect(await job).toBe('saved');
  });

  it('has nothing to do when the operation ends meanwhile, or is over', async () => {
    const operation = new Operation();
    operation.refusals.push(libvirtError('OPERATION_INVALID'));
    const job = operation.start();
    const aborting = job.abort();
    operation.end();
    await aborting;
    expect(await job).toBe('saved');
    await job.abort();
    expect(operation.aborts).toHaveLength(1);
  });

  it('ends what a job that is over left running', async () => {
    const operation = new Operation();
    operation.lasting = true;
    const job = operation.start();
    operation.end();
    await job;
    await job.abort();
    expect(operation.aborts).toEqual(['done']);
    // What is there from now on is another's.
    await job.abort();
    expect(operation.aborts).toEqual(['done']);
  });

  it('ends it at the second attempt, when libvirt refuses the first', async () => {
    const operation = new Operation();
    operation.lasting = true;
    operation.refusals.push(libvirtError('OPERATION_TIMEOUT'));
    const job = operation.start();
    operation.end();
    await job;
    expect(await failure(job.abort())).toMatchObject({ code: 'VIR_ERR_OPERATION_TIMEOUT' });
    await job.abort();
    expect(operation.aborts).toEqual(['VIR_ERR_OPERATION_TIMEOUT', 'done']);
  });

  it('does nothing for a job that has failed', async () => {
    const operation = new Operation();
    operation.lasting = true;
    const job = operation.start();
    operation.end(libvirtError('OPERATION_FAILED'));
    expect(await failure(job)).toMatchObject({ code: 'VIR_ERR_OPERATION_FAILED' });
    await job.abort();
    expect(operation.aborts).toEqual([]);
  });

  it('rejects when libvirt cannot, and the operation goes on', async () => {
    const operation = new Operation();
    operation.refusals.push(libvirtError('NO_SUPPORT'));
    const job = operation.start();
    expect(await failure(job.abort())).toMatchObject({ code: 'VIR_ERR_NO_SUPPORT' });
    operation.end();
    expect(await job).toBe('saved');
  });
});

describe('with({ signal }) and with({ timeout })', () => {
  it('aborts the operation, and rejects with what libvirt says and why', async () => {
    const operation = new Operation();
    const controller = new AbortController();
    const job = operation.start({ signal: controller.signal });
    const waiting = failure(job);
    controller.abort(new Error('changed my mind'));
    expect(await waiting).toMatchObject({
      code: 'VIR_ERR_OPERATION_ABORTED',
      cause: expect.objectContaining({ message: 'changed my mind' }),
    });
    expect(operation.aborts).toEqual(['done']);
  });

  it('aborts it when the time is up', async () => {
    const operation = new Operation();
    const error = await failure(operation.start({ timeout: 1 }));
    expect(error).toMatchObject({
      code: 'ERR_LIBVIRT_TIMEOUT',
      message: expect.stringContaining('was aborted'),
      cause: expect.objectContaining({ code: 'VIR_ERR_OPERATION_ABORTED' }),
    });
    expect(operation.aborts).toEqual(['done']);
  });

  it.each(['signal', 'timeout'])('releases the caller by %s when libvirt cannot abort', async (by) => {
    const operation = new Operation();
    operation.refusals.push(libvirtError('NO_SUPPORT'));
    const controller = new AbortController();
    const waiting = failure(operation.start(by === 'signal' ? { signal: controller.signal } : { timeout: 1 }));
    controller.abort(new Error('enough'));
    expect(await waiting).toMatchObject(
      by === 'signal'
        ? { code: 'ERR_LIBVIRT_ABANDONED', cause: expect.objectContaining({ message: 'enough' }) }
        : { code: 'ERR_LIBVIRT_TIMEOUT', message: expect.stringContaining('may still happen') },
    );
  });

  it('leaves nothing at the signal when the job is over, and warns nobody', async () => {
    const { signal } = new AbortController();
    const listen = jest.spyOn(signal, 'addEventListener');
    const forget = jest.spyOn(signal, 'removeEventListener');
    const operations = Array.from({ length: 20 }, () => new Operation());
    const jobs = operations.map((operation) => operation.start({ signal }));
    for (const operation of operations) operation.end();
    await Promise.all(jobs);
    expect([listen.mock.calls.length, forget.mock.calls.length]).toEqual([1, 1]);
  });
});
