import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Connection, type Domain, DomainBlockJobType, DomainMemoryFlags } from '../lib/index.js';
import { native } from '../lib/native.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch, failure, failures, machineXML } from './helpers.js';
import { xdr } from './remote-protocol.js';

const MiB = 1024 * 1024;
const scratch = new Scratch();
const host = scratch.host(machineXML({ name: 'pc1' }));

afterAll(() => {
  scratch.remove();
});

describe('disks on the test driver', () => {
  let connection: Connection;
  let domain: Domain;

  beforeEach(async () => {
    connection = await Connection.open(host);
    domain = await connection.lookupDomainByName('pc1');
  });
  afterEach(() => connection.close());

  it('of which it knows no jobs', async () => {
    const calls = [
      domain.blockPull('vda'),
      domain.blockCommit('vda'),
      domain.blockRebase('vda'),
      domain.blockCopy('vda', '<disk/>', { bandwidth: 1n, granularity: 512 }),
      domain.blockJobAbort('vda'),
      domain.getBlockJobInfo('vda'),
      domain.blockJobSetSpeed('vda', 1),
      domain.blockResize('vda', 2n ** 63n),
      domain.getBlockStats('vda'),
      domain.setBlockThreshold('vda', 1),
      domain.blockPeek('vda', 0, 1),
      domain.backupBegin('<domainbackup/>'),
      domain.backupGetXMLDesc(),
    ];
    for (const error of await failures(calls)) expect(error).toMatchObject({ code: 'VIR_ERR_NO_SUPPORT' });
  });

  it('are not asked with what is no number, text or parameter', async () => {
    const calls = [
      domain.blockPull(1 as unknown as string),
      domain.blockPull('vda', -1),
      domain.blockResize('vda', -1n),
      domain.blockCopy('vda', '<disk/>', { granularity: -1 }),
      domain.blockCopy('vda', '<disk/>', 5 as unknown as object),
      domain.blockPeek('vda', 0, -1),
      domain.blockPeek('vda', 0, 1.5),
      domain.blockPeek('vda', 0, 2 ** 53),
      domain.memoryPeek(-1, 5 * MiB, DomainMemoryFlags.PHYSICAL),
      domain.memoryPeek('x' as unknown as number, 5 * MiB, DomainMemoryFlags.PHYSICAL),
    ];
    for (const error of await failures(calls)) {
      expect(['TypeError', 'RangeError', 'SyntaxError']).toContain((error as Error).name);
    }
  });

  it('have statistics', async () => {
    const stats = await domain.blockStats('vda');
    expect(Object.keys(stats)).toEqual(['rdReq', 'rdBytes', 'wrReq', 'wrBytes', 'errs']);
    for (const value of Object.values(stats)) expect(typeof value).toBe('bigint');
    expect(await failure(domain.blockStats('nowhere'))).toMatchObject({ code: 'VIR_ERR_INVALID_ARG' });
  });

  it('and its memory is read in one piece or several', async () => {
    // The test driver fills what it is asked for with the alphabet, anew for each call.
    const small = await domain.memoryPeek(0, 100, DomainMemoryFlags.PHYSICAL);
    expect(small).toHaveLength(100);
    const large = await domain.memoryPeek(0n, 9 * MiB + 1, DomainMemoryFlags.PHYSICAL);
    expect(large).toHaveLength(9 * MiB + 1);
    for (const start of [0, 4 * MiB, 8 * MiB]) expect(large.subarray(start, start + 100)).toEqual(small);
    expect(await domain.memoryPeek(0, 0, DomainMemoryFlags.PHYSICAL).then((bytes) => bytes.length)).toBe(0);
  });

  it('which the raw layer limits to what a process can be meant to hold', async () => {
    const handle = await native.virDomainLookupByName(connection.link.handle, 'pc1');
    expect(await failure(native.virDomainMemoryPeek(handle, 0n, 2 ** 52, 2))).toMatchObject({
      code: 8,
      message: expect.stringContaining('at most'),
    });
  });
});

describe('disks of a daemon', () => {
  const uuid = '11111111-2222-4333-8444-555555555555';
  const { int, hyper } = xdr;
  const info = (type: number, cur: bigint, end: bigint) =>
    Buffer.concat([int(1), int(type), hyper(0n), hyper(cur), hyper(end)]);
  const none = Buffer.concat([int(0), int(0), hyper(0n), hyper(0n), hyper(0n)]);
  const nothing = Buffer.alloc(0);

  let daemon: FakeDaemon;
  let connection: Connection;
  let domain: Domain;

  beforeEach(async () => {
    daemon = await FakeDaemon.start(scratch.file('daemon'));
    connection = await Connection.open(daemon.uri, { keepAlive: false });
    daemon.answer('lookupDomainByName', Buffer.concat([xdr.string('pc1'), xdr.uuid(uuid), int(1)]));
    domain = await connection.lookupDomainByName('pc1');
    daemon.answer('blockPull', nothing);
    daemon.answer('blockJobAbort', nothing);
  });
  afterEach(async () => {
    await connection.close();
    await daemon.stop();
  });

  it('have a job or none', async () => {
    daemon.answer('getBlockJobInfo', none);
    expect(await domain.getBlockJobInfo('vda')).toBeNull();
    daemon.answer('getBlockJobInfo', info(DomainBlockJobType.COPY, 5n, 2n ** 63n));
    expect(await domain.getBlockJobInfo('vda')).toEqual({
      type: DomainBlockJobType.COPY,
      bandwidth: 0,
      cur: 5n,
      end: 2n ** 63n,
    });
  });

  it('are pulled when libvirt knows of no job any more', async () => {
    daemon.answer('getBlockJobInfo', info(DomainBlockJobType.PULL, 1n, 2n));
    const job = domain.blockPull('vda');
    await daemon.whenRequested('getBlockJobInfo', 3);
    expect(daemon.requestCount('blockPull')).toBe(1);
    daemon.answer('getBlockJobInfo', none);
    await job;
    expect(daemon.requestCount('blockJobAbort')).toBe(0);
  });

  it('are not pulled when the job was aborted', async () => {
    daemon.answer('getBlockJobInfo', info(DomainBlockJobType.PULL, 1n, 2n));
    const controller = new AbortController();
    const job = domain.with({ signal: controller.signal }).blockPull('vda');
    const waiting = failure(job);
    await daemon.whenRequested('getBlockJobInfo');
    daemon.hold('blockJobAbort');
    controller.abort(new Error('enough'));
    await daemon.whenHeld('blockJobAbort');
    // The job is gone before libvirt has answered: that is the abort's doing, and no success.
    daemon.answer('getBlockJobInfo', none);
    const asked = daemon.requestCount('getBlockJobInfo');
    await daemon.whenRequested('getBlockJobInfo', asked + 1);
    daemon.release();
    expect(await waiting).toMatchObject({
      code: 'VIR_ERR_OPERATION_ABORTED',
      cause: expect.objectContaining({ message: 'enough' }),
    });
  });

  it('are read in pieces that a daemon passes on', async () => {
    const piece = Buffer.alloc(4 * MiB, 'x');
    daemon.answer('blockPeek', Buffer.concat([int(piece.length), piece]));
    expect(await domain.blockPeek('vda', 2n ** 40n, 8 * MiB)).toHaveLength(8 * MiB);
    expect(daemon.requestCount('blockPeek')).toBe(2);
    daemon.answer('blockPeek', Buffer.concat([int(3), Buffer.from('abc\0')]));
    expect((await domain.blockPeek('vda', 0, 3)).toString()).toBe('abc');
    const handle = await native.virDomainLookupByName(connection.link.handle, 'pc1');
    expect(await failure(native.virDomainBlockPeek(handle, 'vda', 0n, 4 * MiB + 1, 0))).toMatchObject({
      operation: 'virDomainBlockPeek',
    });
  });
});
