import { closeSync, existsSync, fstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Connection,
  type Domain,
  DomainShutdownFlagValues,
  DomainShutoffReason,
  DomainState,
  IPAddrType,
} from '../lib/index.js';
import { failure } from './helpers.js';
import {
  eventually,
  linksOf,
  machineRows,
  removeMachines,
  removeNetworks,
  shutOff,
  wiresOf,
} from './libvirtd-helpers.js';
import { defaultNetworkXML, describeWithTestbed, whyNoTestbed } from './testbed/index.js';
import { ended } from './testbed/process.js';
import { unavailable } from './testbed/suite.js';
import { isSince } from './versions.js';

jest.setTimeout(60_000); // machines that are busy with other suites, too

const tree = '/var/lib/lxcroot';
const mac = '52:54:00:00:00:21';

// A container has no agent: a file tells the outside what happens in it.
const init = `#!/bin/sh
trap 'echo TERM >> /log; exit 0' TERM
echo "$$ $(hostname)" > /log
[ -e /proc/$$/fd/3 ] && { cat <&3; cat <&4; } > /files
ip link set eth0 up
udhcpc -q -n -t 20 -T 1 -i eth0 -x "hostname:$(hostname)" -s /bin/true &
while :; do sleep 1 & wait $!; done
`;

const boxXML = (name = 'box1', emulator = '/usr/lib/libvirt/libvirt_lxc') => `
<domain type='lxc'>
  <name>${name}</name>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <os><type>exe</type><init>/sbin/init</init></os>
  <devices>
    <emulator>${emulator}</emulator>
    <filesystem type='mount'><source dir='${tree}'/><target dir='/'/></filesystem>
    <interface type='network'><mac address='${mac}'/><source network='default'/></interface>
    <console type='pty'/>
  </devices>
</domain>`;

const mebibytes = (count: number): bigint => BigInt(count) * 1024n;

/** Why the kernel cannot run libvirt's containers; undefined when it can. */
function whyNoContainers(): string | undefined {
  for (const namespace of ['mnt', 'pid', 'uts', 'ipc', 'net']) {
    if (!existsSync(`/proc/self/ns/${namespace}`)) return `the kernel has no ${namespace} namespaces`;
  }
  // libvirt refuses to start a container without these.
  const unified = '/sys/fs/cgroup/cgroup.controllers';
  const missing = existsSync(unified)
    ? ['memory'].filter((name) => !readFileSync(unified, 'utf8').split(/\s/).includes(name))
    : ['memory', 'cpuacct', 'devices'].filter((name) => !existsSync(`/sys/fs/cgroup/${name}/cgroup.procs`));
  return missing.length === 0 ? undefined : `no cgroup controller ${missing.join(', ')}`;
}

/** By the rule of the test bed itself: what cannot run says so in its title, and in CI it fails. */
function describeWithContainers(name: string, body: Parameters<typeof describeWithTestbed>[1]): void {
  // Without a test bed it is that which is missing.
  const reason = whyNoTestbed() === undefined ? whyNoContainers() : undefined;
  if (reason === undefined) describeWithTestbed(name, body, { memory: true });
  else
    unavailable(name, reason, () => {
      it('runs containers', () => undefined);
    });
}

describeWithContainers('containers of a real libvirtd', (bed) => {
  let connection: Connection;
  let box1: Domain;

  const log = async (): Promise<string[]> =>
    (await bed().exec('cat', [`${tree}/log`])).stdout.split('\n').filter(Boolean);

  beforeAll(async () => {
    await bed().run('bash', ['-es', tree], {
      input: `mkdir -p $1/{bin,sbin,proc,sys,dev,tmp,etc,root}
        cp "$(command -v busybox)" $1/bin/
        for name in sh cat sleep hostname ip udhcpc true; do ln -s busybox $1/bin/$name; done
        cat > $1/sbin/init <<'END'
${init}END
        chmod 755 $1/sbin/init`,
    });
    connection = await Connection.open(bed().uriFor('lxc', '/system'));
    await using networks = await Connection.open(bed().uriFor('network', '/system'));
    await removeNetworks(networks);
    await (await networks.defineNetworkXML(defaultNetworkXML())).create();
  });
  beforeEach(async () => {
    await bed().run('rm', ['-f', `${tree}/log`]);
    box1 = await connection.defineDomainXML(boxXML());
  });
  afterEach(() => removeMachines(connection));
  afterAll(() => connection.close());

  describe('what is refused', () => {
    it('statistics of all: the driver has no such call', async () => {
      expect(await failure(connection.getAllDomainStats())).toMatchObject({
        code: 'VIR_ERR_NO_SUPPORT',
        operation: 'virConnectGetAllDomainStats',
      });
    });

    it.each([
      ['a machine for QEMU', () => connection.defineDomainXML(boxXML('x').replace("'lxc'", "'qemu'")), 'VIR_ERR_INVALID_ARG'], // prettier-ignore
      ['a monitor, which no container has', () => box1.qemuMonitorCommand('{}'), 'VIR_ERR_NO_SUPPORT'],
      ['stopping what does not run', () => box1.destroy(), 'VIR_ERR_OPERATION_INVALID'],
      ['a container that is not there', () => connection.lookupDomainByName('nobody'), 'VIR_ERR_NO_DOMAIN'],
    ])('%s', async (_, call, code) => {
      expect(await failure(call())).toMatchObject({ name: 'LibvirtError', code });
    });

    it('an init that is not there: it fails to start, and is shut off', async () => {
      const broken = await connection.defineDomainXML(boxXML('broken').replace('/sbin/init', '/no/such/init'));
      expect(await failure(broken.create())).toMatchObject({ name: 'LibvirtError', operation: 'virDomainCreate' });
      expect((await broken.getState()).state).toBe(DomainState.SHUTOFF);
    });

    it('starting it twice', async () => {
      await box1.create();
      expect(await failure(box1.create())).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
    });
  });

  it('is another driver on the same socket', async () => {
    expect(await connection.getType()).toBe('LXC');
    expect(connection.uri).toBe(bed().uriFor('lxc', '/system'));
    expect(await connection.getCapabilities()).toContain("<domain type='lxc'");
    expect(await connection.getHostname()).toBe('testbed');
  });

  it('is defined, started, listed, stopped and undefined', async () => {
    expect(await machineRows(connection)).toEqual([['-', 'box1', 'shut off']]);
    expect(await box1.getOSType()).toBe('exe');
    await box1.create();
    const id = await box1.getID();
    expect(id).toBeGreaterThan(0);
    expect(await machineRows(connection)).toEqual([[String(id), 'box1', 'running']]);
    // libvirt's number for a container is the process that looks after it.
    expect(await bed().run('cat', [`/proc/${String(id)}/cmdline`])).toContain('libvirt_lxc');
    expect(await eventually('its init runs', async () => (await log())[0])).toBe('1 box1');
    expect(await box1.getInfo()).toMatchObject({ state: DomainState.RUNNING, maxMem: 65536, nrVirtCpu: 1 });
    expect((await box1.memoryStats()).rss).toBeLessThan(mebibytes(64));

    const controller = bed().hostPid(id ?? -1);
    await box1.destroy();
    expect(await box1.getState()).toEqual({ state: DomainState.SHUTOFF, reason: DomainShutoffReason.DESTROYED });
    await ended(controller, 30_000);
    await box1.undefine();
    expect(await machineRows(connection)).toEqual([]);
  });

  it('has a vnet on the bridge, and a lease', async () => {
    await box1.create();
    const [wire] = await wiresOf(box1);
    expect(wire).toMatchObject({ mac, network: 'default', device: expect.stringMatching(/^vnet\d+$/) });
    expect((await linksOf(bed())).get(wire?.device ?? '')).toMatchObject({ master: 'virbr0' });
    await using networks = await Connection.open(bed().uriFor('network', '/system'));
    const network = await networks.lookupNetworkByName('default');
    const [lease] = await eventually('a lease', async () => {
      const leases = await network.getDHCPLeases(mac);
      return leases.length > 0 && leases;
    });
    expect(lease).toMatchObject({ iface: 'virbr0', mac, hostname: 'box1', prefix: 24, type: IPAddrType.IPV4 });
    const [{ addrs } = { addrs: [] }] = await box1.interfaceAddresses();
    expect(addrs).toEqual([{ type: IPAddrType.IPV4, addr: lease?.ipaddr, prefix: 24 }]);
  });

  it('is paused and goes on', async () => {
    await box1.create();
    await box1.suspend();
    expect((await box1.getState()).state).toBe(DomainState.PAUSED);
    await box1.resume();
    expect((await box1.getState()).state).toBe(DomainState.RUNNING);
  });

  it('ends when its init is asked to', async () => {
    await box1.create();
    await eventually('its init runs', async () => (await log())[0]);
    // The daemon may hear of its init later than that writes the log.
    await eventually('the daemon knows its init', async () => {
      await box1.shutdown(DomainShutdownFlagValues.SIGNAL);
      return true;
    });
    await shutOff(box1);
    expect((await log()).at(-1)).toBe('TERM');
    expect(await box1.getState()).toEqual({ state: DomainState.SHUTOFF, reason: DomainShutoffReason.SHUTDOWN });
  });

  it('gets open files at its start', async () => {
    const files = await Promise.all(
      ['one', 'two'].map((text) => open(bed().file(`lxc-${text}`, `file ${text}\n`), 'r')),
    );
    const starting = box1.createWithFiles(files);
    for (const file of files) await file.close();
    await starting;
    const read = await eventually('it has read them', async () => {
      const { stdout } = await bed().exec('cat', [`${tree}/files`]);
      return stdout.includes('two') && stdout;
    });
    expect(read).toBe('file one\nfile two\n');
  });

  const startForSpaces = async (): Promise<number[]> => {
    // The container's controller tells the daemon which process is its init some time after the start.
    const spaces = (timeout?: number) =>
      eventually('the daemon knows its init', () => box1.lxcOpenNamespace(), timeout);
    await box1.create();
    if (isSince('9.0.0')) return spaces();
    // libvirt 7.0 was seen to miss what it is told on a busy machine, and then it does not know the init of that start ever.
    return spaces(10_000).catch(async () => {
      await box1.destroy();
      await box1.create();
      return spaces();
    });
  };

  it('gives its namespaces, as descriptors of this process', async () => {
    const spaces = await startForSpaces();
    expect(spaces.length).toBeGreaterThanOrEqual(4);
    const inside = spaces.map((fd) => fstatSync(fd).ino);
    spaces.forEach(closeSync);
    expect(new Set(inside).size).toBe(inside.length);
    const own = ['ipc', 'mnt', 'net', 'pid', 'uts'].map((name) => statSync(`/proc/self/ns/${name}`).ino);
    expect(inside.filter((inode) => own.includes(inode))).toEqual([]);
    expect(await failure(Promise.resolve().then(() => fstatSync(spaces[0] ?? -1)))).toHaveProperty('code', 'EBADF');
  });

  it('gives its namespaces 10,000 times, and leaves none behind', async () => {
    (await startForSpaces()).forEach(closeSync);
    const countOpen = () => readdirSync('/proc/self/fd').length;
    const inDaemon = () => readdirSync(`/proc/${String(bed().libvirtd.pid)}/fd`).length;
    const [before, beforeThere] = [countOpen(), inDaemon()];
    for (let round = 0; round < 10_000; round += 4) {
      const all = await Promise.all(Array.from({ length: 4 }, () => box1.lxcOpenNamespace()));
      all.flat().forEach(closeSync);
    }
    expect(countOpen()).toBe(before);
    await eventually('the daemon has closed them', () => Promise.resolve(inDaemon() <= beforeThere + 2));
  });
});
