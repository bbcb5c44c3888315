import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { noLease } from '../examples/story/guests.js';
import { freeName } from '../examples/support/names.js';
import { overlap, prefixOf } from '../examples/support/subnet.js';
import { DomainState } from '../lib/constants.js';
import { native } from '../lib/native.js';
import {
  allUndone,
  asBefore,
  cells,
  type Result,
  rowsAfter,
  runDemo,
  undone,
  Walker,
  walkthrough,
} from './demo-helpers.js';
import { machineXML, networkXML, Scratch } from './helpers.js';

const scratch = new Scratch();

const walk = (...args: string[]): Promise<Result> => new Walker(walkthrough, ...args).result;

let demo: Result;

beforeAll(async () => {
  demo = await runDemo();
}, 600_000);

afterAll(() => {
  scratch.remove();
});

describe('what the walk-through refuses', () => {
  it.each([
    ['nosuch:///system', /VIR_ERR_\w+: .*\n {2}tried: .*\n {2}look at: /],
    ['an alias', /look at: /],
    ['test:///no/such/file.xml', /VIR_ERR_\w+: .*file\.xml/],
    ['qemu+unix:///system?socket=/no/such/socket', /tried: the socket \/no\/such\/socket/],
  ])('%s: says what to look at, without a stack, and exits with 1', async (uri, message) => {
    const { stdout, stderr, code } = await walk(uri);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stdout).not.toContain('\n1  ');
    expect(code).toBe(1);
  });

  it.each([['--no-such-option'], ['test:///default', 'test:///default']])('wrong arguments: %s', async (...args) => {
    const { stdout, stderr, code } = await walk(...args);
    expect(stderr).toContain('Usage: npm run demo [-- [--read-only] URI]');
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });
});

describe('npm run demo', () => {
  it('succeeds, and without a terminal in plain text', () => {
    expect(demo.code).toBe(0);
    expect(demo.stdout).not.toContain('\x1b');
  });

  it('explains the URI and has all chapters', () => {
    expect(demo.stdout).toContain('libvirt at test:///default\n');
    expect(demo.stdout).toContain('The test driver (an invented host) inside this process');
    expect([...demo.stdout.matchAll(/^(\d) {2}\S.*\n-+$/gm)].map(([, number]) => number)).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
    ]);
  });

  it('says what is on the other side', async () => {
    const conn = await native.virConnectOpen('test:///default');
    const facts = new Map(demo.stdout.split('\n').map((line) => cells(line) as [string, string]));
    expect(facts.get('Driver')).toBe(await native.virConnectGetType(conn));
    expect(facts.get('Host')).toBe(await native.virConnectGetHostname(conn));
    expect(facts.get('Machines')).toMatch(/^invented: .*domain type test/);
    const version = await native.virConnectGetLibVersion(conn);
    const [major = 0, minor = 0, release = 0] = (facts.get('libvirt there') ?? '').split('.').map(Number);
    expect(major * 1_000_000 + minor * 1000 + release).toBe(version);
    await native.virConnectClose(conn);
  });

  it('describes the network default', () => {
    expect(demo.stdout).toMatch(/^ {2}Bridge +virbr0$/m);
    expect(demo.stdout).toMatch(/^ {2}Address +192\.168\.122\.1\/24$/m);
    expect(demo.stdout).toMatch(/^ {2}DHCP range +192\.168\.122\.2 to 192\.168\.122\.254$/m);
    expect(demo.stdout).toContain("<bridge name='virbr0'");
  });

  it('starts a machine, and says why it has no lease', () => {
    const chapter = demo.stdout.slice(demo.stdout.indexOf('\n4  '), demo.stdout.indexOf('\n5  '));
    expect(rowsAfter(chapter, "Defined 'demo-pc'.", ['Id', 'Name', 'State'])).toContainEqual([
      '-',
      'demo-pc',
      'shut off',
    ]);
    expect(chapter).toMatch(/^ {2}State +running$/m);
    expect(chapter).toMatch(/^ {2}Interface on the host +testnet\d+$/m);
    expect(chapter).toMatch(/^ {2}MAC of the guest +52:54:00(:[0-9a-f]{2}){3}$/m);
    expect(chapter.replace(/\s+/g, ' ')).toMatch(/No DHCP lease\. The driver cannot do this \(VIR_ERR_NO_SUPPORT\)/);
    // This driver invents an address for whoever is asked.
    for (const source of ['lease of the network', 'agent in the guest', 'ARP table of the host'])
      expect(chapter).toMatch(new RegExp(`^ {2}By the ${source} +192\\.168\\.122\\.\\d+$`, 'm'));
  });

  it('has two machines with fixed addresses, and draws them below host and bridge', () => {
    const columns = ['Machine', 'State', 'Interface', 'MAC', 'Fixed address', 'DHCP lease'];
    expect(rowsAfter(demo.stdout, '\n5  ', columns).map(([name, state, , , ip]) => [name, state, ip])).toEqual([
      ['lab-srv1', 'running', '192.168.122.2'],
      ['lab-srv2', 'running', '192.168.122.3'],
    ]);
    const picture = demo.stdout.split('\n').filter((line) => /^ {2}[┌│└]/.test(line));
    expect(
      picture.map((line) =>
        line
          .split(/[│─┬┴┌┐└┘]+/)
          .map((text) => text.trim())
          .filter(Boolean),
      ),
    ).toEqual([
      [],
      [expect.stringMatching(/^host /)],
      ['bridge virbr-lab, network libvirt-napi-lab'],
      ['192.168.122.1/24'],
      [],
      [],
      ['lab-srv1', 'lab-srv2'],
      ['192.168.122.2', '192.168.122.3'],
      ['52:54:00:6c:61:02', '52:54:00:6c:61:03'],
      ['running', 'running'],
      [],
    ]);
    // The wires leave one box where they reach the other.
    const [leave = '', reach = ''] = picture.filter((line) => /[┬┴]/.test(line));
    const places = (line: string, joint: RegExp) => [...line.matchAll(joint)].map(({ index }) => index);
    expect(places(leave, /┬/g)).toEqual(places(reach, /┴/g));
    expect(places(leave, /┬/g)).toHaveLength(2);
  });

  it('puts everything back, the last change first', () => {
    expect(undone(demo.stdout)).toEqual(allUndone);
    expect(demo.stdout).toContain(asBefore);
  });
});

describe('a lease that does not come', () => {
  afterEach(() => {
    delete process.env['LIBVIRT_DEMO_KERNEL'];
  });

  it('of a machine with nothing to boot: says what may be given to it', () => {
    expect(noLease()).toMatch(/^No lease within 30 seconds\. .*LIBVIRT_DEMO_KERNEL and LIBVIRT_DEMO_INITRD/);
  });

  it('of one that boots: says no more than is known', () => {
    process.env['LIBVIRT_DEMO_KERNEL'] = '/boot/vmlinuz';
    expect(noLease()).toBe(
      'No lease within 90 seconds: the DHCP server of the network has given none to this MAC address.',
    );
  });
});

describe('on a host with names of its own', () => {
  const uri = scratch.host(
    machineXML({ name: 'demo-pc', mac: '52:54:00:01:02:03' }) +
      machineXML({ name: 'lab-srv1', state: 5 }) +
      machineXML({ name: 'other', state: 3 }) +
      networkXML('libvirt-napi-lab', 'virbr-lab') +
      networkXML('mine', 'virbr7'),
  );
  let result: Result;

  beforeAll(async () => {
    result = await walk(uri);
  });

  it('lists the networks that the library lists', async () => {
    const conn = await native.virConnectOpen(uri);
    const expected: string[][] = [];
    for (const network of await native.virConnectListAllNetworks(conn, 0)) {
      expected.push([
        native.virNetworkGetName(network),
        (await native.virNetworkIsActive(network)) ? 'active' : 'inactive',
        (await native.virNetworkGetAutostart(network)) ? 'yes' : 'no',
        (await native.virNetworkIsPersistent(network)) ? 'yes' : 'no',
      ]);
    }
    await native.virConnectClose(conn);
    expect(expected).toHaveLength(2);
    const rows = rowsAfter(result.stdout, '\n2  ', ['Name', 'State', 'Autostart', 'Persistent']);
    expect(rows.sort()).toEqual(expected.sort());
  });

  it('lists the machines that the library lists, running and all, and their interfaces', async () => {
    const words = new Map([[DomainState.RUNNING, 'running'], [DomainState.PAUSED, 'paused'], [DomainState.SHUTOFF, 'shut off']] as [number, string][]); // prettier-ignore
    const conn = await native.virConnectOpen(uri);
    const expected: string[][] = [];
    for (const domain of await native.virConnectListAllDomains(conn, 0)) {
      const { state } = await native.virDomainGetState(domain, 0);
      const id = native.virDomainGetID(domain);
      expected.push([id === -1 ? '-' : String(id), native.virDomainGetName(domain), words.get(state) ?? '?']);
    }
    await native.virConnectClose(conn);
    const columns = ['Id', 'Name', 'State'];
    expect(expected.map(([, , state]) => state).sort()).toEqual(['paused', 'running', 'shut off']);
    expect(rowsAfter(result.stdout, 'All machines:', columns).sort()).toEqual(expected.sort());
    expect(rowsAfter(result.stdout, 'Running machines:', columns).sort()).toEqual(
      expected.filter(([id]) => id !== '-').sort(),
    );
    const interfaces = rowsAfter(result.stdout, '\n3  ', ['Machine', 'Type', 'Network', 'Interface', 'MAC']);
    expect(interfaces.map(([machine, type, network, , mac]) => [machine, type, network, mac])).toEqual([
      ['demo-pc', 'network', 'default', '52:54:00:01:02:03'],
    ]);
  });

  it('takes other names, and touches nothing that was there', () => {
    expect(result.stdout).toContain("There was no network 'default': defined from");
    expect(result.stdout).toContain("There is a machine 'lab-srv1', which is left alone");
    expect(undone(result.stdout)).toEqual([
      'stop machine lab-srv2',
      'undefine machine lab-srv2',
      'stop machine lab-srv1-2',
      'undefine machine lab-srv1-2',
      'stop network libvirt-napi-lab-2',
      'undefine network libvirt-napi-lab-2',
      'stop machine demo-pc-2',
      'undefine machine demo-pc-2',
      'switch off autostart of network default',
      'stop network default',
      'undefine network default',
    ]);
    expect(result.stdout).toContain(asBefore);
    expect(result.code).toBe(0);
  });
});

describe('a connection that may only look', () => {
  it('shows what there is, says what is refused, and changes nothing', async () => {
    const { stdout, code } = await walk('--read-only', 'test:///default');
    expect(rowsAfter(stdout, 'All machines:', ['Id', 'Name', 'State'])).toEqual([['1', 'test', 'running']]);
    for (const name of ['virNetworkSetAutostart', 'virDomainDefineXML', 'virNetworkDefineXML']) {
      expect(stdout.replace(/\s+/g, ' ')).toContain(`read only access prevents ${name}`);
    }
    expect(undone(stdout)).toEqual([]);
    expect(stdout).toContain('Nothing was changed.');
    expect(code).toBe(0);
  });
});

describe('addresses and names of the lab', () => {
  it('subnets overlap when one holds the other', () => {
    const ours = { address: '192.168.122.0', prefix: 24 };
    expect(overlap({ address: '192.168.122.1', prefix: 24 }, ours)).toBe(true);
    expect(overlap({ address: '192.168.0.1', prefix: 16 }, ours)).toBe(true);
    expect(overlap({ address: '192.168.122.200', prefix: 30 }, ours)).toBe(true);
    expect(overlap({ address: '192.168.123.1', prefix: 24 }, ours)).toBe(false);
    expect(overlap({ address: '10.0.0.1', prefix: 8 }, ours)).toBe(false);
    expect(['255.255.255.0', '255.255.0.0', '255.255.255.252', '0.0.0.0'].map(prefixOf)).toEqual([24, 16, 30, 0]);
  });

  it('a name that is taken gets the first free number', () => {
    expect(freeName('a', ['b'])).toBe('a');
    expect(freeName('a', ['a', 'a-2', 'a-4'])).toBe('a-3');
  });
});
