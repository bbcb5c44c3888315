import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Connection,
  type Domain,
  DomainCoreDumpFlags,
  DomainCoreDumpFormat,
  DomainJobOperation,
  DomainJobType,
  DomainState,
  DomainUndefineFlagsValues,
  type Job,
} from '../lib/index.js';
import { failure } from './helpers.js';
import { Gate, loaded, middleOf, mountSmall, progressOf, small } from './libvirtd-jobs-helpers.js';
import { eventually } from './libvirtd-helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';

jest.setTimeout(120_000); // machines that are busy with other suites, too

const { MANAGED_SAVE, SNAPSHOTS_METADATA } = DomainUndefineFlagsValues;
const MiB = 1024 * 1024;
const images = '/var/lib/libvirt/images';
const disk = `${images}/jobs.qcow2`;
const kept = '/var/lib/libvirt/qemu/save';

describeWithTestbed('saving, dumping and restoring', (bed) => {
  let connection: Connection;
  let domain: Domain;
  let gate: Gate;

  beforeAll(async () => {
    gate = await Gate.build(bed());
    await mountSmall(bed());
    await bed().guest();
  }, 300_000);
  beforeEach(async () => {
    connection = await Connection.open(bed().uri);
    await bed().run('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '64M']);
    domain = await connection.defineDomainXML(guestXML({ name: 'jobs', guest: await bed().guest(), disk }));
    await domain.create();
    await loaded(domain);
  });
  afterEach(async () => {
    await gate.open();
    if (await domain.isActive()) await domain.destroy();
    await domain.undefine(MANAGED_SAVE | SNAPSHOTS_METADATA);
    await connection.close();
    await bed().run('sh', ['-c', `rm -f /tmp/jobs.* ${images}/* ${small}/*`]);
  });

  const stateOf = async () => (await domain.getState()).state;
  const isThere = async (file: string) => (await bed().exec('test', ['-e', file])).code === 0;
  const ways: [string, string, () => Job<void>, DomainJobOperation][] = [
    ['saved', '/tmp/jobs.save', () => domain.save('/tmp/jobs.save'), DomainJobOperation.SAVE],
    ['saved where libvirt keeps it', `${kept}/jobs.save`, () => domain.managedSave(), DomainJobOperation.SAVE],
    ['dumped', '/tmp/jobs.dump', () => domain.coreDump('/tmp/jobs.dump'), DomainJobOperation.DUMP],
  ];

  it.each(ways)('a machine is %s, watched', async (_, file, start, operation) => {
    await gate.shut();
    const job = start();
    const whole = progressOf(job);
    const middle = await middleOf(job);
    expect(middle).toMatchObject({
      memory: { total: expect.any(BigInt), remaining: expect.any(BigInt) },
      disk: null,
      block: null,
      stats: { operation, type: DomainJobType.UNBOUNDED },
    });
    expect(middle.remaining).toBeGreaterThan(0n);
    await gate.open();
    await job;
    const seen = await whole;
    expect(seen.at(-1)).toMatchObject({
      percentage: 100,
      remaining: 0n,
      total: expect.any(BigInt),
      processed: expect.any(BigInt),
      memory: { remaining: 0n, total: expect.any(BigInt) },
      disk: null,
      block: null,
      time: { elapsed: expect.any(Number), remaining: 0 },
      stats: { operation, type: DomainJobType.COMPLETED },
    });
    expect(seen.at(-1)?.total).toBeGreaterThan(BigInt(100 * MiB));
    expect(await job.statistics()).toEqual(seen.at(-1));
    expect(await isThere(file)).toBe(true);
    expect(await stateOf()).toBe(operation === DomainJobOperation.DUMP ? DomainState.RUNNING : DomainState.SHUTOFF);
  });

  it.each(ways)(
    'a machine that is to be %s, aborted half-way, runs on, and there is no file',
    async (_, file, start) => {
      await gate.shut();
      const job = start();
      const waiting = failure(job);
      await middleOf(job);
      expect(await isThere(file)).toBe(true);
      await job.abort();
      await gate.open();
      expect(await waiting).toMatchObject({ code: 'VIR_ERR_OPERATION_ABORTED' });
      expect(await stateOf()).toBe(DomainState.RUNNING);
      expect(await isThere(file)).toBe(false);
      expect(await domain.hasManagedSaveImage()).toBe(false);
    },
  );

  describe('a snapshot with the memory of a running machine', () => {
    const xml = `<domainsnapshot><name>alive</name><memory snapshot="external" file="/tmp/jobs.memory"/></domainsnapshot>`;
    const sourceOf = async () => /<source file='([^']*)'/.exec(await domain.getXMLDesc())?.[1];
    const middle = {
      memory: { total: expect.any(BigInt) },
      stats: { operation: DomainJobOperation.SNAPSHOT, type: DomainJobType.UNBOUNDED },
    };

    it('is watched', async () => {
      await gate.shut();
      const job = domain.createSnapshotXML(xml);
      const whole = progressOf(job);
      expect(await middleOf(job)).toMatchObject(middle);
      await gate.open();
      expect(await job).toMatchObject({ name: 'alive', domain: { name: 'jobs' } });
      expect((await whole).at(-1)).toMatchObject({
        percentage: 100,
        stats: { operation: DomainJobOperation.SNAPSHOT, type: DomainJobType.COMPLETED },
      });
      expect(await stateOf()).toBe(DomainState.RUNNING);
      expect(await sourceOf()).toBe(`${images}/jobs.alive`);
      expect(await isThere('/tmp/jobs.memory')).toBe(true);
    });

    it('is aborted half-way, and leaves nothing', async () => {
      await gate.shut();
      const job = domain.createSnapshotXML(xml);
      const waiting = failure(job);
      expect(await middleOf(job)).toMatchObject(middle);
      await job.abort();
      await gate.open();
      expect(await waiting).toMatchObject({
        code: 'VIR_ERR_OPERATION_ABORTED',
        operation: 'virDomainSnapshotCreateXML',
      });
      expect(await stateOf()).toBe(DomainState.RUNNING);
      expect(await sourceOf()).toBe(disk);
      expect(await domain.listAllSnapshots()).toEqual([]);
      expect(await isThere('/tmp/jobs.memory')).toBe(false);
    });
  });

  it('a dump of the memory alone cannot be aborted, and libvirt keeps nothing of it', async () => {
    const earlier = domain.coreDump('/tmp/jobs.dump');
    await earlier;
    const last = (await earlier.statistics())?.stats;
    expect(last).toMatchObject({ type: DomainJobType.COMPLETED });
    await gate.shut();
    const job = domain.coreDump('/tmp/jobs.memory', DomainCoreDumpFormat.RAW, DomainCoreDumpFlags.MEMORY_ONLY);
    const whole = progressOf(job);
    await middleOf(job);
    // A dump that is over in the end, whoever wanted to abort it.
    expect(await failure(job.abort())).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
    await gate.open();
    await job;
    const seen = await whole;
    // What it keeps is that of the dump before.
    for (const { stats } of seen) expect(stats).not.toEqual(last);
    expect(await job.statistics()).toEqual(seen.at(-1));
    expect(await stateOf()).toBe(DomainState.RUNNING);
  });

  it('of restoring there is the time alone to tell', async () => {
    await domain.save('/tmp/jobs.save');
    const restore = connection.restoreDomain('/tmp/jobs.save');
    for (const { time, total, percentage } of await progressOf(restore)) {
      expect({ total, percentage, elapsed: time.elapsed >= 0 }).toEqual({
        total: null,
        percentage: null,
        elapsed: true,
      });
    }
    await restore;
    expect(await stateOf()).toBe(DomainState.RUNNING);
  });

  it('a file that is cut off is not restored, stays, and the machine is off', async () => {
    await domain.save('/tmp/jobs.save');
    await bed().run('truncate', ['-s', '1M', '/tmp/jobs.save']);
    expect(await failure(connection.restoreDomain('/tmp/jobs.save'))).toMatchObject({
      name: 'LibvirtError',
      operation: 'virDomainRestore',
    });
    expect(await stateOf()).toBe(DomainState.SHUTOFF);
    expect(await isThere('/tmp/jobs.save')).toBe(true);
  });

  it('a machine for which there is no room runs on, and there is no file', async () => {
    const full = async (job: Job<void>, file: string) => {
      expect(await failure(job)).toMatchObject({ name: 'LibvirtError', code: 'VIR_ERR_OPERATION_FAILED' });
      expect(await stateOf()).toBe(DomainState.RUNNING);
      expect(await isThere(file)).toBe(false);
    };
    await full(domain.save(`${small}/save`), `${small}/save`);
    await full(domain.coreDump(`${small}/dump`), `${small}/dump`);
    await bed().run('mount', ['--bind', small, kept]);
    try {
      await full(domain.managedSave(), `${kept}/jobs.save`);
    } finally {
      await bed().run('umount', [kept]);
    }
    expect(await domain.hasManagedSaveImage()).toBe(false);
  });

  it('a machine whose libvirtd ends while it is saved runs on under the next one', async () => {
    await gate.shut();
    const job = domain.save('/tmp/jobs.save');
    const waiting = failure(job);
    await middleOf(job);
    bed().libvirtd.kill();
    expect(await waiting).toMatchObject({ code: 'ERR_LIBVIRT_DISCONNECTED' });
    await bed().libvirtd.ended();
    await gate.open();
    await bed().libvirtd.start();
    connection = await Connection.open(bed().uri);
    domain = await connection.lookupDomainByName('jobs');
    await eventually('it runs on', async () => (await stateOf()) === DomainState.RUNNING);
    expect(await domain.getJobStats()).toEqual({ type: DomainJobType.NONE });
    // Nobody removes it.
    expect(await isThere('/tmp/jobs.save')).toBe(true);
  });
});
