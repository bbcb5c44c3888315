import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Connection,
  ConnectGetAllDomainStatsFlags,
  ConnectListAllDomainsFlags,
  type Domain,
  DomainPausedReason,
  DomainQemuMonitorCommandFlags,
  DomainRunningReason,
  DomainShutoffReason,
  DomainState,
  DomainStatsTypes,
  DomainXMLFlags,
} from '../lib/index.js';
import { failure } from './helpers.js';
import {
  eventually,
  linksOf,
  machineRows,
  removeMachines,
  removeNetworks,
  tableRows,
  wiresOf,
} from './libvirtd-helpers.js';
import { defaultNetworkXML, describeWithTestbed, guestXML } from './testbed/index.js';

jest.setTimeout(60_000); // machines that are busy with other suites, too

const mac = '52:54:00:00:00:11';
const disk = '/var/lib/libvirt/images/pc1.qcow2';
const MiB = 1024n * 1024n;

describeWithTestbed('machines of a real libvirtd', (bed) => {
  let connection: Connection;
  let pc1: Domain;

  // It boots nothing: its firmware looks for something to boot, and runs.
  const xml = (name = 'pc1', more: Partial<Parameters<typeof guestXML>[0]> = {}): string =>
    guestXML({ name, memoryMiB: 32, network: 'default', mac, disk, ...more });

  beforeAll(async () => {
    await bed().run('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '64M']);
    connection = await Connection.open(bed().uri);
    await removeNetworks(connection);
    await (await connection.defineNetworkXML(defaultNetworkXML())).create();
  });
  beforeEach(async () => {
    pc1 = await connection.defineDomainXML(xml());
  });
  afterEach(() => removeMachines(connection));
  afterAll(() => connection.close());

  const virshRows = async (...options: string[]): Promise<string[][]> =>
    tableRows(await bed().virsh('list', ...options));

  describe('what is refused', () => {
    it.each([
      ['a machine that is not there', () => connection.lookupDomainByName('nobody'), 'VIR_ERR_NO_DOMAIN'],
      ['an ID that no machine has', () => connection.lookupDomainByID(4711), 'VIR_ERR_NO_DOMAIN'],
      ['text that is no XML', () => connection.defineDomainXML('<domain'), 'VIR_ERR_XML_DETAIL'],
      ['a kind of machine that is not there', () => connection.defineDomainXML(xml('x').replace("'qemu'", "'vbox'")), 'VIR_ERR_CONFIG_UNSUPPORTED'], // prettier-ignore
      ['another machine with its name', () => connection.defineDomainXML(xml().replace('<name>', '<uuid>11111111-2222-4333-8444-555555555555</uuid><name>')), 'VIR_ERR_OPERATION_FAILED'], // prettier-ignore
      ['a network that is not there', () => connection.createDomainXML(xml('x', { network: 'nowhere' })), 'VIR_ERR_NO_NETWORK'], // prettier-ignore
      ['pausing what does not run', () => pc1.suspend(), 'VIR_ERR_OPERATION_INVALID'],
      ['stopping what does not run', () => pc1.destroy(), 'VIR_ERR_OPERATION_INVALID'],
      ['shutting down what does not run', () => pc1.shutdown(), 'VIR_ERR_OPERATION_INVALID'],
      ['resetting what does not run', () => pc1.reset(), 'VIR_ERR_OPERATION_INVALID'],
      ['the memory of what does not run', () => pc1.memoryStats(), 'VIR_ERR_OPERATION_INVALID'],
      ['the monitor of what does not run', () => pc1.qemuMonitorCommand('{}'), 'VIR_ERR_OPERATION_INVALID'],
      ['a disk that it has not', () => pc1.getBlockInfo('vdz'), 'VIR_ERR_INVALID_ARG'],
    ])('%s', async (_, call, code) => {
      expect(await failure(call())).toMatchObject({ name: 'LibvirtError', code });
      expect(await machineRows(connection)).toEqual([['-', 'pc1', 'shut off']]);
    });

    it('starting it twice, resuming what is not paused, and an interface that it has not', async () => {
      await pc1.create();
      expect(await failure(pc1.create())).toMatchObject({
        code: 'VIR_ERR_OPERATION_INVALID',
        operation: 'virDomainCreate',
        message: expect.stringContaining('already running'),
      });
      expect(await failure(pc1.resume())).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
      expect(await failure(pc1.interfaceStats('vnet99'))).toMatchObject({ code: 'VIR_ERR_INVALID_ARG' });
    });

    it('asking an agent: none is set up, or none answers', async () => {
      await pc1.create();
      const mute = await connection.createDomainXML(guestXML({ name: 'mute', memoryMiB: 32, agent: true }));
      for (const [domain, code] of [
        [pc1, 'VIR_ERR_ARGUMENT_UNSUPPORTED'],
        [mute, 'VIR_ERR_AGENT_UNRESPONSIVE'],
      ] as const) {
        expect(await failure(domain.getFSInfo())).toMatchObject({ code, operation: 'virDomainGetFSInfo' });
        expect(await failure(domain.qemuAgentCommand('{"execute":"guest-ping"}'))).toMatchObject({ code });
      }
    });

    it('what the monitor does not know: that is an answer, not an error', async () => {
      await pc1.create();
      const answer = JSON.parse(await pc1.qemuMonitorCommand('{"execute":"no-such-command"}')) as unknown;
      expect(answer).toMatchObject({ error: { class: 'CommandNotFound' } });
    });
  });

  it('is shut off when it is defined, runs when it is started, and has an ID then', async () => {
    expect(await machineRows(connection)).toEqual([['-', 'pc1', 'shut off']]);
    expect(await virshRows('--all')).toEqual([['-', 'pc1', 'shut off']]);
    expect(await machineRows(connection, ConnectListAllDomainsFlags.ACTIVE)).toEqual([]);
    expect(await pc1.getState()).toEqual({ state: DomainState.SHUTOFF, reason: DomainShutoffReason.UNKNOWN });
    expect(await pc1.getOSType()).toBe('hvm');

    await pc1.create();
    const id = await pc1.getID();
    expect(id).toBeGreaterThan(0);
    expect(await machineRows(connection)).toEqual([[String(id), 'pc1', 'running']]);
    expect(await virshRows()).toEqual([[String(id), 'pc1', 'running']]);
    expect(await pc1.getState()).toEqual({ state: DomainState.RUNNING, reason: DomainRunningReason.BOOTED });
    expect((await connection.lookupDomainByID(id ?? -1)).uuid).toBe(pc1.uuid);
    expect(await pc1.getInfo()).toMatchObject({
      state: DomainState.RUNNING,
      maxMem: 32768,
      memory: 32768,
      nrVirtCpu: 1,
    });
    expect(await bed().run('ps', ['-C', 'qemu-system-x86_64', '-o', 'args='])).toContain('guest=pc1,');

    await pc1.destroy();
    expect(await pc1.getState()).toEqual({ state: DomainState.SHUTOFF, reason: DomainShutoffReason.DESTROYED });
    expect(await pc1.getID()).toBeNull();
    await pc1.create();
    expect(await pc1.getID()).toBeGreaterThan(id ?? 0);
    await pc1.destroy();
    await pc1.undefine();
    expect(await machineRows(connection)).toEqual([]);
    expect(await failure(pc1.getState())).toMatchObject({ code: 'VIR_ERR_NO_DOMAIN' });
  });

  it('hangs with a vnet on the bridge of its network while it runs', async () => {
    expect(await wiresOf(pc1)).toEqual([{ mac, network: 'default', device: undefined }]);
    await pc1.create();
    const [wire] = await wiresOf(pc1);
    expect(wire).toMatchObject({ mac, network: 'default', device: expect.stringMatching(/^vnet\d+$/) });
    const device = wire?.device ?? '';
    expect(await wiresOf(pc1, DomainXMLFlags.INACTIVE)).toEqual([{ mac, network: 'default', device: undefined }]);
    expect((await linksOf(bed())).get(device)).toMatchObject({ address: mac.replace(/^52/, 'fe'), master: 'virbr0' });

    const counted = async (name: string): Promise<bigint> =>
      BigInt((await bed().run('cat', [`/sys/class/net/${device}/statistics/${name}`])).trim());
    // Something has to go through it: the bridge asks who has an address that nobody has.
    await bed().exec('ping', ['-c', '1', '-W', '1', '192.168.122.77']);
    const before = await counted('tx_bytes');
    const { rxBytes, rxPackets, txErrs } = await pc1.interfaceStats(device);
    const after = await counted('tx_bytes');
    // What the machine receives is what the host sends.
    expect(before).toBeGreaterThan(0n);
    expect(rxBytes).toBeGreaterThanOrEqual(before);
    expect(rxBytes).toBeLessThanOrEqual(after);
    expect(rxPackets).toBeGreaterThan(0n);
    expect(txErrs).toBe(0n);
    expect((await pc1.interfaceStats(mac)).rxBytes).toBeGreaterThanOrEqual(rxBytes);

    await pc1.destroy();
    expect((await linksOf(bed())).has(device)).toBe(false);
  });

  it('is paused and goes on, and its process tells the same', async () => {
    const status = async (): Promise<unknown> =>
      (JSON.parse(await pc1.qemuMonitorCommand('{"execute":"query-status"}')) as { return: unknown }).return;
    await pc1.create();
    expect(await status()).toMatchObject({ running: true, status: 'running' });
    await pc1.suspend();
    expect(await pc1.getState()).toEqual({ state: DomainState.PAUSED, reason: DomainPausedReason.USER });
    expect(await machineRows(connection)).toEqual([[String(await pc1.getID()), 'pc1', 'paused']]);
    expect(await status()).toMatchObject({ running: false, status: 'paused' });
    await pc1.resume();
    expect(await pc1.getState()).toEqual({ state: DomainState.RUNNING, reason: DomainRunningReason.UNPAUSED });
    expect(await status()).toMatchObject({ running: true });
    expect(await pc1.qemuMonitorCommand('info status', DomainQemuMonitorCommandFlags.HMP)).toMatch(/status: running/);
  });

  it('may be asked to reboot, and is reset to its first instruction', async () => {
    await pc1.create();
    await pc1.reboot(); // firmware does not listen
    await pc1.suspend();
    const instruction = async (): Promise<string | undefined> =>
      /[ER]IP=(\w+)/.exec(await pc1.qemuMonitorCommand('info registers', DomainQemuMonitorCommandFlags.HMP))?.[1];
    expect(await instruction()).not.toMatch(/^0*fff0$/);
    await pc1.reset();
    await eventually('reset', async () => /^0*fff0$/.test((await instruction()) ?? ''));
    expect(await pc1.isActive()).toBe(true);
  });

  it('tells of its memory what the host knows, as long as no guest reports', async () => {
    await pc1.create();
    const { actualBalloon, rss, lastUpdate, ...others } = await pc1.memoryStats();
    expect(actualBalloon).toBe(32768n);
    expect(rss).toBeGreaterThan(1024n);
    expect(lastUpdate).toBe(0n);
    expect(others).toEqual({});
  });

  it('tells how large its disk is', async () => {
    const file = Number((await bed().run('stat', ['-c', '%s', disk])).trim());
    const off = await pc1.getBlockInfo('vda');
    expect(off).toMatchObject({ capacity: 64n * MiB, physical: BigInt(file) });
    await pc1.create();
    expect(await pc1.getBlockInfo(disk)).toMatchObject({ capacity: 64n * MiB, physical: BigInt(file) });
  });

  describe('bulk statistics', () => {
    it('are what virsh has, with each dot of a name as a step', async () => {
      await pc1.create();
      await pc1.suspend(); // else figures change between the two
      await connection.defineDomainXML(xml('pc2', { mac: '52:54:00:00:00:12' }));
      const records = await connection.getAllDomainStats();
      expect(records.map(({ domain }) => domain.name).sort()).toEqual(['pc1', 'pc2']);
      for (const { domain, stats } of records) {
        const ours = figuresOf(stats);
        const theirs = figuresOfVirsh(await bed().virsh('domstats', domain.name));
        expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
        // The process itself goes on, and so do those who send to every machine of the network.
        const steady = ([name]: [string, string]) => !/^cpu\.|\.rss$|^net\.\d+\.rx\./.test(name);
        expect([...ours].filter(steady).sort()).toEqual([...theirs].filter(steady).sort());
      }
      const stats = records.find(({ domain }) => domain.name === 'pc1')?.stats;
      expect(stats).toMatchObject({
        state: { state: DomainState.PAUSED, reason: DomainPausedReason.USER },
        balloon: { current: 32768n, maximum: 32768n },
        vcpu: { current: 1, maximum: 1, list: [{ index: 0 }] },
        net: [{ index: 0, name: expect.stringMatching(/^vnet/), rx: { errs: 0n }, tx: { errs: 0n } }],
        block: [{ index: 0, name: 'vda', path: disk, capacity: 64n * MiB, rd: {}, wr: { bytes: 0n } }],
      });
      expect(stats?.cpu?.time).toBeGreaterThan(0n);
    });

    it('are only those that are wanted', async () => {
      await pc1.create();
      const [one, ...others] = await connection.getAllDomainStats(DomainStatsTypes.STATE | DomainStatsTypes.VCPU);
      expect(others).toEqual([]);
      expect(one?.domain.uuid).toBe(pc1.uuid);
      expect(Object.keys(one?.stats ?? {}).sort()).toEqual(['state', 'vcpu']);
      const [same] = await connection.getDomainListStats([pc1], DomainStatsTypes.STATE);
      expect(same?.stats).toEqual({ state: { state: DomainState.RUNNING, reason: DomainRunningReason.BOOTED } });
      const strictly = ConnectGetAllDomainStatsFlags.ENFORCE_STATS;
      expect(await failure(connection.getAllDomainStats(1 << 30, strictly))).toMatchObject({
        code: 'VIR_ERR_ARGUMENT_UNSUPPORTED',
      });
    });
  });

  it('lives on without a definition, and is gone when it is stopped', async () => {
    const passing = await connection.createDomainXML(xml('passing', { mac: '52:54:00:00:00:13' }));
    expect(await passing.isPersistent()).toBe(false);
    await passing.destroy();
    expect(await failure(passing.getState())).toMatchObject({ code: 'VIR_ERR_NO_DOMAIN' });
    await pc1.create();
    await pc1.undefine();
    expect([await pc1.isActive(), await pc1.isPersistent()]).toEqual([true, false]);
    await pc1.destroy();
    expect(await machineRows(connection)).toEqual([]);
  });

  it('of many who start it at once one succeeds', async () => {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => pc1.create()));
    const failed = results.filter((result) => result.status === 'rejected');
    expect(failed).toHaveLength(7);
    for (const { reason } of failed) expect(reason).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
    expect(await machineRows(connection)).toEqual([[String(await pc1.getID()), 'pc1', 'running']]);
  });
});

/** All figures under names as virsh has them, but for the spelling of each step. */
function figuresOf(value: unknown, name = '', figures = new Map<string, string>()): Map<string, string> {
  const below = (step: string | number) => (name === '' ? String(step) : `${name}.${step}`);
  if (Array.isArray(value)) {
    figures.set(below('count'), String(value.length));
    entries(value);
  } else if (typeof value === 'object' && value !== null) {
    for (const [step, under] of Object.entries(value)) {
      // A group with figures of its own beside its entries.
      if (step === 'list' && Array.isArray(under)) entries(under);
      else figuresOf(under, below(step), figures);
    }
  } else figures.set(name, String(value));
  return figures;

  function entries(list: readonly unknown[]): void {
    for (const entry of list) {
      const { index, ...rest } = entry as { index: number };
      figuresOf(rest, below(index), figures);
    }
  }
}

function figuresOfVirsh(printed: string): Map<string, string> {
  const camel = (step: string) => step.replace(/[-_](.)/g, (_, letter: string) => letter.toUpperCase());
  return new Map(
    [...printed.matchAll(/^ +([^=\n]+)=(.*)$/gm)].map(([, name = '', value = '']) => [
      name.split('.').map(camel).join('.'),
      value,
    ]),
  );
}
