import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Domain, DomainGetJobStatsFlags, DomainJobOperation, DomainJobType } from '../lib/index.js';
import type { FakeDaemon } from './fake-daemon.js';
import { fakeDaemons } from './fake-daemons.js';
import { failure } from './helpers.js';
import { xdr } from './remote-protocol.js';

const { int, string } = xdr;
const fakes = fakeDaemons();

const types = { int: 1, string: 7 };

/** Statistics as a daemon sends them. */
function statistics(type: DomainJobType, operation?: DomainJobOperation, errmsg?: string): Buffer {
  const params = [
    operation === undefined ? [] : [string('operation'), int(types.int), int(operation)],
    errmsg === undefined ? [] : [string('errmsg'), int(types.string), string(errmsg)],
  ].filter((param) => param.length > 0);
  return Buffer.concat([int(type), int(params.length), ...params.flat()]);
}

describe('how a backup ended', () => {
  const none = statistics(DomainJobType.NONE);
  const running = statistics(DomainJobType.UNBOUNDED, DomainJobOperation.BACKUP);
  const push = '<domainbackup mode="push"/>';

  let daemon: FakeDaemon;
  let domain: Domain;

  beforeEach(async () => {
    ({ daemon, domain } = await fakes.withMachine());
    daemon.answer('backupBegin', Buffer.alloc(0));
    daemon.answer('abortJob', Buffer.alloc(0));
  });

  const answer = (now: Buffer, completed: Buffer) => {
    daemon.answer('getJobStats', (request) =>
      (request.readUInt32BE(request.length - 4) & DomainGetJobStatsFlags.COMPLETED) === 0 ? now : completed,
    );
  };
  /** A job that was seen to run. */
  const started = async () => {
    answer(running, none);
    const job = domain.backupBegin(push);
    const end = job.then(
      () => 'done',
      (error: unknown) => error,
    );
    await daemon.whenRequested('getJobStats', 2);
    return { job, end };
  };

  it('in success', async () => {
    const { job, end } = await started();
    answer(none, statistics(DomainJobType.COMPLETED, DomainJobOperation.BACKUP));
    expect(await end).toBe('done');
    expect(await job.statistics()).toMatchObject({ stats: { type: DomainJobType.COMPLETED } });
  });

  it.each([
    ['in failure', DomainJobType.FAILED, 'No space left', 'VIR_ERR_OPERATION_FAILED', 'No space left'],
    ['in failure that nobody explains', DomainJobType.FAILED, undefined, 'VIR_ERR_OPERATION_FAILED', 'failed'],
    ['by an abort', DomainJobType.CANCELLED, undefined, 'VIR_ERR_OPERATION_ABORTED', 'aborted'],
  ])('%s', async (_, type, errmsg, code, message) => {
    const { end } = await started();
    answer(none, statistics(type, DomainJobOperation.BACKUP, errmsg));
    expect(await end).toMatchObject({
      code,
      operation: 'virDomainBackupBegin',
      message: expect.stringContaining(message),
    });
  });

  it.each([
    ['another job has ended since', none, statistics(DomainJobType.COMPLETED, DomainJobOperation.DUMP)],
    [
      'another job runs already',
      statistics(DomainJobType.UNBOUNDED, DomainJobOperation.DUMP),
      statistics(DomainJobType.COMPLETED, DomainJobOperation.SNAPSHOT),
    ],
    ['somebody has taken its statistics', none, none],
  ])('is not known, which is no success, when %s', async (_, now, completed) => {
    const { end } = await started();
    answer(now, completed);
    expect(await end).toMatchObject({
      code: 'VIR_ERR_OPERATION_FAILED',
      message: expect.stringContaining('no longer tells'),
    });
  });

  it('leaves nothing that abort() ends', async () => {
    const { job, end } = await started();
    answer(none, statistics(DomainJobType.COMPLETED, DomainJobOperation.BACKUP));
    expect(await end).toBe('done');
    await job.abort();
    answer(none, statistics(DomainJobType.FAILED, DomainJobOperation.BACKUP));
    const failed = domain.backupBegin(push);
    await failure(failed);
    await failed.abort();
    expect(daemon.requestCount('abortJob')).toBe(0);
  });

  it('is said by abort() in pull mode, once', async () => {
    const job = domain.backupBegin(`<?xml version="1.0"?><!-- a < b --><domainbackup mode='pull'/>`);
    await job;
    expect(daemon.requestCount('abortJob')).toBe(0);
    await job.abort();
    await job.abort();
    expect(daemon.requestCount('abortJob')).toBe(1);
  });
});
