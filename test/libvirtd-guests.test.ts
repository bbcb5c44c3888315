import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  Connection,
  ConnectListAllDomainsFlags,
  type Domain,
  DomainInterfaceAddressesSource,
  DomainShutdownFlagValues,
  DomainShutoffReason,
  DomainState,
  getVersion,
  IPAddrType,
  type Network,
} from '../lib/index.js';
import { failure } from './helpers.js';
import {
  askAgent,
  booted,
  eventually,
  execIn,
  linksOf,
  machineRows,
  removeMachines,
  removeNetworks,
  shutOff,
  wiresOf,
} from './libvirtd-helpers.js';
import { defaultNetworkXML, describeWithTestbed, guestXML } from './testbed/index.js';
import { isSince } from './versions.js';

// Machines that are busy with other suites, too: two guests then take long to boot.
jest.setTimeout(120_000);
const bootTime = 90_000;

const { LEASE, AGENT, ARP } = DomainInterfaceAddressesSource;
const [srv1, srv2] = [
  { name: 'lab-srv1', mac: '52:54:00:00:00:02', ip: '192.168.122.2' },
  { name: 'lab-srv2', mac: '52:54:00:00:00:03', ip: '192.168.122.3' },
] as const;

const version = getVersion().libVersion;
/** The kernel's answer grew at some time, and libvirt 9.0 does not take it; 11.3 does. */
const readsEveryARPTable = version >= 11_003_000;

/** Waits until what a guest prints arrives: an older QEMU drops it for up to a second after its console was opened. */
async function isHeard(domain: Domain, console: Readable): Promise<void> {
  let heard = false;
  console.once('data', () => (heard = true));
  await eventually('the console is heard', async () => {
    if (!heard) await execIn(domain, 'echo . > /dev/ttyS0');
    return heard;
  });
}

/** Asks a machine to shut down; gives all that its console says until it is off. */
async function lastWords(domain: Domain, flags: DomainShutdownFlagValues): Promise<string> {
  const console = await domain.openConsole();
  const words = text(console);
  await isHeard(domain, console);
  await domain.shutdown(flags);
  await shutOff(domain);
  return words;
}

describeWithTestbed('guests of a real libvirtd', (bed) => {
  let connection: Connection;
  let network: Network;

  beforeAll(async () => {
    connection = await Connection.open(bed().uri);
    await removeNetworks(connection);
    network = await connection.defineNetworkXML(defaultNetworkXML([srv1, srv2]));
    await network.create();
    await bed().guest();
  }, 300_000);
  afterAll(() => connection.close());

  describe('lab-srv1 and lab-srv2, with fixed addresses on the network default', () => {
    const machines: Domain[] = [];
    let first: Domain;
    let second: Domain;

    beforeAll(async () => {
      const guest = await bed().guest();
      await bed().run('bash', [
        '-ec',
        'truncate -s 64M /tmp/disk; mke2fs -q -F -t ext4 /tmp/disk; qemu-img convert -O qcow2 /tmp/disk "$1"',
        'sh',
        '/var/lib/libvirt/images/lab-srv1.qcow2',
      ]);
      for (const { name, mac } of [srv1, srv2]) {
        const disk = name === 'lab-srv1' ? { disk: '/var/lib/libvirt/images/lab-srv1.qcow2' } : {};
        machines.push(
          await connection.defineDomainXML(guestXML({ name, mac, guest, network: 'default', agent: true, ...disk })),
        );
      }
      [first, second] = machines as [Domain, Domain];
      await Promise.all(machines.map((machine) => machine.create()));
      await Promise.all(machines.map(booted));
      await eventually('two leases', async () => (await network.getDHCPLeases()).length === 2);
    });
    afterAll(() => removeMachines(connection));

    it('have no lease that nobody asked for', async () => {
      expect(await network.getDHCPLeases('52:54:00:00:00:99')).toEqual([]);
      expect(await failure(network.getDHCPLeases('no MAC'))).toMatchObject({ code: 'VIR_ERR_INVALID_MAC' });
    });

    it('have their leases', async () => {
      const leases = await network.getDHCPLeases();
      const expected = [srv1, srv2].map(({ name, mac, ip }) => ({
        iface: 'virbr0',
        type: IPAddrType.IPV4,
        mac,
        ipaddr: ip,
        prefix: 24,
        hostname: name,
        iaid: null,
      }));
      const byAddress = (one: { ipaddr: string }, other: { ipaddr: string }) => one.ipaddr.localeCompare(other.ipaddr);
      expect(leases.sort(byAddress)).toMatchObject(expected);
      expect(leases).toHaveLength(2);
      for (const { expiryTime } of leases) {
        const left = (expiryTime?.getTime() ?? 0) - Date.now();
        expect(left).toBeGreaterThan(50 * 60_000); // an hour, without what the test took
        expect(left).toBeLessThan(60 * 60_000 + 1000);
      }
      expect(await network.getDHCPLeases(srv2.mac)).toEqual([leases[1]]);
    });

    it('reach one another, and the host', async () => {
      const fetch = async (from: Domain, ip: string) => execIn(from, `wget -q -O - http://${ip}/`);
      expect(await fetch(first, srv2.ip)).toEqual({ code: 0, output: 'hello from lab-srv2\n' });
      expect(await fetch(second, srv1.ip)).toEqual({ code: 0, output: 'hello from lab-srv1\n' });
      const pings = await Promise.all([
        execIn(first, `ping -c 1 -W 10 ${srv2.ip}`),
        execIn(second, 'ping -c 1 -W 10 192.168.122.1'),
        execIn(first, 'ping -c 1 -W 1 192.168.122.77'),
      ]);
      expect(pings.map(({ code }) => code)).toEqual([0, 0, 1]);
      // The network's name service knows them by the names of their leases.
      expect((await execIn(first, 'nslookup lab-srv2 192.168.122.1')).output).toContain(srv2.ip);
    });

    it('are on one bridge, each by a vnet of its own', async () => {
      const links = await linksOf(bed());
      const devices = new Set<string>();
      for (const [machine, { mac }] of [
        [first, srv1],
        [second, srv2],
      ] as const) {
        const [wire] = await wiresOf(machine);
        expect(wire).toMatchObject({ mac, network: 'default' });
        expect(links.get(wire?.device ?? '')).toMatchObject({ master: 'virbr0', address: mac.replace(/^52/, 'fe') });
        devices.add(wire?.device ?? '');
      }
      expect(devices.size).toBe(2);
    });

    it('tell through the agent which file systems they have', async () => {
      expect(await first.getFSInfo()).toEqual([{ mountpoint: '/mnt', name: 'vda', fstype: 'ext4', devAlias: ['vda'] }]);
      expect(await second.getFSInfo()).toEqual([]);
    });

    it('say through the agent who they are, and what they do not know', async () => {
      expect(await askAgent(second, 'guest-get-host-name')).toEqual({ 'host-name': 'lab-srv2' });
      expect(await failure(second.qemuAgentCommand('{"execute":"no-such-command"}'))).toMatchObject({
        code: isSince('11.2.0') ? 'VIR_ERR_AGENT_COMMAND_FAILED' : 'VIR_ERR_INTERNAL_ERROR',
        message: expect.stringContaining('no-such-command'),
      });
    });

    it('report their memory', async () => {
      // The balloon asks the guest every two seconds.
      const stats = await eventually('a report', async () => {
        const stats = await first.memoryStats();
        return stats.lastUpdate !== 0n && stats;
      });
      expect(stats.actualBalloon).toBe(192n * 1024n);
      expect(stats.available).toBeGreaterThan(64n * 1024n);
      expect(stats.available).toBeLessThan(192n * 1024n);
      expect(stats.unused).toBeLessThanOrEqual(stats.available ?? 0n);
      const told = Number(stats.lastUpdate) * 1000;
      expect(Math.abs(told - Date.now())).toBeLessThan(60_000);
    });

    it.each([
      ['the agent, when that is what is wanted', DomainShutdownFlagValues.GUEST_AGENT, () => first],
      ['the agent, too, when nothing is said and there is one', 0, () => second],
    ] as const)('shut down by %s', async (_, flags, machine) => {
      const words = await lastWords(machine(), flags);
      expect(words).toContain('SHUTDOWN ');
      expect(words).not.toContain('POWERBUTTON');
      expect(await machine().getState()).toEqual({ state: DomainState.SHUTOFF, reason: DomainShutoffReason.SHUTDOWN });
    });
  });

  describe('pc1, as in the guide', () => {
    const mac = '52:54:00:00:00:04';
    let pc1: Domain;
    let address: string;

    it('is listed as shut off when it is defined, and its network is found from its XML', async () => {
      const guest = await bed().guest();
      pc1 = await connection.defineDomainXML(guestXML({ name: 'pc1', mac, guest, network: 'default', agent: true }));
      expect(await machineRows(connection)).toEqual([['-', 'pc1', 'shut off']]);
      const [wire] = await wiresOf(pc1);
      const found = await connection.lookupNetworkByName(wire?.network ?? '');
      expect(found.uuid).toBe(network.uuid);
      expect(await found.isActive()).toBe(true);
    });

    it('is listed as running when it is started', async () => {
      await pc1.create();
      const row = [String(await pc1.getID()), 'pc1', 'running'];
      expect(await machineRows(connection, ConnectListAllDomainsFlags.ACTIVE)).toEqual([row]);
    });

    it("has a vnet among the host's interfaces, with its own MAC that begins with fe", async () => {
      const [wire] = await wiresOf(pc1);
      expect(wire?.device).toMatch(/^vnet\d+$/);
      expect((await linksOf(bed())).get(wire?.device ?? '')).toMatchObject({
        address: 'fe:54:00:00:00:04',
        master: 'virbr0',
        flags: expect.arrayContaining(['UP']),
      });
    });

    it('has an address by the lease of the network', async () => {
      const [lease, ...others] = await eventually(
        'a lease',
        async () => {
          const leases = await network.getDHCPLeases(mac);
          return leases.length > 0 && leases;
        },
        bootTime,
      );
      expect(others).toEqual([]);
      expect(lease).toMatchObject({ hostname: 'pc1', mac, prefix: 24 });
      address = lease?.ipaddr ?? '';
      expect(address).toMatch(/^192\.168\.122\.\d+$/);
      expect([srv1.ip, srv2.ip]).not.toContain(address);
      const [wire] = await wiresOf(pc1);
      const expected = [
        { name: wire?.device, hwaddr: mac, addrs: [{ type: IPAddrType.IPV4, addr: address, prefix: 24 }] },
      ];
      expect(await pc1.interfaceAddresses()).toEqual(expected);
      expect(await pc1.interfaceAddresses(LEASE)).toEqual(expected);
    });

    it('has it by the agent, too', async () => {
      await booted(pc1);
      const interfaces = await eventually('an address in the guest', async () => {
        const interfaces = await pc1.interfaceAddresses(AGENT);
        return interfaces.some(({ addrs }) => addrs.some(({ addr }) => addr === address)) && interfaces;
      });
      expect(interfaces).toContainEqual({
        name: 'eth0',
        hwaddr: mac,
        addrs: expect.arrayContaining([{ type: IPAddrType.IPV4, addr: address, prefix: 24 }]),
      });
      expect(interfaces.map(({ name }) => name).sort()).toEqual(['eth0', 'lo']);
    });

    it(`has its address by arp${readsEveryARPTable ? '' : ', or libvirt fails on newer kernels: wrong nlmsg len'}`, async () => {
      // So that the host's table has it.
      expect(await execIn(pc1, 'ping -c 1 -W 10 192.168.122.1')).toMatchObject({ code: 0 });
      // The kernel confirms it after some seconds, and until then libvirt leaves it out.
      await bed().run('ip', ['neigh', 'change', address, 'lladdr', mac, 'dev', 'virbr0', 'nud', 'reachable']);
      const virsh = await bed().exec('virsh', ['-c', 'qemu:///system', 'domifaddr', 'pc1', '--source', 'arp']);
      if (virsh.code !== 0) {
        expect(readsEveryARPTable).toBe(false);
        expect(virsh.stderr).toContain('wrong nlmsg len');
        expect(await failure(pc1.interfaceAddresses(ARP))).toMatchObject({
          code: 'VIR_ERR_INTERNAL_ERROR',
          message: expect.stringContaining('wrong nlmsg len'),
        });
        return;
      }
      expect(virsh.stdout).toContain(address);
      const [wire] = await wiresOf(pc1);
      expect(await pc1.interfaceAddresses(ARP)).toEqual([
        { name: wire?.device, hwaddr: mac, addrs: [{ type: IPAddrType.IPV4, addr: address, prefix: 0 }] },
      ]);
    });

    it('shuts down when its power button is pressed', async () => {
      const words = await lastWords(pc1, DomainShutdownFlagValues.ACPI_POWER_BTN);
      expect(words).toContain('POWERBUTTON');
      expect(words).not.toContain('SHUTDOWN');
      expect(await pc1.getState()).toEqual({ state: DomainState.SHUTOFF, reason: DomainShutoffReason.SHUTDOWN });
      expect(await machineRows(connection)).toEqual([['-', 'pc1', 'shut off']]);
      expect([...(await linksOf(bed())).keys()].filter((name) => name.startsWith('vnet'))).toEqual([]);
    });

    it('has no address by its lease when it is off, though the network still has the lease', async () => {
      expect(await network.getDHCPLeases(mac)).toMatchObject([{ mac, ipaddr: address }]);
      for (const source of [LEASE, ARP])
        expect(await failure(pc1.interfaceAddresses(source))).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
    });

    it('is gone when it is undefined', async () => {
      await pc1.undefine();
      expect(await machineRows(connection)).toEqual([]);
      expect(await failure(connection.lookupDomainByName('pc1'))).toMatchObject({ code: 'VIR_ERR_NO_DOMAIN' });
    });
  });
});
