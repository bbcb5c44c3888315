import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import {
  Connection,
  type Domain,
  DomainBlockCommitFlags,
  DomainBlockCopyFlags,
  DomainBlockJobType,
  DomainCoreDumpFlags,
  DomainCoreDumpFormat,
  DomainJobOperation,
  DomainJobType,
  DomainState,
  DomainUndefineFlagsValues,
} from '../lib/index.js';
import { failure } from './helpers.js';
import { progressOf } from './libvirtd-jobs-helpers.js';
import { removeMachines } from './libvirtd-helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';

jest.setTimeout(120_000); // machines that are busy with other suites, too

const MiB = 1024 * 1024;

describeWithTestbed('the progress of saving and dumping', (bed) => {
  let connection: Connection;
  let domain: Domain;

  beforeAll(async () => {
    connection = await Connection.open(bed().uri);
    await bed().guest();
  }, 300_000);
  beforeEach(async () => {
    domain = await connection.defineDomainXML(guestXML({ name: 'jobs', guest: await bed().guest() }));
    await domain.create();
  });
  afterEach(async () => {
    if (await domain.isActive()) await domain.destroy();
    await domain.undefine(DomainUndefineFlagsValues.MANAGED_SAVE);
  });
  afterAll(() => connection.close());

  const finished = (operation: DomainJobOperation) => ({
    percentage: 100,
    remaining: 0n,
    total: expect.any(BigInt),
    processed: expect.any(BigInt),
    memory: expect.objectContaining({ remaining: 0n, total: expect.any(BigInt) }),
    disk: null,
    block: null,
    time: { elapsed: expect.any(Number), remaining: 0 },
    stats: expect.objectContaining({ operation, type: DomainJobType.COMPLETED }),
  });

  it('a machine is saved, to a file and where libvirt keeps it, and restored', async () => {
    const save = domain.save('/tmp/jobs.save');
    const seen = await progressOf(save);
    await save;
    expect(seen.at(-1)).toMatchObject(finished(DomainJobOperation.SAVE));
    expect(await save.statistics()).toEqual(seen.at(-1));
    expect(seen.at(-1)?.total).toBeGreaterThan(BigInt(100 * MiB));

    const restore = connection.restoreDomain('/tmp/jobs.save');
    for (const { time, total, percentage } of await progressOf(restore)) {
      expect({ total, percentage, elapsed: time.elapsed >= 0 }).toEqual({
        total: null,
        percentage: null,
        elapsed: true,
      });
    }
    await restore;
    expect((await domain.getState()).state).toBe(DomainState.RUNNING);

    const kept = domain.managedSave();
    expect((await progressOf(kept)).at(-1)).toMatchObject(finished(DomainJobOperation.SAVE));
    await kept;
  });

  it('a machine is dumped, whole and its memory alone', async () => {
    const whole = domain.coreDump('/tmp/jobs.dump');
    expect((await progressOf(whole)).at(-1)).toMatchObject(finished(DomainJobOperation.DUMP));
    await whole;
    const memory = domain.coreDump('/tmp/jobs.dump', DomainCoreDumpFormat.RAW, DomainCoreDumpFlags.MEMORY_ONLY);
    const seen = await progressOf(memory);
    await memory;
    // libvirt keeps nothing of it: what it knows is that of the dump before.
    for (const { stats } of seen) expect(stats?.type).toBe(DomainJobType.UNBOUNDED);
    expect(await memory.statistics()).toEqual(seen.at(-1) ?? null);
    expect((await domain.getState()).state).toBe(DomainState.RUNNING);
  });

  it('saving is aborted: the machine runs on, and there is no file', async () => {
    const job = domain.save('/tmp/jobs.aborted');
    const waiting = failure(job);
    for await (const _ of job) {
      await job.abort();
      break;
    }
    expect(await waiting).toMatchObject({ code: 'VIR_ERR_OPERATION_ABORTED' });
    expect((await domain.getState()).state).toBe(DomainState.RUNNING);
    expect((await bed().exec('test', ['-e', '/tmp/jobs.aborted'])).code).toBe(1);
  });
});

describeWithTestbed('block jobs, watched, ended and failed', (bed) => {
  const images = '/var/lib/libvirt/images';
  /** A file system that is soon full. */
  const small = '/var/lib/libvirt/small';
  const [base, middle, top] = ['base', 'middle', 'top'].map((name) => `${images}/${name}`) as [string, string, string];
  const { TRANSIENT_JOB } = DomainBlockCopyFlags;
  const slow = { bandwidth: MiB };

  let connection: Connection;
  let domain: Domain;

  beforeAll(async () => {
    connection = await Connection.open(bed().uri);
    await bed().run('sh', ['-c', `mkdir -p ${small}; mount -t tmpfs -o size=8M,mode=777 tmpfs ${small}`]);
  });
  afterEach(async () => {
    await removeMachines(connection);
    await bed().run('sh', ['-c', `rm -f ${images}/* ${small}/*`]);
  });
  afterAll(() => connection.close());

  /** Starts a machine on a chain of files, of which the middle one has 32 MiB. */
  const start = async (files = { base, middle, top }) => {
    const make = (file: string, backing?: string) =>
      bed().run('qemu-img', [
        'create',
        '-q',
        '-f',
        'qcow2',
        ...(backing === undefined ? [] : ['-F', 'qcow2', '-b', backing]),
        file,
        '64M',
      ]);
    await make(files.base);
    await make(files.middle, files.base);
    await bed().run('qemu-io', ['-c', 'write -q -P 0x61 0 32M', files.middle]);
    await make(files.top, files.middle);
    domain = await connection.defineDomainXML(guestXML({ name: 'block', memoryMiB: 32, disk: files.top }));
    await domain.create();
  };
  const copyXML = (file: string) => `<disk type="file"><driver type="qcow2"/><source file="${file}"/></disk>`;
  const chain = async () =>
    [...(await domain.getXMLDesc()).matchAll(/<source file='([^']*)'/g)].map(([, file]) => file);
  const holdsWhatWasWritten = async (file: string) => {
    const printed = await bed().run('qemu-io', ['-r', '-U', '-c', 'read -P 0x61 0 32M', file]);
    expect(printed).not.toContain('failed');
  };
  const runsOn = async (files: string[]) => {
    expect((await domain.getState()).state).toBe(DomainState.RUNNING);
    expect(await chain()).toEqual(files);
    expect(await domain.getBlockJobInfo('vda')).toBeNull();
  };

  it('a copy is watched while it comes on, and the machine goes over to it', async () => {
    await start();
    const job = domain.blockCopy('vda', copyXML(`${images}/copy`), slow, TRANSIENT_JOB);
    const seen: number[] = [];
    for await (const { percentage, block, total, processed, time } of job) {
      expect(block?.type).toBe(DomainBlockJobType.COPY);
      if (percentage !== null && seen.push(percentage) === 3) await domain.blockJobSetSpeed('vda', 0);
      if (total !== null && processed !== null) expect(processed).toBeLessThanOrEqual(total);
      expect(time.elapsed).toBeGreaterThan(0);
    }
    await job;
    expect(seen[0]).toBeLessThan(100);
    expect(seen.at(-1)).toBe(100);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    const statistics = await job.statistics();
    expect(statistics).toMatchObject({ percentage: 100, stats: null });
    // QEMU 7.2 counts the whole disk, QEMU 11 what was written to it.
    expect([32, 64]).toContain(Number(statistics?.total) / MiB);
    expect(await domain.getBlockJobInfo('vda')).not.toBeNull();
    await job.pivot();
    await runsOn([`${images}/copy`]);
    await holdsWhatWasWritten(`${images}/copy`);
    // What has ended is not aborted, and there is nothing to go over to.
    await job.abort();
    expect(await failure(job.pivot())).toMatchObject({ code: 'VIR_ERR_INVALID_ARG' });
  });

  it('a copy is ended without a pivot, which is no failure', async () => {
    await start();
    const job = domain.blockCopy('vda', copyXML(`${images}/copy`), {}, TRANSIENT_JOB);
    await job;
    await job.abort();
    await runsOn([top, middle, base]);
    await holdsWhatWasWritten(`${images}/copy`);
  });

  it('a pivot waits until the copy is whole, and fails with a copy that does', async () => {
    await start();
    const job = domain.blockCopy('vda', copyXML(`${images}/copy`), slow, TRANSIENT_JOB);
    const pivot = job.pivot();
    for await (const _ of job) break;
    await domain.blockJobSetSpeed('vda', 0);
    await pivot;
    await runsOn([`${images}/copy`]);
    const other = domain.blockCopy('vda', copyXML(`${images}/other`), slow, TRANSIENT_JOB);
    const pivoting = failure(other.pivot());
    for await (const _ of other) break;
    await other.abort();
    expect(await pivoting).toMatchObject({ code: 'VIR_ERR_OPERATION_ABORTED' });
    await runsOn([`${images}/copy`]);
  });

  it('a pull and two commits are watched', async () => {
    await start();
    // In MiB/s, so that a quick disk leaves something to be seen.
    const commit = domain.blockCommit('vda', base, middle, 16);
    expect((await progressOf(commit)).at(-1)?.percentage).toBe(100);
    await commit;
    expect(await chain()).toEqual([top, base]);
    const active = domain.blockCommit('vda', null, null, 0, DomainBlockCommitFlags.ACTIVE);
    await active;
    await active.pivot();
    expect(await chain()).toEqual([base]);
    await holdsWhatWasWritten(base);
    await removeMachines(connection);
    await start();
    const pull = domain.blockPull('vda', 16);
    expect((await progressOf(pull)).at(-1)?.percentage).toBe(100);
    await pull;
    expect(await chain()).toEqual([top]);
  });

  const full = (operation: string) => ({ code: 'VIR_ERR_OPERATION_FAILED', operation });

  it('a copy to where no room is fails', async () => {
    await start();
    const job = domain.blockCopy('vda', copyXML(`${small}/copy`), {}, TRANSIENT_JOB);
    expect(await failure(job)).toMatchObject(full('virDomainBlockCopy'));
    await runsOn([top, middle, base]);
  });

  it('a pull and a commit to where no room is fail, and the chain is as it was', async () => {
    const cramped = { base: `${small}/base`, middle, top: `${small}/top` };
    await start(cramped);
    const files = [cramped.top, middle, cramped.base];
    expect(await failure(domain.blockPull('vda'))).toMatchObject(full('virDomainBlockPull'));
    await runsOn(files);
    expect(await failure(domain.blockCommit('vda', cramped.base, middle))).toMatchObject(full('virDomainBlockCommit'));
    await runsOn(files);
    const active = domain.blockCommit('vda', null, null, 0, DomainBlockCommitFlags.ACTIVE);
    expect(await failure(active.pivot())).toMatchObject(full('virDomainBlockCommit'));
    await runsOn(files);
  });

  it('a pull that is aborted is no failed one', async () => {
    await start();
    const job = domain.blockPull('vda', 1);
    const waiting = failure(job);
    for await (const _ of job) break;
    await job.abort();
    expect(await waiting).toMatchObject({ code: 'VIR_ERR_OPERATION_ABORTED', operation: 'virDomainBlockPull' });
    await runsOn([top, middle, base]);
  });

  it('a pull that somebody else ends has not succeeded', async () => {
    await start();
    const job = domain.blockPull('vda', 1);
    const waiting = failure(job);
    for await (const _ of job) break;
    await domain.blockJobAbort('vda');
    expect(await waiting).toMatchObject(full('virDomainBlockPull'));
    await runsOn([top, middle, base]);
  });
});
