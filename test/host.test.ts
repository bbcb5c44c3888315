import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Connection, NodeSuspendTarget } from '../lib/index.js';
import { native } from '../lib/native.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch, failure, failures } from './helpers.js';
import { xdr } from './remote-protocol.js';
import { itSince } from './versions.js';

const scratch = new Scratch();
// The test driver is an i686; its CPUs are of that architecture.
const cpuXML = (model: string): string =>
  `<cpu><arch>i686</arch><model>${model}</model><vendor>Intel</vendor><topology sockets="1" cores="2" threads="1"/></cpu>`;

let connection: Connection;

beforeEach(async () => {
  connection = await Connection.open('test:///default');
});
afterEach(() => connection.close());
afterAll(() => {
  scratch.remove();
});

describe('what is refused', () => {
  it.each([
    ['free memory of no cells', () => connection.getNodeCellsFreeMemory(0, 0), 'VIR_ERR_INVALID_ARG'],
    ['free memory of cells that are not there', () => connection.getNodeCellsFreeMemory(99), 'VIR_ERR_INVALID_ARG'],
    ['free pages of no cells', () => connection.getNodeFreePages([4], 0, 0), 'VIR_ERR_INVALID_ARG'],
    ['free pages of no size', () => connection.getNodeFreePages([]), 'VIR_ERR_INVALID_ARG'],
    ['a baseline of no CPUs', () => connection.baselineCPU([]), 'VIR_ERR_INVALID_ARG'],
    ['a baseline of what is no CPU', () => connection.baselineCPU(['<cpu']), 'VIR_ERR_XML_DETAIL'],
    ['models of no architecture', () => connection.getCPUModelNames('abacus'), 'VIR_ERR_INVALID_ARG'],
    ['a flag that nobody knows', () => connection.getNodeCPUMap(1), 'VIR_ERR_INVALID_ARG'],
    ['comparing CPUs', () => connection.compareCPU(cpuXML('core2duo')), 'VIR_ERR_NO_SUPPORT'],
    [
      "comparing a hypervisor's CPUs",
      () => connection.compareHypervisorCPU(null, null, null, null, cpuXML('core2duo')),
      'VIR_ERR_NO_SUPPORT',
    ],
    [
      "a baseline of a hypervisor's CPUs",
      () => connection.baselineHypervisorCPU(null, 'x86_64', null, null, [cpuXML('core2duo')]),
      'VIR_ERR_NO_SUPPORT',
    ],
    ['memory parameters', () => connection.getNodeMemoryParameters(), 'VIR_ERR_NO_SUPPORT'],
    ['setting them', () => connection.setNodeMemoryParameters({ shmPagesToScan: 1 }), 'VIR_ERR_NO_SUPPORT'],
    ['memory statistics', () => connection.getNodeMemoryStats(), 'VIR_ERR_NO_SUPPORT'],
    ['reserving pages', () => connection.allocNodePages([{ size: 2048, count: 1 }]), 'VIR_ERR_NO_SUPPORT'],
    ['encryption', () => connection.getNodeSEVInfo(), 'VIR_ERR_NO_SUPPORT'],
    ['sleep', () => connection.suspendNodeForDuration(NodeSuspendTarget.MEM, 60), 'VIR_ERR_NO_SUPPORT'],
    ['another identity', () => connection.setIdentity({ userName: 'fred' }), 'VIR_ERR_NO_SUPPORT'],
  ])('%s', async (_, call, code) => {
    expect(await failure(call())).toMatchObject({ name: 'LibvirtError', code });
  });

  it('values that do not fit, by the name of the field', async () => {
    const wrong = await failures([
      connection.setIdentity({ unixUserId: -1 }),
      connection.setIdentity({ userName: 5 as unknown as string }),
      connection.setNodeMemoryParameters({ shmPagesToScan: 2 ** 32 }),
      connection.setNodeMemoryParameters({ nonsense: 5 } as object),
      connection.setNodeMemoryParameters(null as unknown as object),
      connection.allocNodePages([{ size: 2048, count: -1n }]),
    ]);
    expect(wrong.map((error) => (error as Error).name)).toEqual([
      'RangeError',
      'TypeError',
      'RangeError',
      'TypeError',
      'TypeError',
      'RangeError',
    ]);
    expect(wrong.map((error) => (error as Error).message).join('\n')).toMatch(
      /virConnectSetIdentity[^]*user-name[^]*shm_pages_to_scan[^]*nonsense[^]*params[^]*pageCounts/,
    );
  });

  it('as many counts of pages as there are no sizes for', async () => {
    const conn = await native.virConnectOpen('test:///default');
    expect(await failure(native.virNodeAllocPages(conn, [4, 2048], [1n], 0, 1, 0))).toMatchObject({ code: 8 });
    await native.virConnectClose(conn);
  });
});

describe('what the host tells', () => {
  it('of its CPUs', async () => {
    const { nodes, sockets, cores, threads } = await connection.getNodeInfo();
    expect(nodes * sockets * cores * threads).toBeGreaterThan(0);
    const map = await connection.getNodeCPUMap();
    expect(Object.keys(map)).toEqual(['total', 'cpumap', 'online']);
    expect(map.cpumap).toHaveLength(map.online);
    expect(map.total).toBeGreaterThanOrEqual(map.online);
    const stats = await connection.getNodeCPUStats();
    expect(stats).toMatchObject({ user: expect.any(BigInt), kernel: expect.any(BigInt), idle: expect.any(BigInt) });
    for (const cpu of [0, 1]) expect(Object.keys(await connection.getNodeCPUStats(cpu))).toEqual(Object.keys(stats));
  });

  it('of its memory', async () => {
    expect(await connection.getNodeFreeMemory()).toBeGreaterThan(0n);
    const cells = await connection.getNodeCellsFreeMemory();
    expect(cells.length).toBe((await connection.getNodeInfo()).nodes);
    // The host has fewer cells than there is room for.
    expect(await connection.getNodeCellsFreeMemory(0, 2 ** 31 - 1)).toEqual(cells);
    expect(await connection.getNodeCellsFreeMemory(1)).toEqual(cells.slice(1));
    expect(await connection.getNodeCellsFreeMemory(0, 1)).toEqual(cells.slice(0, 1));
    for (const bytes of cells) expect(typeof bytes).toBe('bigint');
  });

  it('of its free pages', async () => {
    const one = await connection.getNodeFreePages([4, 2048]);
    expect(one).toHaveLength(1);
    expect(one[0]?.pages.map(({ size }) => size)).toEqual([4, 2048]);
    // This driver has as many cells as it is asked for.
    const all = await connection.getNodeFreePages([4, 2048], 0, 2);
    expect(all.map(({ cell }) => cell)).toEqual([0, 1]);
    expect(all[0]).toEqual(one[0]);
    expect((await connection.getNodeFreePages([4], 0, 2 ** 32 - 1)).length).toBeGreaterThan(1);
  });

  it('of its hypervisor', async () => {
    expect(await connection.getMaxVcpus()).toBe(32);
    expect(await connection.getMaxVcpus('test')).toBe(32);
    expect(await connection.getSysinfo()).toContain('<sysinfo');
  });

  // The test driver of 9.0 has one, that of 7.0 none.
  itSince('9.0.0', 'of its security driver', async () => {
    expect(await connection.getNodeSecurityModel()).toEqual({ model: 'testSecurity', doi: '' });
  });

  it('of the models of CPUs', async () => {
    expect(await connection.getCPUModelNames('x86_64')).toEqual(expect.arrayContaining(['qemu64', 'core2duo']));
    // Every name will do.
    expect(await connection.getCPUModelNames('s390')).toEqual([]);
  });

  it('of what CPUs have in common', async () => {
    const both = await connection.baselineCPU([cpuXML('core2duo'), cpuXML('Penryn')]);
    expect(both).toMatch(/<model[^]*<vendor>Intel/);
    expect(await failure(connection.baselineCPU([both]))).toMatchObject({ operation: 'virConnectBaselineCPU' });
  });
});

describe('a daemon that says strange things', () => {
  let daemon: FakeDaemon;
  let far: Connection;

  beforeEach(async () => {
    daemon = await FakeDaemon.start(scratch.file('daemon'));
    far = await Connection.open(daemon.uri);
  });
  afterEach(async () => {
    await far.close();
    await daemon.stop();
  });

  it('has failed, or has no memory', async () => {
    const why = { code: 38, domain: 7, message: 'no', str1: null, str2: null, str3: null, int1: 0, int2: 0 };
    daemon.refuse('nodeGetFreeMemory', why);
    expect(await failure(far.getNodeFreeMemory())).toMatchObject({ code: 'VIR_ERR_SYSTEM_ERROR', message: 'no' });
    // libvirt takes 0 for a failure, whoever says it.
    daemon.answer('nodeGetFreeMemory', xdr.hyper(0n));
    expect(await failure(far.getNodeFreeMemory())).toMatchObject({ operation: 'virNodeGetFreeMemory' });
    daemon.answer('nodeGetFreeMemory', xdr.hyper(2n ** 64n - 1n));
    expect(await far.getNodeFreeMemory()).toBe(2n ** 64n - 1n);
  });

  it('counts more pages than 32 bits hold', async () => {
    const counts = [2n ** 31n, 2n ** 40n, 0n, 2n ** 64n - 1n];
    daemon.answer('nodeGetFreePages', Buffer.concat([xdr.int(counts.length), ...counts.map(xdr.hyper)]));
    expect(await far.getNodeFreePages([4, 2048], 2, 2)).toEqual([
      {
        cell: 2,
        pages: [
          { size: 4, count: 2n ** 31n },
          { size: 2048, count: 2n ** 40n },
        ],
      },
      {
        cell: 3,
        pages: [
          { size: 4, count: 0n },
          { size: 2048, count: 2n ** 64n - 1n },
        ],
      },
    ]);
    daemon.answer('nodeAllocPages', xdr.int(2));
    expect(await far.allocNodePages([{ size: 2048, count: 2n ** 40n }], 0, 2)).toBe(2);
  });

  it('has more than 128 CPUs, some of them off', async () => {
    const map = Buffer.alloc(33);
    map[0] = 0b101;
    map[32] = 0b1;
    daemon.answer('nodeGetCPUMap', Buffer.concat([xdr.int(33), map, Buffer.alloc(3), xdr.int(3), xdr.int(257)]));
    expect(await far.getNodeCPUMap()).toEqual({ total: 257, cpumap: [0, 2, 256], online: 3 });
  });

  it('sends less of a map than it says: nothing is read that is not there', async () => {
    const total = 2 ** 20;
    daemon.answer(
      'nodeGetCPUMap',
      Buffer.concat([xdr.int(4), Buffer.from([0b101, 0, 0, 0]), xdr.int(2), xdr.int(total)]),
    );
    const { cpumap, ...counts } = await far.getNodeCPUMap();
    expect(counts).toEqual({ total, online: 2 });
    expect(cpumap.slice(0, 2)).toEqual([0, 2]);
    // What follows is of the same block of memory: malloc's smallest holds no thousand CPUs.
    expect(Math.max(...cpumap)).toBeLessThan(1000);
  });

  it('has no statistics at all', async () => {
    daemon.answer('nodeGetCPUStats', Buffer.concat([xdr.int(0), xdr.int(0)]));
    expect(await far.getNodeCPUStats()).toEqual({});
  });
});
