import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import {
  Connection,
  type Domain,
  DomainDirtyRateStatus,
  DomainModificationImpact,
  DomainStatsTypes,
  DomainVcpuFlags,
  Limits,
} from '../lib/index.js';
import { failure } from './helpers.js';
import { booted, eventually } from './libvirtd-helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';
import { itSince } from './versions.js';

jest.setTimeout(60_000); // machines that are busy with other suites, too

const { LIVE, CONFIG } = DomainModificationImpact;

describeWithTestbed('tuning of a running machine', (bed) => {
  let connection: Connection;
  let machine: Domain;

  beforeAll(async () => {
    connection = await Connection.open(bed().uri);
    const guest = await bed().guest();
    await bed().run('qemu-img', ['create', '-q', '-f', 'qcow2', '/var/lib/libvirt/images/tuned.qcow2', '64M']);
    const xml = guestXML({ name: 'tuned', guest, agent: true, disk: '/var/lib/libvirt/images/tuned.qcow2' });
    machine = await connection.defineDomainXML(xml);
    await machine.create();
    await booted(machine);
  }, 300_000);
  afterAll(() => connection.close());

  it('says where its CPUs are and may be', async () => {
    const [vcpu, ...others] = await machine.getVcpus();
    expect([vcpu?.number, vcpu?.state, others]).toEqual([0, 1, []]);
    expect(vcpu?.cpuTime).toBeGreaterThan(0n);
    expect(await machine.getVcpuPinInfo()).toEqual([vcpu?.cpumap]);
    expect(vcpu?.cpumap).toContain(0);
    await machine.pinVcpu(0, [0]);
    await machine.pinVcpu(0, [0, 1], CONFIG);
    expect(await machine.getVcpuPinInfo(LIVE)).toEqual([[0]]);
    expect(await machine.getVcpuPinInfo(CONFIG)).toEqual([[0, 1]]);
    expect((await machine.getVcpus())[0]?.cpumap).toEqual([0]);
    expect(await machine.getEmulatorPinInfo()).toContain(0);
    await machine.pinEmulator([0]);
    expect(await machine.getEmulatorPinInfo()).toEqual([0]);
    expect(await machine.getVcpuCount(DomainVcpuFlags.LIVE | DomainVcpuFlags.MAXIMUM)).toBe(1);
  });

  it('gets and loses an IOThread', async () => {
    await machine.addIOThread(1, LIVE | CONFIG);
    expect((await machine.getIOThreadInfo()).map(({ iothreadId }) => iothreadId)).toEqual([1]);
    expect(await failure(machine.addIOThread(1, LIVE))).toHaveProperty('code', 'VIR_ERR_INVALID_ARG');
    await machine.setIOThreadParams(1, { pollMaxNs: 50_000n, pollGrow: 4, pollShrink: 2 }, LIVE);
    const [record] = await connection.getAllDomainStats();
    expect(record?.stats.iothread?.[0]).toMatchObject({ pollMaxNs: 50_000n });
    await machine.pinIOThread(1, [0], LIVE);
    expect(await machine.getIOThreadInfo(LIVE)).toEqual([{ iothreadId: 1, cpumap: [0] }]);
    await machine.delIOThread(1, LIVE | CONFIG);
    expect(await machine.getIOThreadInfo()).toEqual([]);
  });

  it('takes limits of its disk', async () => {
    await machine.setBlockIoTune('vda', { totalBytesSec: 2n ** 33n, readIopsSec: 500 }, LIVE | CONFIG);
    expect(await machine.getBlockIoTune('vda')).toMatchObject({ totalBytesSec: 2n ** 33n, readIopsSec: 500n });
    await machine.setBlockIoTune('vda', { totalBytesSec: 0 });
    expect(await machine.getBlockIoTune('vda', LIVE)).toMatchObject({ totalBytesSec: 0n });
    expect(await machine.getBlockIoTune('vda', CONFIG)).toMatchObject({ totalBytesSec: 2n ** 33n });
    const both = machine.setBlockIoTune('vda', { totalBytesSec: 5000, readBytesSec: 5000 });
    expect(await failure(both)).toHaveProperty('code', 'VIR_ERR_INVALID_ARG');
    expect(await machine.getDiskErrors()).toEqual([]);
  });

  it('takes shares of CPU time', async () => {
    expect(await machine.getSchedulerType()).toBe('posix');
    await machine.setSchedulerParameters({ cpuShares: 2048n, vcpuQuota: -1 }, CONFIG);
    expect(await machine.getSchedulerParameters(CONFIG)).toMatchObject({ cpuShares: 2048n, vcpuQuota: -1n });
    const wrong = machine.setSchedulerParameters({ weight: 5 }, CONFIG);
    expect(await failure(wrong)).toHaveProperty('code', 'VIR_ERR_ARGUMENT_UNSUPPORTED');
  });

  it('has no limit of memory in its definition until it gets one', async () => {
    const none = Limits.DOMAIN_MEMORY_PARAM_UNLIMITED;
    expect(await machine.getMemoryParameters(CONFIG)).toMatchObject({ hardLimit: none, softLimit: none });
    await machine.setMemoryParameters({ hardLimit: 1048576 }, CONFIG);
    expect(await machine.getMemoryParameters(CONFIG)).toMatchObject({ hardLimit: 1048576n, softLimit: none });
  });

  it('gives memory back with its balloon', async () => {
    const most = await machine.getMaxMemory();
    await machine.setMemory(most - 32768);
    await eventually('the balloon', async () => ((await machine.getInfo()).memory === most - 32768 ? true : undefined));
    await machine.setMemory(most, LIVE);
    await machine.setMemoryStatsPeriod(1, LIVE);
    expect(await failure(machine.setMaxMemory(most * 2))).toHaveProperty('name', 'LibvirtError');
  });

  itSince('7.2.0', 'is measured in how fast its guest writes memory', async () => {
    const rate = async () => (await connection.getAllDomainStats(DomainStatsTypes.DIRTYRATE))[0]?.stats.dirtyrate;
    expect(await rate()).toMatchObject({ calcStatus: DomainDirtyRateStatus.UNSTARTED });
    expect(await failure(machine.startDirtyRateCalc(61))).toMatchObject({ operation: 'virDomainStartDirtyRateCalc' });
    await machine.startDirtyRateCalc(1);
    const measured = await eventually('the measurement', async () => {
      const now = await rate();
      return now?.calcStatus === DomainDirtyRateStatus.MEASURED ? now : undefined;
    });
    expect(measured).toMatchObject({ calcPeriod: 1, megabytesPerSecond: expect.any(BigInt) });
  });

  it('knows which events may be counted', async () => {
    const events = await machine.getPerfEvents();
    expect(Object.keys(events)).toContain('cacheMisses');
    expect(new Set(Object.values(events))).toEqual(new Set([false]));
  });

  it('answers to its host', async () => {
    expect(await machine.getControlInfo()).toMatchObject({ state: 0, details: 0 });
    expect(await machine.getLaunchSecurityInfo()).toEqual({}); // its memory is not encrypted
    for (const { enforcing } of await machine.getSecurityLabelList()) expect(typeof enforcing).toBe('boolean');
    await machine.sendKey(0, 10, [30]);
    await machine.injectNMI();
  });
});
