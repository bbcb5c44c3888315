import { statSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Connection,
  type Domain,
  DomainCoreDumpFlags,
  DomainCoreDumpFormat,
  DomainJobType,
  DomainMigrateFlags,
  DomainSaveRestoreFlags,
  DomainShutoffReason,
  DomainState,
} from '../lib/index.js';
import { migrateArguments } from '../lib/migrate-arguments.js';
import { native } from '../lib/native.js';
import { typed } from '../lib/params.js';
import { FakeDaemon } from './fake-daemon.js';
import { failure, failures, machineXML, Scratch } from './helpers.js';
import { xdr } from './remote-protocol.js';

const scratch = new Scratch();
const uuid = '11111111-2222-4333-8444-555555555555';
const host = scratch.host(machineXML({ name: 'pc1', uuid }) + machineXML({ name: 'pc2', state: 5 }));

let connection: Connection;
let domain: Domain;

beforeEach(async () => {
  connection = await Connection.open(host);
  domain = await connection.lookupDomainByName('pc1');
});
afterEach(() => connection.close());
afterAll(() => {
  scratch.remove();
});

const stateOf = async () => (await domain.getState()).state;

describe('saving and restoring that cannot be', () => {
  it('is refused by libvirt', async () => {
    const off = await connection.lookupDomainByName('pc2');
    const garbage = scratch.host('');
    const refused: [Promise<unknown>, string][] = [
      [off.save(scratch.file('off')), 'VIR_ERR_OPERATION_INVALID'],
      [off.managedSave(), 'VIR_ERR_OPERATION_INVALID'],
      [domain.save('/nowhere/at/all'), 'VIR_ERR_SYSTEM_ERROR'],
      [connection.restoreDomain('/nowhere/at/all'), 'VIR_ERR_SYSTEM_ERROR'],
      [connection.restoreDomain(garbage.slice('test://'.length)), 'VIR_ERR_SYSTEM_ERROR'],
      [domain.save({ file: scratch.file('params') }), 'VIR_ERR_NO_SUPPORT'],
      [connection.restoreDomain({ file: scratch.file('params') }), 'VIR_ERR_NO_SUPPORT'],
      [domain.managedSaveGetXMLDesc(), 'VIR_ERR_NO_SUPPORT'],
      [domain.managedSaveDefineXML('<domain/>'), 'VIR_ERR_NO_SUPPORT'],
      [domain.getJobInfo(), 'VIR_ERR_NO_SUPPORT'],
      [domain.getJobStats(), 'VIR_ERR_NO_SUPPORT'],
      [domain.abortJob(), 'VIR_ERR_NO_SUPPORT'],
      [domain.migrateStartPostCopy(), 'VIR_ERR_NO_SUPPORT'],
    ];
    const errors = await failures(refused.map(([call]) => call));
    expect(errors.map((error) => (error as { code: string }).code)).toEqual(refused.map(([, code]) => code));
    expect(await failure(domain.save(5 as unknown as string))).toBeInstanceOf(TypeError);
    expect(await failure(domain.save({ parallel: { channels: 'two' as unknown as number } }))).toBeInstanceOf(
      TypeError,
    );
  });

  it('rejects also for flags that are no number', async () => {
    const flags = 2n as unknown as number;
    expect(await failure(domain.coreDump(scratch.file('dump'), DomainCoreDumpFormat.RAW, flags))).toBeInstanceOf(
      TypeError,
    );
    expect(await failure(domain.blockRebase('vda', null, 0, flags))).toBeInstanceOf(TypeError);
  });

  it('cannot be aborted when it restores', async () => {
    await domain.save(scratch.file('restored'));
    const job = connection.restoreDomain(scratch.file('restored'));
    const aborted = failure(job.abort());
    await job;
    expect(await aborted).toMatchObject({ code: 'VIR_ERR_OPERATION_UNSUPPORTED' });
  });
});

describe('a machine', () => {
  it('is saved and goes on', async () => {
    const file = scratch.file('saved');
    await domain.save(file);
    expect(await stateOf()).toBe(DomainState.SHUTOFF);
    expect(statSync(file).size).toBeGreaterThan(100);
    const xml = await connection.getDomainSaveImageXMLDesc(file);
    expect(xml).toContain(uuid);
    await connection.defineDomainSaveImageXML(
      file,
      xml.replace('<name>pc1</name>', '<name>pc1</name><title>T</title>'),
    );
    expect(await connection.getDomainSaveImageXMLDesc(file)).toContain('<title>T</title>');
    expect(await failure(connection.restoreDomain(file, null, DomainSaveRestoreFlags.BYPASS_CACHE))).toMatchObject({
      operation: 'virDomainRestoreFlags',
    });
    await connection.restoreDomain(file);
    expect(await stateOf()).toBe(DomainState.RUNNING);
  });

  it('is saved where libvirt keeps it', async () => {
    expect(await domain.hasManagedSaveImage()).toBe(false);
    await domain.managedSave();
    expect([await domain.hasManagedSaveImage(), await stateOf()]).toEqual([true, DomainState.SHUTOFF]);
    await domain.managedSaveRemove();
    expect(await domain.hasManagedSaveImage()).toBe(false);
    await domain.create();
    expect(await stateOf()).toBe(DomainState.RUNNING);
  });

  it('is dumped, and runs on or not', async () => {
    const file = scratch.file('dump');
    await domain.coreDump(file);
    expect(statSync(file).size).toBeGreaterThan(0);
    expect(await stateOf()).toBe(DomainState.RUNNING);
    expect(await failure(domain.coreDump(file, DomainCoreDumpFormat.KDUMP_ZLIB))).toMatchObject({
      operation: 'virDomainCoreDumpWithFormat',
    });
    await domain.coreDump(file, DomainCoreDumpFormat.RAW, DomainCoreDumpFlags.CRASH);
    expect(await domain.getState()).toEqual({ state: DomainState.SHUTOFF, reason: DomainShutoffReason.CRASHED });
  });
});

describe('what the C functions for migrations get', () => {
  it.each([
    [{}, 1],
    [{ migrateUri: 'tcp://b', destinationName: 'n', bandwidth: 5n }, 1],
    [{ destinationXml: '<domain/>', migrateDisks: undefined }, 2],
    [{ migrateDisks: ['vda', 'vdb'] }, 3],
    [{ bandwidth: typed.ullong(5) }, 3],
    [{ destinationName: 5 as unknown as string }, 3],
    [{ some_field: typed.uint(1) }, 3],
    [null as unknown as object, 3],
  ])('%p needs level %p', (params, level) => {
    expect(migrateArguments(params).level).toBe(level);
  });

  it('is what was given', () => {
    const params = { migrateUri: 'tcp://b', destinationName: 'n', destinationXml: '<domain/>', bandwidth: 5 };
    expect(migrateArguments(params)).toEqual({
      level: 2,
      dname: 'n',
      uri: 'tcp://b',
      dxml: '<domain/>',
      bandwidth: 5,
    });
  });
});

describe('migrations that cannot be', () => {
  let other: Connection;
  beforeEach(async () => {
    other = await Connection.open(scratch.host(''));
  });
  afterEach(() => other.close());

  it('because the driver has none', async () => {
    const params = [{}, { destinationXml: '<domain/>' }, { migrateDisks: ['vda'] }];
    const operations = ['virDomainMigrate', 'virDomainMigrate2', 'virDomainMigrate3'];
    const errors = await failures(params.map((one) => domain.migrate(other, one, DomainMigrateFlags.LIVE)));
    expect(errors.map((error) => (error as { operation: string }).operation)).toEqual(operations);
    const toURI = await failures([
      domain.migrateToURI('test:///default'),
      domain.migrateToURI('test:///default', { migrateUri: 'tcp://b' }),
      domain.migrateToURI('test:///default', { migrateDisks: ['vda'] }),
      domain.migrateToURI(null, { migrateUri: 'tcp://b' }, 0),
    ]);
    expect(toURI.map((error) => (error as { operation: string }).operation)).toEqual([
      'virDomainMigrateToURI',
      'virDomainMigrateToURI2',
      'virDomainMigrateToURI3',
      'virDomainMigrateToURI2',
    ]);
  });

  it('because the destination is none, or closed', async () => {
    for (const dest of [null, {}, domain, 'qemu:///system'] as unknown as Connection[]) {
      expect(await failure(domain.migrate(dest))).toBeInstanceOf(TypeError);
    }
    await other.close();
    expect(await failure(domain.migrate(other))).toMatchObject({
      code: 'ERR_LIBVIRT_CLOSED',
      operation: 'virDomainMigrate',
    });
  });
});

describe('a migration between two daemons', () => {
  let daemons: FakeDaemon[];
  let ends: Connection[];

  beforeEach(async () => {
    daemons = await Promise.all(['a', 'b'].map((name) => FakeDaemon.start(scratch.file(name))));
    ends = await Promise.all(daemons.map((daemon) => Connection.open(daemon.uri, { keepAlive: false })));
    daemons[0]?.answer('lookupDomainByName', Buffer.concat([xdr.string('pc1'), xdr.uuid(uuid), xdr.int(1)]));
  });
  afterEach(async () => {
    for (const daemon of daemons) daemon.release();
    await Promise.all(ends.map((end) => end.close()));
    await Promise.all(daemons.map((daemon) => daemon.stop()));
  });

  it('keeps the other side open until it is over, whoever closes it', async () => {
    const [source, destination] = daemons as [FakeDaemon, FakeDaemon];
    const [from, to] = ends as [Connection, Connection];
    const moving = await from.lookupDomainByName('pc1');
    // It first asks both sides what they can; neither answers.
    source.hold('supportsFeature');
    const waiting = failure(moving.migrate(to));
    await source.whenHeld('supportsFeature');
    let closed = false;
    const closing = to.close().then(() => (closed = true));
    // A call of the source goes through meanwhile.
    expect(await from.getHostname()).toBe('fake-host');
    expect([closed, destination.requestCount('close')]).toEqual([false, 0]);
    source.release();
    await waiting;
    await closing;
    expect(destination.requestCount('close')).toBe(1);
  });
});

describe('what libvirt tells of a job', () => {
  let daemon: FakeDaemon;
  let remote: Connection;
  let far: Domain;

  beforeEach(async () => {
    daemon = await FakeDaemon.start(scratch.file('daemon'));
    remote = await Connection.open(daemon.uri, { keepAlive: false });
    daemon.answer('lookupDomainByName', Buffer.concat([xdr.string('pc1'), xdr.uuid(uuid), xdr.int(1)]));
    far = await remote.lookupDomainByName('pc1');
  });
  afterEach(async () => {
    daemon.release();
    await remote.close();
    await daemon.stop();
  });

  const { int, hyper, string } = xdr;
  const param = (field: string, type: number, value: Buffer) => Buffer.concat([string(field), int(type), value]);

  it('is a struct in the old form', async () => {
    const values = Array.from({ length: 11 }, (_, i) => hyper(BigInt(i) + 2n ** 63n));
    daemon.answer('getJobInfo', Buffer.concat([int(DomainJobType.UNBOUNDED), ...values]));
    const info = await far.getJobInfo();
    expect(Object.keys(info)).toHaveLength(12);
    expect(info).toMatchObject({
      type: DomainJobType.UNBOUNDED,
      timeElapsed: 2n ** 63n,
      fileRemaining: 2n ** 63n + 10n,
    });
  });

  it('is what it knows in the new form, also what these types do not', async () => {
    const params = [
      param('time_elapsed', 4, hyper(2n ** 63n)),
      param('operation', 1, int(5)),
      param('success', 6, int(1)),
      param('new-field.of.2030', 2, int(2 ** 32 - 1)),
    ];
    daemon.answer('getJobStats', Buffer.concat([int(DomainJobType.COMPLETED), int(params.length), ...params]));
    expect(await far.getJobStats()).toEqual({
      type: DomainJobType.COMPLETED,
      timeElapsed: 2n ** 63n,
      operation: 5,
      success: true,
      newField: { of: [{ index: 2030, value: 2 ** 32 - 1 }] },
    });
    daemon.answer('getJobStats', Buffer.concat([int(0), int(0)]));
    expect(await far.getJobStats()).toEqual({ type: DomainJobType.NONE });
  });

  it('is asked, and the job aborted, while the job waits', async () => {
    daemon.hold('managedSave');
    daemon.answer('getJobStats', Buffer.concat([int(0), int(0)]));
    daemon.answer('abortJob', Buffer.alloc(0));
    const jobs = [far.managedSave(), far.managedSave(), far.managedSave(), far.managedSave()];
    const waiting = failures(jobs);
    await daemon.whenHeld('managedSave', 3);
    await far.getJobStats();
    await jobs[0]?.abort();
    expect(daemon.requestCount('abortJob')).toBe(1);
    daemon.release();
    await waiting;
  });

  it('is not waited for when the daemon cannot abort', async () => {
    daemon.hold('managedSave');
    const job = far.with({ timeout: 50 }).managedSave();
    expect(await failure(job)).toMatchObject({
      code: 'ERR_LIBVIRT_TIMEOUT',
      operation: 'virDomainManagedSave',
      message: expect.stringContaining('may still happen'),
    });
  });

  it('and speeds are numbers, times and sizes bigints', async () => {
    daemon.answer('migrateGetMaxSpeed', hyper(2n ** 52n));
    daemon.answer('migrateGetMaxDowntime', hyper(2n ** 63n));
    expect(await far.migrateGetMaxSpeed()).toBe(2 ** 52);
    expect(await far.migrateGetMaxDowntime()).toBe(2n ** 63n);
    const handle = await native.virDomainLookupByName(remote.link.handle, 'pc1');
    expect(() => native.virDomainMigrateSetMaxSpeed(handle, -1, 0)).toThrow();
  });
});
