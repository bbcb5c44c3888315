import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { join } from 'node:path';
import {
  Connection,
  type Domain,
  DomainJobOperation,
  DomainJobType,
  DomainMigrateFlags,
  DomainState,
  DomainXMLFlags,
} from '../lib/index.js';
import { failure } from './helpers.js';
import { eventually, removeMachines } from './libvirtd-helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';

jest.setTimeout(60_000); // machines that are busy with other suites, too

const { LIVE, PEER2PEER, TUNNELLED, PERSIST_DEST, UNDEFINE_SOURCE } = DomainMigrateFlags;
const overTCP = 'qemu+tcp://10.99.0.2/system';

describeWithTestbed('migration between two libvirtds', (bed) => {
  let here: Connection;
  let there: Connection;
  let domain: Domain;

  beforeAll(async () => {
    const dir = join(bed().dir, 'hostb');
    await bed().run('bash', [join(__dirname, 'testbed/second-host.sh'), dir]);
    here = await Connection.open(bed().uri);
    there = await Connection.open(bed().uriFor('qemu', '/system', join(dir, 'libvirt-sock')));
    await bed().guest();
  }, 300_000);
  beforeEach(async () => {
    domain = await here.createDomainXML(guestXML({ name: 'mover', memoryMiB: 32 }));
  });
  afterEach(async () => {
    await removeMachines(here);
    await removeMachines(there);
  });
  afterAll(async () => {
    await here.close();
    await there.close();
  });

  const whereItRuns = async () => {
    const names = async (connection: Connection) => (await connection.listAllDomains(1)).map(({ name }) => name);
    return { here: await names(here), there: await names(there) };
  };

  it('has two hosts', async () => {
    expect([await here.getHostname(), await there.getHostname()]).toEqual(['testbed', 'hostb']);
  });

  it('is refused to where it is already, to nowhere, and of what is off', async () => {
    expect(await failure(domain.migrate(here, {}, LIVE))).toMatchObject({ name: 'LibvirtError' });
    expect(await failure(domain.migrateToURI('qemu+tcp://10.99.0.2:1/system', {}, LIVE | PEER2PEER))).toMatchObject({
      operation: 'virDomainMigrateToURI',
    });
    const off = await here.defineDomainXML(guestXML({ name: 'off', memoryMiB: 32 }));
    expect(await failure(off.migrate(there, {}, LIVE))).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
    expect(await whereItRuns()).toEqual({ here: ['mover'], there: [] });
  });

  it.each([
    ['the first C function', { migrateUri: 'tcp://10.99.0.2' }],
    ['the second', { migrateUri: 'tcp://10.99.0.2', destinationXml: 'its own' }],
    ['the third', { migrateUri: 'tcp://10.99.0.2', listenAddress: '10.99.0.2' }],
  ])('goes directly, by %s, and back', async (_, given) => {
    const params =
      'destinationXml' in given
        ? { ...given, destinationXml: await domain.getXMLDesc(DomainXMLFlags.MIGRATABLE) }
        : given;
    const moved = await domain.migrate(there, params, LIVE);
    expect(moved).toMatchObject({ name: 'mover', uuid: domain.uuid, connection: there });
    expect((await moved.getState()).state).toBe(DomainState.RUNNING);
    expect(await whereItRuns()).toEqual({ here: [], there: ['mover'] });
    const back = await moved.migrate(here, { migrateUri: 'tcp://10.99.0.1' }, LIVE);
    expect(back.connection).toBe(here);
    expect(await whereItRuns()).toEqual({ here: ['mover'], there: [] });
    const stats = await back.getJobStats(1);
    expect(stats).toMatchObject({ type: DomainJobType.COMPLETED, operation: DomainJobOperation.MIGRATION_IN });
  });

  it.each([
    ['peer to peer', LIVE | PEER2PEER | PERSIST_DEST | UNDEFINE_SOURCE],
    ['tunnelled', LIVE | PEER2PEER | TUNNELLED],
  ])('goes %s', async (_, flags) => {
    await domain.migrateToURI(overTCP, {}, flags);
    expect(await whereItRuns()).toEqual({ here: [], there: ['mover'] });
    const [moved] = await there.listAllDomains();
    expect(await moved?.isPersistent()).toBe((flags & PERSIST_DEST) !== 0);
  });

  it('has a speed and a downtime', async () => {
    await domain.migrateSetMaxSpeed(100);
    expect(await domain.migrateGetMaxSpeed()).toBe(100);
    await domain.migrateSetMaxDowntime(500n);
    expect(await domain.migrateGetMaxDowntime()).toBe(500n);
    await domain.migrateSetCompressionCache(2 ** 26);
    expect(await domain.migrateGetCompressionCache()).toBe(2n ** 26n);
  });

  describe('that takes long', () => {
    let slow: Domain;

    beforeEach(async () => {
      slow = await here.createDomainXML(guestXML({ name: 'slow', guest: await bed().guest() }));
      await slow.migrateSetMaxSpeed(1);
    });

    const running = async () => {
      const { type, operation } = await slow.getJobStats();
      return type !== DomainJobType.NONE && operation === DomainJobOperation.MIGRATION_OUT ? true : undefined;
    };

    it.each(['abort()', 'a signal', 'a timeout'])('is aborted by %s', async (by) => {
      const controller = new AbortController();
      const view = by === 'a timeout' ? slow.with({ timeout: 1000 }) : slow.with({ signal: controller.signal });
      const job = view.migrate(there, { migrateUri: 'tcp://10.99.0.2' }, LIVE);
      const waiting = failure(job);
      // The time may be up before it runs on a busy machine. It is aborted as soon as it can be.
      if (by !== 'a timeout') {
        await eventually('the migration runs', running);
        // Calls of both sides go through meanwhile.
        expect(await Promise.all([slow.isActive(), there.getHostname()])).toEqual([true, 'hostb']);
      }
      if (by === 'abort()') await job.abort();
      if (by === 'a signal') controller.abort(new Error('enough'));
      const aborted = { code: 'VIR_ERR_OPERATION_ABORTED', operation: 'virDomainMigrate' };
      expect(await waiting).toMatchObject(
        by === 'a timeout'
          ? { code: 'ERR_LIBVIRT_TIMEOUT', message: expect.stringContaining('was aborted'), cause: aborted }
          : aborted,
      );
      expect((await slow.getState()).state).toBe(DomainState.RUNNING);
      expect((await whereItRuns()).there).toEqual([]);
    });

    it('keeps the other connection open until it has ended', async () => {
      const other = await Connection.open(there.uri);
      const job = slow.migrate(other, { migrateUri: 'tcp://10.99.0.2' }, LIVE);
      const waiting = failure(job);
      await eventually('the migration runs', running);
      let closed = false;
      const closing = other.close().then(() => (closed = true));
      await slow.isActive();
      expect(closed).toBe(false);
      await job.abort();
      expect(await waiting).toMatchObject({ code: 'VIR_ERR_OPERATION_ABORTED' });
      await closing;
    });
  });
});
