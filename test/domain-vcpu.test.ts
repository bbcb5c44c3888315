import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Connection, type Domain, DomainModificationImpact, DomainVcpuFlags, VcpuState } from '../lib/index.js';
import { fromCPUText, toCPUText } from '../lib/cpu-set.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch, failure, failures, machineXML } from './helpers.js';
import { xdr } from './remote-protocol.js';
import { isSince, itSince } from './versions.js';

const scratch = new Scratch();
const { LIVE, CONFIG } = DomainModificationImpact;
const host = scratch.host(
  machineXML({ name: 'on', more: '<iothreads>2</iothreads>' }) + machineXML({ name: 'off', state: 5 }),
);

let connection: Connection;
let domain: Domain;
let off: Domain;

beforeEach(async () => {
  connection = await Connection.open(host);
  [domain, off] = await Promise.all([connection.lookupDomainByName('on'), connection.lookupDomainByName('off')]);
});
afterEach(() => connection.close());
afterAll(() => {
  scratch.remove();
});

describe('calls that cannot be', () => {
  // The test driver of 9.0 has IOThreads, that of 7.0 none.
  const noIOThread = isSince('9.0.0') ? 'VIR_ERR_INVALID_ARG' : 'VIR_ERR_NO_SUPPORT';
  it.each<[string, () => Promise<unknown>, string | undefined, string?]>([
    ['CPUs of a machine that is off', () => off.getVcpus(), 'VIR_ERR_OPERATION_INVALID'],
    ['no CPU at all', () => domain.setVcpus(0), 'VIR_ERR_INVALID_ARG'],
    ['more CPUs than the most', () => domain.setVcpus(99, LIVE), 'VIR_ERR_INVALID_ARG'],
    ['a CPU that is not there', () => domain.pinVcpu(99, [0]), 'VIR_ERR_INVALID_ARG'],
    ['nowhere to run', () => domain.pinVcpu(0, []), 'VIR_ERR_INVALID_ARG'],
    ['the IOThread 0', () => domain.addIOThread(0, LIVE), noIOThread],
    ['an IOThread twice', () => domain.addIOThread(1, LIVE), noIOThread],
    ['an IOThread that is not there', () => domain.delIOThread(99, LIVE), noIOThread],
    ['what the driver has not', () => domain.setVcpu([1], true), 'VIR_ERR_NO_SUPPORT'],
    ['what it has no guest for', () => domain.getGuestVcpus(), 'VIR_ERR_NO_SUPPORT'],
    ['a CPU below 0', () => domain.pinVcpu(0, [-1]), undefined, 'RangeError'],
    ['a CPU that is a text', () => domain.pinEmulator(['1'] as never), undefined, 'TypeError'],
    ['half a CPU', () => domain.setVcpu([0.5], true), undefined, 'RangeError'],
    ['a set that is no set', () => domain.setGuestVcpus(3 as never, true), undefined, 'TypeError'],
    ['statistics of half a CPU', () => domain.getCPUStats(0, 0.5), undefined, 'RangeError'],
    ['statistics from half a CPU on', () => domain.getCPUStats(0.5), undefined, 'RangeError'],
  ])('%s', async (_, call, code, name = 'LibvirtError') => {
    const error = await failure(call());
    expect(error).toMatchObject(code === undefined ? { name } : { name, code });
    if (code === undefined) {
      expect(error).toHaveProperty('message', expect.stringMatching(/^\w+: (argument \d \(\w+\)|vcpus|ncpus)/));
    }
  });
});

describe('virtual CPUs', () => {
  it('are counted, set and told apart', async () => {
    expect(await domain.getMaxVcpus()).toBe(2);
    expect(await domain.getVcpuCount(DomainVcpuFlags.MAXIMUM)).toBe(2);
    await domain.setVcpus(1);
    await domain.setVcpus(2, CONFIG);
    expect([await domain.getVcpuCount(LIVE), await domain.getVcpuCount(CONFIG)]).toEqual([1, 2]);
    expect(await domain.getVcpus()).toEqual([
      {
        number: 0,
        state: VcpuState.RUNNING,
        cpuTime: expect.any(BigInt),
        cpu: expect.any(Number),
        cpumap: [0, 1, 2, 3, 4, 5, 6, 7],
      },
    ]);
  });

  it('are pinned', async () => {
    await domain.pinVcpu(1, [2, 0]);
    await domain.pinVcpu(0, [7]);
    // The test driver knows no flags here, so the newer function was called.
    expect(await failure(domain.pinVcpu(0, [6], LIVE))).toHaveProperty('operation', 'virDomainPinVcpuFlags');
    expect(await domain.getVcpuPinInfo()).toEqual([[7], [0, 2]]);
    expect((await domain.getVcpus()).map(({ cpumap }) => cpumap)).toEqual([[7], [0, 2]]);
    expect(await off.getVcpuPinInfo()).toHaveLength(2);
    await domain.pinEmulator([1, 3]);
    expect(await domain.getEmulatorPinInfo()).toEqual([1, 3]);
  });
});

itSince('9.0.0', 'IOThreads come, are pinned and tuned, and go', async () => {
  await domain.addIOThread(7, LIVE);
  await domain.pinIOThread(7, [1, 2], LIVE);
  await domain.setIOThreadParams(7, { pollMaxNs: 2n ** 31n, pollGrow: 2, pollShrink: 3 }, LIVE);
  expect((await domain.getIOThreadInfo()).filter(({ iothreadId }) => iothreadId === 7)).toEqual([
    { iothreadId: 7, cpumap: [1, 2] },
  ]);
  await domain.delIOThread(7, LIVE);
  expect((await domain.getIOThreadInfo()).map(({ iothreadId }) => iothreadId)).toEqual([1, 2]);
  expect(await off.getIOThreadInfo()).toEqual([]);
});

it('CPU time is there for all CPUs together and for each', async () => {
  const [total, ...others] = await domain.getCPUStats();
  expect([typeof total?.cpuTime, others]).toEqual(['bigint', []]);
  const each = await domain.getCPUStats(0);
  expect(each.length).toBeGreaterThan(1);
  for (const { cpuTime } of each) expect(typeof cpuTime).toBe('bigint');
  expect(await domain.getCPUStats(1, 1)).toHaveLength(1);
  expect(await domain.getCPUStats(each.length - 1, 99)).toHaveLength(1);
  expect(await domain.getCPUStats(each.length)).toEqual([]);
  expect(await domain.getCPUStats(0, 0)).toEqual([]);
});

describe('answers that no real driver gives here', () => {
  const uuid = '11111111-2222-4333-8444-555555555555';
  const { int, hyper, string } = xdr;
  const opaque = (bytes: number[]) =>
    Buffer.concat([int(bytes.length), Buffer.from(bytes), Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  let daemon: FakeDaemon;
  let remote: Connection;
  let machine: Domain;

  beforeAll(async () => {
    daemon = await FakeDaemon.start(scratch.file('vcpu'));
    daemon.answer('lookupDomainByName', Buffer.concat([string('m'), xdr.uuid(uuid), int(1)]));
    remote = await Connection.open(daemon.uri);
    machine = await remote.lookupDomainByName('m');
    daemon.answer('getNodeCPUMap', Buffer.concat([opaque(Array<number>(17).fill(255)), int(130), int(130)]));
    daemon.answer('getMaxVcpus', int(2));
    daemon.answer('getVcpusFlags', int(2));
  });
  afterAll(async () => {
    await remote.close();
    await daemon.stop();
  });

  it('a map for 130 CPUs', async () => {
    const bits = [...Array<number>(16).fill(0), 2];
    daemon.answer('getVcpuPinInfo', Buffer.concat([opaque([...bits, ...bits.with(0, 1)]), int(2)]));
    expect(await machine.getVcpuPinInfo()).toEqual([[129], [0, 129]]);
    expect(daemon.body('getVcpuPinInfo')?.readInt32BE(32)).toBe(17);
  });

  it('nothing', async () => {
    daemon.answer('getVcpuPinInfo', Buffer.concat([opaque([]), int(0)]));
    daemon.answer('getVcpus', Buffer.concat([int(0), opaque([])]));
    expect(await machine.getVcpuPinInfo()).toEqual([]);
    expect(await machine.getVcpus()).toEqual([]);
  });

  it('emulator threads that are pinned nowhere, and to nothing', async () => {
    daemon.answer('getEmulatorPinInfo', Buffer.concat([opaque(Array<number>(17).fill(0)), int(0)]));
    expect(await machine.getEmulatorPinInfo()).toBeNull();
    daemon.answer('getEmulatorPinInfo', Buffer.concat([opaque(Array<number>(17).fill(0)), int(1)]));
    expect(await machine.getEmulatorPinInfo()).toEqual([]);
  });

  it('the older count of CPUs where the newer is not there', async () => {
    const info = Buffer.concat([Buffer.alloc(4 * 32), hyper(1024n), int(8), int(1000), int(2), int(2), int(2), int(2)]);
    daemon.answer('getNodeInfo', info);
    daemon.refuse('getNodeCPUMap', {
      ...{ code: 3, domain: 0, message: 'no', str1: null, str2: null, str3: null, int1: 0, int2: 0 },
    });
    daemon.answer('getVcpuPinInfo', Buffer.concat([opaque([1, 128, 0, 1]), int(2)]));
    expect(await machine.getVcpuPinInfo()).toEqual([[0, 15], [8]]);
  });

  it('that it cannot be told how many CPUs there are', async () => {
    daemon.refuse('getNodeCPUMap', {
      ...{ code: 38, domain: 0, message: 'no', str1: null, str2: null, str3: null, int1: 0, int2: 0 },
    });
    const asked = daemon.requestCount('getNodeInfo');
    expect(await failure(machine.getVcpuPinInfo())).toMatchObject({
      code: 'VIR_ERR_SYSTEM_ERROR',
      operation: 'virNodeGetCPUMap',
    });
    expect(daemon.requestCount('getNodeInfo')).toBe(asked);
  });

  it('the guest’s CPUs as numbers, and what else it tells', async () => {
    const fields = [
      [string('vcpus'), int(7), string('0-2,5')],
      [string('online'), int(7), string('')],
      [string('new_field'), int(2), int(-1)],
      [string('new_text'), int(7), string('0-2 of node 1')],
    ];
    daemon.answer('getGuestVcpus', Buffer.concat([int(fields.length), ...fields.flat()]));
    expect(await machine.getGuestVcpus()).toEqual({
      vcpus: [0, 1, 2, 5],
      online: [],
      newField: 2 ** 32 - 1,
      newText: '0-2 of node 1',
    });
  });

  it('statistics of more CPUs than go at once', async () => {
    const asked: number[][] = [];
    daemon.answer('supportsFeature', int(1));
    daemon.answer('getCPUStats', (request) => {
      // A domain is 28 bytes with this name; what follows says which of the four modes it is.
      const [nparams = 0, start = 0, ncpus = 0] = [28, 32, 36].map((at) => request.readInt32BE(at));
      asked.push([nparams, start, ncpus]);
      if (nparams === 0) return Buffer.concat([int(0), int(ncpus === 0 ? 200 : 2)]);
      const cells = Array.from({ length: ncpus }, (_, at) => [
        string('cpu_time'),
        int(4),
        hyper(BigInt(start + at)),
        string('vcpu_time'),
        int(4),
        hyper(-1n),
      ]);
      return Buffer.concat([int(2 * ncpus), ...cells.flat(), int(2)]);
    });
    const stats = await machine.getCPUStats(10);
    expect(asked).toEqual([
      [0, 10, 1],
      [0, 0, 0],
      [2, 10, 128],
      [2, 138, 62],
    ]);
    expect(stats).toHaveLength(190);
    expect(stats[189]).toEqual({ cpuTime: 199n, vcpuTime: 2n ** 64n - 1n });
    expect((await machine.getCPUStats(20, 3)).map(({ cpuTime }) => cpuTime)).toEqual([20n, 21n, 22n]);
  });

  it('more parameters than the protocol lets through', async () => {
    daemon.answer('getCPUStats', (request) => {
      const nparams = request.readInt32BE(28);
      if (nparams === 0) return Buffer.concat([int(0), int(20)]);
      return Buffer.concat([int(1), string('cpu_time'), int(4), hyper(BigInt(nparams)), int(1)]);
    });
    expect(await machine.getCPUStats()).toEqual([{ cpuTime: 16n }]);
  });

  it('no parameters at all', async () => {
    daemon.answer('getCPUStats', Buffer.concat([int(0), int(0)]));
    expect(await machine.getCPUStats()).toEqual([]);
  });
});

it('sets of CPUs are numbers or libvirt’s text', () => {
  expect(toCPUText('', [0, 3, 12])).toBe('0,3,12');
  expect(toCPUText('', '0-7,^3')).toBe('0-7,^3');
  expect(fromCPUText('0-2,5,7-7')).toEqual([0, 1, 2, 5, 7]);
  expect(fromCPUText('')).toEqual([]);
});

it('calls at the same time do not disturb each other', async () => {
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? domain.getVcpuPinInfo() : domain.getCPUStats(0))),
  );
  expect(results.map((one) => one.length > 0)).toEqual(Array(20).fill(true));
  const closing = connection.close();
  for (const error of await failures([domain.getVcpus(), domain.pinVcpu(0, [0])])) {
    expect(error).toHaveProperty('code', 'ERR_LIBVIRT_CLOSED');
  }
  await closing;
});
