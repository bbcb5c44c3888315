import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Connection,
  ConnectCompareCPUFlags,
  ConnectListAllNodeDeviceFlags,
  CPUCompareResult,
  type Network,
  NetworkMetadataType,
  NetworkUpdateCommand,
  NetworkUpdateFlags,
  NetworkUpdateSection,
} from '../lib/index.js';
import { native } from '../lib/native.js';
import { failure } from './helpers.js';
import { eventually, removeNetworks } from './libvirtd-helpers.js';
import { defaultNetworkXML, describeWithTestbed } from './testbed/index.js';
import { isSince, itSince } from './versions.js';

jest.setTimeout(60_000); // machines that are busy with other suites, too

/** libvirt 7.0 says of it why it did not find KVM, which it looked for before. */
const noXML = isSince('9.0.0') ? 'VIR_ERR_XML_DETAIL' : 'VIR_ERR_SYSTEM_ERROR';

describeWithTestbed('the host of a real libvirtd', (bed) => {
  let connection: Connection;

  beforeEach(async () => {
    connection = await Connection.open(bed().uri);
  });
  afterEach(() => connection.close());

  const run = (command: string, ...args: string[]): Promise<string> => bed().run(command, args);

  describe('what is refused', () => {
    it.each([
      ['statistics of a CPU that is not there', () => connection.getNodeCPUStats(4096), 'VIR_ERR_INVALID_ARG'],
      ['memory of a cell that is not there', () => connection.getNodeMemoryStats(99), 'VIR_ERR_INVALID_ARG'],
      ['more pages than the protocol lets through', () => connection.getNodeFreePages([4], 0, 1025), 'VIR_ERR_RPC'],
      ['a size of pages that is none', () => connection.getNodeFreePages([5]), 'VIR_ERR_OPERATION_FAILED'],
      ['a CPU that is no XML', () => connection.compareCPU('<cpu'), noXML],
      ['a device that is not there', () => connection.lookupNodeDeviceByName('nobody'), 'VIR_ERR_NO_NODE_DEVICE'],
    ])('%s', async (_, call, code) => {
      expect(await failure(call())).toMatchObject({ name: 'LibvirtError', code });
    });

    it('a SCSI host that is not there', async () => {
      const wwn = '2000000000000000';
      expect(await failure(connection.lookupNodeDeviceSCSIHostByWWN(wwn, wwn))).toMatchObject({
        name: 'LibvirtError',
        operation: 'virNodeDeviceLookupSCSIHostByWWN',
      });
    });

    it('what must not be set', async () => {
      expect(await failure(connection.setNodeMemoryParameters({ shmFullScans: 1n } as object))).toMatchObject({
        operation: 'virNodeSetMemoryParameters',
      });
    });
  });

  it('has the CPUs and the memory that the kernel says', async () => {
    const info = await connection.getNodeInfo();
    const processors = (await run('cat', '/proc/cpuinfo')).match(/^processor\s*:/gm)?.length;
    const total = BigInt(/^MemTotal:\s+(\d+) kB/m.exec(await run('cat', '/proc/meminfo'))?.[1] ?? '0');
    expect(info.cpus).toBe(processors);
    // Of the cells where there are some; not every kernel counts both the same.
    const cellMemory = await run('sh', '-c', 'cat /sys/devices/system/node/node*/meminfo || cat /proc/meminfo');
    const sizes = [...cellMemory.matchAll(/MemTotal:\s+(\d+) kB/g)].map(([, size]) => Number(size));
    expect(info.memory).toBe(sizes.reduce((sum, size) => sum + size));
    const map = await connection.getNodeCPUMap();
    expect(map.online).toBe(processors);
    expect(map.cpumap).toHaveLength(map.online);
    const stats = await connection.getNodeMemoryStats();
    expect(stats.total).toBe(total);
    expect(stats.free).toBeGreaterThan(0n);
    expect(stats.cached).toBeGreaterThan(0n);
    // In bytes here, in KiB there; machines change it all the time.
    expect(await connection.getNodeFreeMemory()).toBeLessThan(total * 1024n);
    const cells = await connection.getNodeCellsFreeMemory();
    expect(cells).toHaveLength(info.nodes);
    const [pages] = await connection.getNodeFreePages([4, 2048], 0, 512);
    expect(pages).toMatchObject({ cell: 0, pages: [{ size: 4 }, { size: 2048 }] });
    expect(pages?.pages[0]?.count).toBeGreaterThan(0n);
  });

  it('has CPU times that grow', async () => {
    const before = await connection.getNodeCPUStats();
    const after = await connection.getNodeCPUStats();
    // Idle time may go back when the kernel counts it anew.
    for (const field of ['user', 'kernel'] as const) {
      expect(before[field]).toBeGreaterThan(0n);
      expect(after[field]).toBeGreaterThanOrEqual(before[field] ?? 0n);
    }
    const sum = ({ user = 0n, kernel = 0n, idle = 0n, iowait = 0n }: typeof after) => user + kernel + idle + iowait;
    const first = sum(await connection.getNodeCPUStats(0));
    expect(first).toBeGreaterThan(0n);
    expect(first).toBeLessThan(sum(await connection.getNodeCPUStats()));
  });

  it('has a CPU that can be compared', async () => {
    expect(await connection.getCPUModelNames('x86_64')).toContain('qemu64');
    const cpu = /<cpu>[^]*?<\/cpu>/.exec(await connection.getCapabilities())?.[0] ?? '';
    expect(await connection.compareCPU(cpu)).toBe(CPUCompareResult.IDENTICAL);
    const other = cpu.replace(/<model>[^<]*/, '<model>486').replace(/<feature[^>]*>/g, '');
    expect(await connection.compareCPU(other)).not.toBe(CPUCompareResult.ERROR);
    const impossible = '<cpu match="exact"><model>Opteron_G5</model><feature name="3dnow" policy="require"/></cpu>';
    expect(await connection.compareCPU(impossible)).toBe(CPUCompareResult.INCOMPATIBLE);
    expect(await failure(connection.compareCPU(impossible, ConnectCompareCPUFlags.FAIL_INCOMPATIBLE))).toMatchObject({
      code: 'VIR_ERR_CPU_INCOMPATIBLE',
    });
    expect(await connection.baselineCPU([cpu])).toContain('<model');
    const wanted = '<cpu mode="custom" match="exact"><model>qemu64</model></cpu>';
    expect(await connection.compareHypervisorCPU(null, 'x86_64', null, 'qemu', wanted)).toBeGreaterThanOrEqual(0);
    expect(await connection.baselineHypervisorCPU(null, 'x86_64', null, 'qemu', [wanted])).toContain('<model');
  });

  it('has a hypervisor that says what it can', async () => {
    expect(await connection.getDomainCapabilities(null, 'x86_64', 'q35', 'qemu')).toMatch(
      /<domainCapabilities>[^]*<arch>x86_64<\/arch>/,
    );
    expect(await connection.getMaxVcpus('qemu')).toBeGreaterThan(0);
    expect(Object.keys(await connection.getNodeSecurityModel())).toEqual(['model', 'doi']);
  });

  it('takes whom a program works for', async () => {
    await connection.setIdentity({ userName: 'fred', unixUserId: 1001, processId: 42n, processTime: 0 });
    expect(await connection.getHostname()).not.toBe('');
    expect(await failure(connection.setIdentity({ nonsense: 'x' } as object))).toMatchObject({
      operation: 'virConnectSetIdentity',
    });
  });

  it('has devices with parents, up to one that has none', async () => {
    // The daemon finds devices after it answers already, and others come and go: each of these holds when nothing moves.
    const names = async (flags?: number) => (await connection.listAllNodeDevices(flags)).map(({ name }) => name).sort();
    const listed = async (cap?: string) => (await connection.listNodeDevices(cap)).sort();
    await eventually('both lists are the same', async () => String(await names()) === String(await listed()));
    const nets = ConnectListAllNodeDeviceFlags.CAP_NET;
    await eventually('both lists of nets are the same', async () => {
      const found = String(await names(nets));
      return found.includes('net_lo') && found === String(await listed('net'));
    });
    await eventually(
      'there are as many as is said',
      async () => (await names(nets)).length === (await connection.numOfNodeDevices('net')),
    );
    const named = await eventually('every parent is listed', async () => {
      const devices = await connection.listAllNodeDevices();
      const named = new Map(devices.map((device) => [device.name, device]));
      const parents = await Promise.all(devices.map((device) => device.getParent()));
      const orphans = parents.filter((parent) => parent === null);
      return orphans.length === 1 && parents.every((parent) => parent === null || named.has(parent)) && named;
    });
    expect(await named.get('computer')?.getParent()).toBeNull();
    const system = named.get('computer');
    expect(await system?.listCaps()).toEqual(['system']);
  });

  itSince('7.8.0', 'has devices that are active, persistent and started by themselves', async () => {
    const system = await eventually('the system', () => connection.lookupNodeDeviceByName('computer'));
    expect(await system.isActive()).toBe(true);
    expect(await system.isPersistent()).toBe(true);
    expect(await system.getAutostart()).toBe(true);
    const active = ConnectListAllNodeDeviceFlags.ACTIVE | ConnectListAllNodeDeviceFlags.CAP_SYSTEM;
    expect((await connection.listAllNodeDevices(active)).map(({ name }) => name)).toEqual(['computer']);
  });

  it('has interfaces', async () => {
    // Where libvirt finds them by netcf, as on Debian 11, they are those that stand there.
    await run('mkdir', '-p', '/etc/network');
    await run('sh', '-c', "printf 'auto lo\\niface lo inet loopback\\n' > /etc/network/interfaces");
    const interfaces = await connection.listAllInterfaces();
    expect(interfaces.map(({ name }) => name)).toContain('lo');
    const [up, down] = [await connection.listInterfaces(), await connection.listDefinedInterfaces()];
    expect([await connection.numOfInterfaces(), await connection.numOfDefinedInterfaces()]).toEqual([
      up.length,
      down.length,
    ]);
    for (const name of [...up, ...down]) expect(interfaces.map((one) => one.name)).toContain(name);
    const lo = await connection.lookupInterfaceByName('lo');
    expect(await lo.getMACString()).toBe('00:00:00:00:00:00');
    expect(await lo.getXMLDesc()).toContain("name='lo'");
  });

  describe('networks', () => {
    let network: Network;

    beforeEach(async () => {
      await removeNetworks(connection);
      network = await connection.defineNetworkXML(defaultNetworkXML());
      await network.create();
    });

    it('take a DHCP host while they run', async () => {
      const xml = '<host mac="52:54:00:00:00:45" name="late" ip="192.168.122.45"/>';
      const { ADD_LAST, DELETE } = NetworkUpdateCommand;
      const { IP_DHCP_HOST } = NetworkUpdateSection;
      const both = NetworkUpdateFlags.LIVE | NetworkUpdateFlags.CONFIG;
      const hosts = () => bed().read('/var/lib/libvirt/dnsmasq/default.hostsfile');
      await network.update(ADD_LAST, IP_DHCP_HOST, 0, xml, both);
      expect(await network.getXMLDesc()).toContain('52:54:00:00:00:45');
      expect(hosts()).toContain('52:54:00:00:00:45,192.168.122.45,late');
      expect(await failure(network.update(ADD_LAST, IP_DHCP_HOST, 0, xml, both))).toMatchObject({
        code: 'VIR_ERR_OPERATION_INVALID',
      });
      await network.update(DELETE, IP_DHCP_HOST, 0, xml, both);
      expect(hosts()).not.toContain('192.168.122.45');
    });

    it('keep texts, from libvirt 9.7 on', async () => {
      const set = network.setMetadata(NetworkMetadataType.TITLE, 'mine');
      if (native.runtime.functions().some(({ name, missing }) => missing && name === 'virNetworkSetMetadata')) {
        expect(await failure(set)).toMatchObject({
          code: 'VIR_ERR_NO_SUPPORT',
          message: expect.stringContaining('9.7.0') as unknown as string,
        });
        return;
      }
      await set;
      expect(await network.getMetadata(NetworkMetadataType.TITLE)).toBe('mine');
    });

    it('have ports, which have limits', async () => {
      expect(await network.listAllPorts()).toEqual([]);
      const port = await network.createPortXML(`<networkport><uuid>aaaaaaaa-2222-4333-8444-555555555555</uuid>
        <owner><name>pc1</name><uuid>11111111-2222-4333-8444-555555555555</uuid></owner>
        <mac address="52:54:00:00:00:01"/></networkport>`);
      expect((await network.listAllPorts()).map(({ uuid }) => uuid)).toEqual([port.uuid]);
      const again = await network.lookupPortByUUID(port.uuid);
      expect(await again.getXMLDesc()).toMatch(/<name>pc1<[^]*bridge='virbr0'/);
      await port.setParameters({ inbound: { average: 1000, peak: 2000, burst: 64 }, outbound: { average: 500 } });
      expect(await again.getParameters()).toMatchObject({
        inbound: { average: 1000, peak: 2000, burst: 64 },
        outbound: { average: 500 },
      });
      await port.delete();
      expect(await network.listAllPorts()).toEqual([]);
      expect(await failure(again.getXMLDesc())).toMatchObject({ code: 'VIR_ERR_NO_NETWORK_PORT' });
    });
  });
});
