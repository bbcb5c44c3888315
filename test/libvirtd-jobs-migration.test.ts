import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { join } from 'node:path';
import {
  Connection,
  type Domain,
  DomainJobOperation,
  DomainJobType,
  DomainMigrateFlags,
  DomainState,
} from '../lib/index.js';
import { failure } from './helpers.js';
import { middleOf, progressOf } from './libvirtd-jobs-helpers.js';
import { booted, eventually, removeMachines } from './libvirtd-helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';

jest.setTimeout(120_000); // machines that are busy with other suites, too

const { LIVE, PEER2PEER } = DomainMigrateFlags;

describeWithTestbed('a migration that is watched', (bed) => {
  let here: Connection;
  let there: Connection;
  let domain: Domain;
  const params = { migrateUri: 'tcp://10.99.0.2' };

  beforeAll(async () => {
    const dir = join(bed().dir, 'hostb');
    await bed().run('bash', [join(__dirname, 'testbed/second-host.sh'), dir]);
    here = await Connection.open(bed().uri);
    there = await Connection.open(bed().uriFor('qemu', '/system', join(dir, 'libvirt-sock')));
    await bed().guest();
  }, 300_000);
  beforeEach(async () => {
    const guest = await bed().guest();
    domain = await here.createDomainXML(guestXML({ name: 'mover', guest, agent: true }));
    await booted(domain);
  });
  afterEach(async () => {
    await removeMachines(here);
    await removeMachines(there);
  });
  afterAll(async () => {
    await here.close();
    await there.close();
  });

  const final = {
    percentage: 100,
    remaining: 0n,
    memory: { remaining: 0n },
    disk: null,
    stats: { type: DomainJobType.COMPLETED, operation: DomainJobOperation.MIGRATION_IN, downtime: expect.any(BigInt) },
  };

  it('tells how far it is, and how it was', async () => {
    await domain.migrateSetMaxSpeed(2);
    const job = domain.migrate(there, params, LIVE);
    // Somebody else looks as well, once.
    const other = (async () => {
      for await (const progress of job) if (progress.total !== null) return progress;
      return undefined;
    })();
    let slow = 0;
    const elapsed: number[] = [];
    let last;
    for await (const progress of job) {
      last = progress;
      elapsed.push(progress.time.elapsed);
      if (progress.total === null || progress.stats?.type === DomainJobType.COMPLETED) continue;
      expect(progress.stats?.operation).toBe(DomainJobOperation.MIGRATION_OUT);
      expect(progress.memory).toMatchObject({ total: expect.any(BigInt), remaining: expect.any(BigInt) });
      if (slow < 3) expect(progress.percentage).toBeLessThan(100);
      if ((slow += 1) === 3) await domain.migrateSetMaxSpeed(10_000);
    }
    const moved = await job;
    expect(slow).toBeGreaterThanOrEqual(3);
    expect(elapsed.slice(0, -1)).toEqual(elapsed.slice(0, -1).sort((a, b) => a - b));
    expect(last).toMatchObject(final);
    expect(await job.statistics()).toEqual(last);
    expect(await other).toMatchObject({ total: expect.any(BigInt) });
    expect((await moved.getState()).state).toBe(DomainState.RUNNING);
    await moved.qemuAgentCommand('{"execute":"guest-ping"}', 30);
  });

  it('is aborted half-way: the guest runs here and answers, and nothing is there', async () => {
    await domain.migrateSetMaxSpeed(1);
    const job = domain.migrate(there, params, LIVE);
    const waiting = failure(job);
    const seen = [];
    for await (const progress of job) {
      seen.push(progress);
      if (progress.processed !== null && progress.processed > 1_000_000n) break;
    }
    expect(seen.at(-1)?.percentage).toBeLessThan(100);
    await job.abort();
    expect(await waiting).toMatchObject({ code: 'VIR_ERR_OPERATION_ABORTED', operation: 'virDomainMigrate' });
    expect(await job.statistics()).toEqual(
      expect.objectContaining({ stats: expect.objectContaining({ type: DomainJobType.UNBOUNDED }) }),
    );
    expect((await domain.getState()).state).toBe(DomainState.RUNNING);
    await domain.qemuAgentCommand('{"execute":"guest-ping"}', 30);
    expect(await there.listAllDomains()).toEqual([]);
  });

  it('fails when the other host dies half-way, with the guest running here', async () => {
    await domain.migrateSetMaxSpeed(1);
    const job = domain.migrateToURI('qemu+tcp://10.99.0.2/system', params, LIVE | PEER2PEER);
    const waiting = failure(job);
    for await (const { total } of job) {
      if (total === null) continue;
      const [arriving] = await there.listAllDomains();
      const pid = (await bed().run('pgrep', ['-f', 'guest=mover.*-incoming'])).trim();
      expect(arriving?.name).toBe('mover');
      await bed().run('kill', ['-KILL', ...pid.split('\n')]);
      break;
    }
    expect(await waiting).toMatchObject({ name: 'LibvirtError', operation: 'virDomainMigrateToURI2' });
    expect((await domain.getState()).state).toBe(DomainState.RUNNING);
    await domain.qemuAgentCommand('{"execute":"guest-ping"}', 30);
    await eventually('nothing is there', async () => (await there.listAllDomains()).length === 0);
  });

  it('fails when the daemon here ends half-way, with the guest running here', async () => {
    await domain.migrateSetMaxSpeed(1);
    const job = domain.migrate(there, params, LIVE);
    const waiting = failure(job);
    await middleOf(job);
    bed().libvirtd.kill();
    expect(await waiting).toMatchObject({ code: 'ERR_LIBVIRT_DISCONNECTED', operation: 'virDomainMigrate' });
    await bed().libvirtd.ended();
    await bed().libvirtd.start();
    here = await Connection.open(bed().uri);
    domain = await here.lookupDomainByName('mover');
    // It finds the agent and the end of the migration by and by.
    await booted(domain);
    expect((await domain.getState()).state).toBe(DomainState.RUNNING);
    await eventually('nothing is there', async () => (await there.listAllDomains()).length === 0);
  });

  it('peer to peer tells as well', async () => {
    const job = domain.migrateToURI('qemu+tcp://10.99.0.2/system', params, LIVE | PEER2PEER);
    const seen = await progressOf(job);
    await job;
    expect(seen.some(({ stats }) => stats?.operation === DomainJobOperation.MIGRATION_OUT)).toBe(true);
    expect(await there.listAllDomains()).toMatchObject([{ name: 'mover' }]);
  });
});
