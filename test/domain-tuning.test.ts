import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Connection,
  type Domain,
  DomainMemoryModFlags,
  DomainModificationImpact,
  DomainNumatuneMemMode,
  Limits,
} from '../lib/index.js';
import { typed } from '../lib/params.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch, failure, machineXML } from './helpers.js';
import { xdr } from './remote-protocol.js';
import { itSince } from './versions.js';

const scratch = new Scratch();
const { LIVE, CONFIG } = DomainModificationImpact;
const mac = '52:54:00:00:00:01';
const host = scratch.host(machineXML({ name: 'on', mac }) + machineXML({ name: 'off', state: 5 }));

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

describe('limits that cannot be', () => {
  it.each<[string, () => Promise<unknown>, string | undefined, string?]>([
    ['of a disk that is not there', () => domain.getBlockIoTune('vdz'), 'VIR_ERR_INVALID_ARG'],
    ['of an interface that is not there', () => domain.getInterfaceParameters('none'), 'VIR_ERR_INVALID_ARG'],
    ['a field of another type', () => domain.setMemoryParameters({ hardLimit: typed.uint(1) }), 'VIR_ERR_INVALID_ARG'],
    [
      'a field of nobody',
      () => domain.setMemoryParameters({ new_limit: typed.uint(1) }),
      'VIR_ERR_ARGUMENT_UNSUPPORTED',
    ],
    ['no field', () => domain.setMemoryParameters({}), 'VIR_ERR_INVALID_ARG'],
    ['no memory', () => domain.setMemory(0), 'VIR_ERR_INVALID_ARG'],
    ['more memory than the most', () => domain.setMemory(2 ** 40), 'VIR_ERR_INVALID_ARG'],
    ['flags that the driver does not know', () => off.getSchedulerParameters(LIVE), 'VIR_ERR_INVALID_ARG'],
    ['a misspelt field', () => domain.setMemoryParameters({ hardlimit: 1 } as never), undefined, 'TypeError'],
    ['a text for a number', () => domain.setMemoryParameters({ hardLimit: '1' } as never), undefined, 'TypeError'],
    ['no object', () => domain.setMemoryParameters(5 as never), undefined, 'TypeError'],
    ['nothing', () => domain.setPerfEvents(null as never), undefined, 'TypeError'],
    ['negative memory', () => domain.setMemory(-1), undefined, 'RangeError'],
  ])('%s', async (_, call, code, name = 'LibvirtError') => {
    expect(await failure(call())).toMatchObject(code === undefined ? { name } : { name, code });
  });
});

it('memory is set, now or at most', async () => {
  expect(await domain.getMaxMemory()).toBe(65536);
  await domain.setMemory(32768);
  await domain.setMemory(16384, DomainMemoryModFlags.CONFIG);
  expect((await domain.getInfo()).memory).toBe(32768);
  await off.setMaxMemory(131072);
  expect(await off.getMaxMemory()).toBe(131072);
  await domain.setMemoryStatsPeriod(5);
  expect(await domain.getXMLDesc()).toContain("<stats period='5'/>");
});

it('the scheduler has what its type says', async () => {
  expect(await domain.getSchedulerType()).toBe('fair');
  expect(await domain.getSchedulerParameters()).toEqual({ weight: 50 });
  await domain.setSchedulerParameters({ weight: 100, cap: null });
  // The test driver answers the same always: what counts is that both functions were called.
  expect(await failure(domain.setSchedulerParameters({ weight: 100 }, 4))).toHaveProperty(
    'operation',
    'virDomainSetSchedulerParametersFlags',
  );
});

it('memory has limits or none', async () => {
  const none = Limits.DOMAIN_MEMORY_PARAM_UNLIMITED;
  expect(none).toBe(BigInt(Number.MAX_SAFE_INTEGER));
  expect(await domain.getMemoryParameters()).toEqual({ hardLimit: none, softLimit: none, swapHardLimit: none });
  await domain.setMemoryParameters({ softLimit: 70000, hardLimit: 80000n });
  expect(await domain.getMemoryParameters()).toEqual({ hardLimit: 80000n, softLimit: 70000n, swapHardLimit: none });
  await domain.setMemoryParameters({ hardLimit: Number.MAX_SAFE_INTEGER, softLimit: none });
  expect(await domain.getMemoryParameters()).toEqual({ hardLimit: none, softLimit: none, swapHardLimit: none });
});

it('disks, interfaces and NUMA nodes have limits of their own', async () => {
  await domain.setBlockIoTune('vda', { totalBytesSec: 10n ** 9n, totalBytesSecMax: 2e9, groupName: 'slow' });
  expect(await domain.getBlockIoTune('vda')).toMatchObject({
    totalBytesSec: 10n ** 9n,
    groupName: 'slow',
    readIopsSec: 0n,
  });
  await domain.setInterfaceParameters(
    mac,
    { inbound: { average: 2 ** 31 + 1 }, outbound: { peak: 5, average: 3 } },
    CONFIG,
  );
  expect(await domain.getInterfaceParameters(mac, CONFIG)).toMatchObject({
    inbound: { average: 2 ** 31 + 1 },
    outbound: { peak: 5, average: 3 },
  });
  await domain.setNumaParameters({ numaMode: DomainNumatuneMemMode.PREFERRED, numaNodeset: '0' }, CONFIG);
  expect(await domain.getNumaParameters(CONFIG)).toEqual({ numaMode: 1, numaNodeset: '0' });
});

// The test driver of 9.0 has them, that of 7.0 not.
itSince('9.0.0', 'disks have weights', async () => {
  await domain.setBlkioParameters({ weight: 900, deviceWeight: '/dev/sda,700' });
  expect(await domain.getBlkioParameters()).toMatchObject({ weight: 900 });
});

it('what was read can be set again', async () => {
  const tune = await domain.getBlockIoTune('vda');
  tune.totalIopsSec = 100n;
  tune.totalIopsSecMax = 200n;
  delete tune.groupName;
  await domain.setBlockIoTune('vda', tune);
  expect(await domain.getBlockIoTune('vda')).toMatchObject({ totalIopsSec: 100n });
});

it('events are counted or not', async () => {
  await domain.setPerfEvents({ cacheMisses: true, cmt: false }, CONFIG);
  expect(await domain.getPerfEvents(CONFIG)).toMatchObject({ cacheMisses: true, cmt: false, pageFaultsMaj: false });
});

it('functions newer than the library say what they need', async () => {
  expect(await failure(domain.setThrottleGroup('g', { totalBytesSec: 1 }))).toHaveProperty(
    'code',
    'VIR_ERR_NO_SUPPORT',
  );
  expect(await failure(domain.delThrottleGroup('g'))).toHaveProperty('code', 'VIR_ERR_NO_SUPPORT');
  expect(await failure(domain.setLaunchSecurityState({ sevSecret: 'x' }))).toHaveProperty('code', 'VIR_ERR_NO_SUPPORT');
});

it('a daemon that counts no parameters is not asked for them, and 0 is no memory but a failure', async () => {
  const daemon = await FakeDaemon.start(scratch.file('tuning'));
  const { int, string } = xdr;
  try {
    const uuid = '11111111-2222-4333-8444-555555555555';
    daemon.answer('lookupDomainByName', Buffer.concat([string('m'), xdr.uuid(uuid), int(1)]));
    daemon.answer('getSchedulerType', Buffer.concat([string('posix'), int(0)]));
    const remote = await Connection.open(daemon.uri);
    const machine = await remote.lookupDomainByName('m');
    expect(await machine.getSchedulerParameters()).toEqual({});
    expect(await machine.getSchedulerType()).toBe('posix');
    expect(daemon.requestCount('getSchedulerParameters')).toBe(0);
    expect(await failure(machine.getMaxMemory())).toHaveProperty('code', 'VIR_ERR_INTERNAL_ERROR');
    daemon.answer('getMaxMemory', Buffer.alloc(8));
    // libvirt's client itself takes it for a failure.
    expect(await failure(machine.getMaxMemory())).toHaveProperty('operation', 'virDomainGetMaxMemory');
    await remote.close();
  } finally {
    await daemon.stop();
  }
});
