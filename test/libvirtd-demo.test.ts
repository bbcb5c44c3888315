import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Connection, DomainEventStoppedDetailType, DomainEventType } from '../lib/index.js';
import { asBefore, labUndone } from './demo-helpers.js';
import { type Link, linksOf, tableRows } from './libvirtd-helpers.js';
import { type BedProcess, defaultNetworkXML, describeWithTestbed, guestXML } from './testbed/index.js';
import { collect, type ExecResult } from './testbed/process.js';

jest.setTimeout(300_000); // machines that are busy with other suites, too

const root = path.join(__dirname, '..');
const uri = 'qemu:///system';

describeWithTestbed(`npm run demo -- ${uri}, with guests that boot`, (bed) => {
  let env: Record<string, string>;
  let before: string[][][];
  let demo: ExecResult;
  /** The host's interfaces while the first machine waits for its lease. */
  let links: Map<string, Link>;
  /** How each machine of the walk went off. */
  const stopped = new Map<string, number>();

  /** What virsh has of networks and machines. */
  const lists = async (): Promise<string[][][]> => [
    tableRows(await bed().virsh('net-list', '--all')),
    tableRows(await bed().virsh('list', '--all')),
  ];

  const chapter = (number: number): string => {
    const start = demo.stdout.indexOf(`\n${number}  `);
    const end = demo.stdout.indexOf(`\n${number + 1}  `);
    return demo.stdout.slice(start, end < 0 ? undefined : end);
  };

  beforeAll(async () => {
    // On the outside, where the compiler is: the inside finds it done.
    const built = spawnSync(process.execPath, ['tools/demo.mjs', 'test:///default'], { cwd: root, encoding: 'utf8' });
    if (built.status !== 0) throw new Error(built.stderr);
    const { kernel, initrd } = await bed().guest();
    // What decides over the build has to be the same inside, else it would be built anew there.
    const kept = ['CI', 'CXX', 'CPPFLAGS', 'CXXFLAGS', 'LDFLAGS'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    env = { ...Object.fromEntries(kept), LIBVIRT_DEMO_KERNEL: kernel, LIBVIRT_DEMO_INITRD: initrd };

    await bed().virsh('net-undefine', 'default');
    await bed().virsh('net-define', bed().file('default.xml', defaultNetworkXML()));
    const mine = '<network><name>mine</name><bridge name="virbr7"/></network>';
    await bed().virsh('net-create', bed().file('mine.xml', mine));
    const own = guestXML({ name: 'own', memoryMiB: 32, network: 'mine', mac: '52:54:00:00:00:44' });
    await bed().virsh('create', '--paused', bed().file('own.xml', own));
    await bed().virsh('define', bed().file('asleep.xml', guestXML({ name: 'asleep', memoryMiB: 32 })));
    before = await lists();
    await using watcher = await Connection.open(bed().uri);
    await watcher.subscribe('domain:lifecycle', ({ domain, event, detail }) => {
      if (event === DomainEventType.STOPPED) stopped.set(domain.name, detail);
    });
    const walk = bed().spawn('npm', ['run', 'demo', '--', uri], { cwd: root, env });
    const end = collect(walk, 'the demo', 480_000);
    await Promise.race([prints(walk, 'Waiting for its DHCP lease'), end]);
    links = await linksOf(bed());
    demo = await end;
  }, 900_000);

  it('succeeds, with all chapters', () => {
    expect(demo).toMatchObject({ code: 0 });
    expect(demo.stderr).not.toMatch(/error/i);
    expect([...demo.stdout.matchAll(/^(\d {2}\S.*)\n-+$/gm)].map(([, title]) => title)).toEqual([
      '1  What is on the other side',
      '2  Networks',
      '3  Machines',
      '4  A machine on the network',
      '5  Two machines with fixed addresses',
      '6  Everything is put back as it was',
    ]);
    // See where the addresses are looked at.
    expect(demo.stdout.replace(/^.*ARP table.*$/m, '')).not.toContain('VIR_ERR');
  });

  it('explains the URI, and says what is on the other side', async () => {
    expect(demo.stdout.replace(/\s+/g, ' ')).toContain('QEMU/KVM on this machine (the system instance)');
    const version = /library: libvirt (\S+)/.exec(await bed().virsh('version'))?.[1];
    for (const [name, value] of [
      ['URI', uri],
      ['Driver', 'QEMU'],
      ['libvirt there', version],
      ['Host', 'testbed'],
    ] as const) {
      expect(fact(chapter(1), name)).toBe(value);
    }
    expect(fact(chapter(1), 'Machines')).toMatch(/^emulation of .* \(domain type qemu\)$/);
  });

  it('lists the networks, and starts the one called default', () => {
    expect(tableOf(chapter(2), ['Name', 'State', 'Autostart', 'Persistent'])).toEqual([
      ['default', 'inactive', 'no', 'yes'],
      ['mine', 'active', 'no', 'no'],
    ]);
    expect(chapter(2)).toContain('+ It was inactive: started.');
    expect(chapter(2)).toContain('autostart switched on.');
    expect(chapter(2)).toContain('<name>default</name>');
    expect(fact(chapter(2), 'Bridge')).toBe('virbr0');
    expect(fact(chapter(2), 'Address')).toBe('192.168.122.1/24');
    expect(fact(chapter(2), 'DHCP range')).toBe('192.168.122.2 to 192.168.122.254');
    expect(fact(chapter(2), 'To the world')).toBe('nat');
  });

  it('lists the machines, and the networks that they are on', () => {
    const [running, all] = chapter(3).split('All machines:') as [string, string];
    const columns = ['Id', 'Name', 'State'];
    expect(tableOf(running, columns)).toEqual([['1', 'own', 'paused']]);
    expect(tableOf(all, columns)).toEqual([
      ['-', 'asleep', 'shut off'],
      ['1', 'own', 'paused'],
    ]);
    expect(tableOf(all, ['Machine', 'Type', 'Network', 'Interface', 'MAC'])).toEqual([
      ['own', 'network', 'mine', 'vnet0', '52:54:00:00:00:44'],
    ]);
  });

  it('starts a machine, and shows its vnet and its lease', () => {
    expect(tableOf(chapter(4), ['Id', 'Name', 'State'])).toEqual([
      ['-', 'asleep', 'shut off'],
      ['-', 'demo-pc', 'shut off'],
      ['1', 'own', 'paused'],
    ]);
    expect(chapter(4)).toContain("+ Started 'demo-pc'.");
    expect(fact(chapter(4), 'State')).toBe('running');
    expect(fact(chapter(4), 'Network')).toBe('default');
    expect(fact(chapter(4), 'Interface on the host')).toBe('vnet1');
    const mac = fact(chapter(4), 'MAC of the guest') ?? '';
    expect(mac).toMatch(/^52:54:00(:[0-9a-f]{2}){3}$/);
    expect(links.get('vnet1')).toMatchObject({ address: fact(chapter(4), 'MAC on the host'), master: 'virbr0' });
    expect(links.get('vnet1')?.address).toBe(mac.replace('52', 'fe'));
    const lease = /^ {2}\+ DHCP lease: (192\.168\.122\.\d+)\/24, until 20\d\d-\S+Z\.$/m.exec(chapter(4))?.[1];
    expect(lease).toBeDefined();
    expect(fact(chapter(4), 'By the lease of the network')).toBe(lease);
    expect(fact(chapter(4), 'By the agent in the guest')).toContain(lease);
    // What this libvirt makes of the kernel's answer, see libvirtd-guests.test.ts.
    const arp = fact(chapter(4), 'By the ARP table of the host');
    expect([lease, 'none', 'VIR_ERR_INTERNAL_ERROR: internal error: wrong nlmsg len']).toContain(arp);
  });

  it('gives two machines their fixed addresses, and draws them', () => {
    const columns = ['Machine', 'State', 'Interface', 'MAC', 'Fixed address', 'DHCP lease'];
    expect(tableOf(chapter(5), columns)).toEqual([
      ['lab-srv1', 'running', 'vnet2', '52:54:00:6c:61:02', '192.168.122.2', '192.168.122.2'],
      ['lab-srv2', 'running', 'vnet3', '52:54:00:6c:61:03', '192.168.122.3', '192.168.122.3'],
    ]);
    const lines = chapter(5).split('\n');
    const picture = lines.slice(lines.findIndex((line) => line.includes('┌')));
    const texts = picture.map((line) => line.split(/[\s│─┬┴┌┐└┘]+/).filter(Boolean));
    expect(texts.filter((text) => text.length > 0)).toEqual([
      ['host', 'testbed'],
      ['bridge', 'virbr-lab,', 'network', 'libvirt-napi-lab'],
      ['192.168.122.1/24'],
      ['vnet2', 'vnet3'],
      ['lab-srv1', 'lab-srv2'],
      ['192.168.122.2', '192.168.122.3'],
      ['52:54:00:6c:61:02', '52:54:00:6c:61:03'],
      ['running', 'running'],
    ]);
  });

  it('asks its guests to shut down, and they do', () => {
    const { SHUTDOWN } = DomainEventStoppedDetailType;
    expect(Object.fromEntries(stopped)).toEqual({ 'demo-pc': SHUTDOWN, 'lab-srv1': SHUTDOWN, 'lab-srv2': SHUTDOWN });
  });

  it('puts everything back: virsh has the lists that it had before', async () => {
    expect(undone(chapter(5))).toEqual([
      'stop machine demo-pc',
      'undefine machine demo-pc',
      'switch off autostart of network default',
      'stop network default',
    ]);
    expect(undone(chapter(6))).toEqual(labUndone);
    expect(chapter(6)).toContain(asBefore);
    expect(before.map((list) => list.length)).toEqual([2, 2]);
    expect(await lists()).toEqual(before);
  });

  describe('when it does not come to its end', () => {
    const walkthrough = path.join(root, 'build/examples/walkthrough.js');

    it('SIGINT while it waits for a lease: everything is put back', async () => {
      const walk = bed().spawn(process.execPath, [walkthrough, uri], { cwd: root, env });
      const end = collect(walk, 'the walk', 240_000);
      await Promise.race([prints(walk, 'Waiting for its DHCP lease'), end]);
      expect((await lists())[1]).toContainEqual([expect.any(String), 'demo-pc', 'running']);
      walk.kill('SIGINT');
      const { stdout, code } = await end;
      expect(code).toBe(130);
      expect(undone(stdout)).toContain('undefine machine demo-pc');
      expect(await lists()).toEqual(before);
    });

    it('a user who may only look gets told what is refused, and nothing changes', async () => {
      const { stdout, code } = await bed().exec(process.execPath, [walkthrough, '--read-only', uri], {
        cwd: root,
        env,
      });
      expect(tableOf(stdout, ['Name', 'State', 'Autostart', 'Persistent'])).toEqual(before[0]);
      expect(stdout.replace(/\s+/g, ' ')).toContain('read only access prevents virNetworkCreate');
      expect(stdout).toContain('Nothing was changed.');
      expect(code).toBe(0);
      expect(await lists()).toEqual(before);
    });
  });
});

describeWithTestbed(`npm run demo -- ${uri}, on a host where the network default is active`, (bed) => {
  it('leaves it alone, gives its lab other addresses, and has machines with nothing to boot', async () => {
    await bed().virsh('net-start', 'default');
    const walk = path.join(root, 'build/examples/walkthrough.js');
    const { stdout, code } = await bed().exec(process.execPath, [walk, uri], { cwd: root, timeout: 240_000 });
    const text = stdout.replace(/\s+/g, ' ');
    expect(code).toBe(0);
    expect(text).toContain('It is active already.');
    expect(text).toContain(
      '! 192.168.122.0/24 is in use and is left alone. The machines get addresses of 192.168.222.0/24.',
    );
    const columns = ['Machine', 'State', 'Interface', 'MAC', 'Fixed address', 'DHCP lease'];
    // Their firmware asks for an address.
    expect(tableOf(stdout, columns).map((row) => row.slice(4))).toEqual([
      ['192.168.222.2', '192.168.222.2'],
      ['192.168.222.3', '192.168.222.3'],
    ]);
    expect(stdout).toContain('│ 192.168.222.1/24 ');
    const lease = /DHCP lease: (192\.168\.122\.\d+)\/24/.exec(stdout)?.[1];
    expect(lease).toBeDefined();
    expect(fact(stdout, 'By the lease of the network')).toBe(lease);
    expect(fact(stdout, 'By the agent in the guest')).toMatch(/^VIR_ERR_AGENT_UNRESPONSIVE: .*not connected/);
    expect(undone(stdout)).not.toContain('stop network default');
    expect(tableRows(await bed().virsh('net-list', '--all'))).toEqual([['default', 'active', 'no', 'yes']]);
    expect(await bed().virsh('list', '--all', '--name')).toBe('');
  }, 300_000);
});

/** Waits until a process has printed something. */
function prints(child: BedProcess, wanted: string): Promise<void> {
  let printed = '';
  return new Promise((resolve) => {
    child.stdout.on('data', (text: string) => {
      printed += text;
      if (printed.includes(wanted)) resolve();
    });
  });
}

/** The rows of a table, without its columns' names, sorted; cells by two blanks and more. */
function tableOf(text: string, columns: readonly string[]): string[][] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.trim().split(/ {2,}/).join() === columns.join());
  if (start < 0) throw new Error(`no table ${columns.join()} in:\n${text}`);
  return tableRows(lines.slice(start + 2, lines.indexOf('', start)).join('\n'));
}

/** The value of a fact: `  Name   value`. */
function fact(text: string, name: string): string | undefined {
  return new RegExp(`^ {2}${name} {2,}(.*)$`, 'm').exec(text)?.[1];
}

/** What the walk-through says it has undone, each as `stop machine lab-srv1`. */
function undone(text: string): string[] {
  return [...text.matchAll(/^ {2}\+ ((?:stop|undefine|switch off) .*)$/gm)].map(([, what = '']) => what);
}
