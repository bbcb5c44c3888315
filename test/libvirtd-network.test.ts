import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Connection, ConnectListAllNetworksFlags, type Network, NetworkXMLFlags } from '../lib/index.js';
import { failure } from './helpers.js';
import { eventually, linksOf, networkRows, removeNetworks, rowOf, tableRows } from './libvirtd-helpers.js';
import { defaultNetworkXML, describeWithTestbed } from './testbed/index.js';

jest.setTimeout(60_000); // machines that are busy with other suites, too

describeWithTestbed("networks of a real libvirtd, the 'default' of its package before all", (bed) => {
  let connection: Connection;
  let network: Network;

  beforeEach(async () => {
    connection = await Connection.open(bed().uri);
    await removeNetworks(connection);
    network = await connection.defineNetworkXML(bed().read('/usr/share/libvirt/networks/default.xml'));
  });
  afterEach(() => connection.close());

  /** The NAT rules for the network's addresses, whichever of the two firewalls libvirt uses. */
  async function natRules(): Promise<string[]> {
    const printed = await Promise.all([
      bed().exec('iptables-save', ['-t', 'nat']),
      bed().exec('nft', ['list', 'ruleset']),
    ]);
    const rules = printed.flatMap(({ stdout }) => stdout.split('\n'));
    return rules.filter((rule) => rule.includes('192.168.122.0/24') && /masquerade/i.test(rule));
  }

  /** The command lines of the DHCP and name servers. */
  const servers = async (): Promise<string[]> =>
    (await bed().exec('ps', ['-C', 'dnsmasq', '-o', 'args='])).stdout.split('\n').filter(Boolean);

  /** What listens for UDP on the network's address, and on all addresses of its bridge. */
  const udpPorts = async (): Promise<string[]> => {
    const lines = (await bed().run('ss', ['-H', '-lun'])).split('\n').map((line) => line.trim().split(/\s+/)[3] ?? '');
    return lines.filter((local) => /^(192\.168\.122\.1|0\.0\.0\.0%virbr0):/.test(local)).sort();
  };

  const virshRows = async (...options: string[]): Promise<string[][]> =>
    tableRows(await bed().virsh('net-list', ...options));

  describe('what is refused', () => {
    const otherXML = defaultNetworkXML().replace('default', 'other').replace('virbr0', 'virbr7');

    it.each([
      ['a network that is not there', () => connection.lookupNetworkByName('nobody'), 'VIR_ERR_NO_NETWORK'],
      ['text that is no XML', () => connection.defineNetworkXML('<network'), 'VIR_ERR_XML_DETAIL'],
      ['XML of something else', () => connection.defineNetworkXML('<domain/>'), 'VIR_ERR_XML_ERROR'],
      ['a network without a name', () => connection.createNetworkXML('<network/>'), 'VIR_ERR_NO_NAME'],
      [
        'an address that is none',
        () => connection.defineNetworkXML(otherXML.replace('192.168.122.1', '192.168.122.256')),
        'VIR_ERR_XML_ERROR',
      ],
      [
        'DHCP for addresses of another network',
        () => connection.defineNetworkXML(otherXML.replace('192.168.122.2', '192.168.123.2')),
        'VIR_ERR_INTERNAL_ERROR',
      ],
      [
        'a second network with its name',
        () => connection.defineNetworkXML(defaultNetworkXML()),
        'VIR_ERR_OPERATION_FAILED',
      ],
      [
        'a second network with its bridge',
        () => connection.defineNetworkXML(defaultNetworkXML().replace('default', 'other')),
        'VIR_ERR_INTERNAL_ERROR',
      ],
      ['stopping what is stopped', () => network.destroy(), 'VIR_ERR_OPERATION_INVALID'],
      ['a flag that nobody knows', () => network.getXMLDesc(1 << 20), 'VIR_ERR_INVALID_ARG'],
    ])('%s', async (_, call, code) => {
      expect(await failure(call())).toMatchObject({ name: 'LibvirtError', code });
      expect(await networkRows(connection)).toEqual([['default', 'inactive', 'no', 'yes']]);
    });

    it('starting it twice, and another one with its addresses', async () => {
      await network.create();
      expect(await failure(network.create())).toMatchObject({
        code: 'VIR_ERR_OPERATION_INVALID',
        operation: 'virNetworkCreate',
        message: expect.stringContaining('already active'),
      });
      expect(await failure(connection.createNetworkXML(otherXML))).toMatchObject({
        code: 'VIR_ERR_INTERNAL_ERROR',
        message: expect.stringContaining('virbr0'),
      });
      expect(await networkRows(connection)).toEqual([['default', 'active', 'no', 'yes']]);
    });

    it('everything that changes something, on a connection that may only look', async () => {
      await using looker = await Connection.open(bed().uriFor('qemu', '/system', bed().readOnlySocket), {
        readOnly: true,
      });
      const seen = await looker.lookupNetworkByName('default');
      expect(await rowOf(seen)).toEqual(['default', 'inactive', 'no', 'yes']);
      for (const change of [seen.create(), seen.undefine(), seen.setAutostart(true)]) {
        expect(await failure(change)).toMatchObject({ code: 'VIR_ERR_OPERATION_DENIED' });
      }
    });

    it('calls on it when it is gone', async () => {
      await network.undefine();
      expect(await failure(network.create())).toMatchObject({ code: 'VIR_ERR_NO_NETWORK' });
      expect(await failure(connection.lookupNetworkByUUID(network.uuid))).toMatchObject({ code: 'VIR_ERR_NO_NETWORK' });
    });
  });

  it('is defined from the file of the package, and makes nothing on the host yet', async () => {
    expect(network.name).toBe('default');
    expect(await network.getBridgeName()).toBe('virbr0');
    const xml = await network.getXMLDesc(NetworkXMLFlags.INACTIVE);
    expect(xml).toContain(`<uuid>${network.uuid}</uuid>`);
    expect(xml).toContain("<range start='192.168.122.2' end='192.168.122.254'/>");
    expect((await linksOf(bed())).has('virbr0')).toBe(false);
    expect(await natRules()).toEqual([]);
    expect(await servers()).toEqual([]);
    expect(existsSync(bed().pathOf('/etc/libvirt/qemu/networks/default.xml'))).toBe(true);
  });

  it('has a bridge with an address, DHCP and name service, and NAT while it is active', async () => {
    await network.create();
    const bridge = (await linksOf(bed())).get('virbr0');
    expect(bridge?.addr_info).toContainEqual(
      expect.objectContaining({ family: 'inet', local: '192.168.122.1', prefixlen: 24 }),
    );
    expect(bridge?.flags).toContain('UP');
    // What has no MAC in its definition gets one with it.
    expect(await network.getXMLDesc()).toContain(`<mac address='${bridge?.address ?? ''}'/>`);

    const config = '/var/lib/libvirt/dnsmasq/default.conf';
    expect(await servers()).toContainEqual(expect.stringContaining(`--conf-file=${config}`));
    expect(bed().read(config)).toContain('dhcp-range=192.168.122.2,192.168.122.254');
    expect(bed().read(config)).toContain('interface=virbr0');
    expect(await udpPorts()).toEqual(['0.0.0.0%virbr0:67', '192.168.122.1:53']);

    expect((await natRules()).length).toBeGreaterThan(0);
    expect(await bed().run('cat', ['/proc/sys/net/ipv4/ip_forward'])).toBe('1\n');
    expect(await network.getDHCPLeases()).toEqual([]);

    await network.destroy();
    expect((await linksOf(bed())).has('virbr0')).toBe(false);
    expect(await natRules()).toEqual([]);
    // dnsmasq is told to end, and takes its time.
    await eventually('the servers have ended', async () => (await servers()).length === 0);
    expect(await udpPorts()).toEqual([]);
  });

  it('starts with the daemon when it is told to', async () => {
    const link = bed().pathOf('/etc/libvirt/qemu/networks/autostart/default.xml');
    expect(await network.getAutostart()).toBe(false);
    await network.setAutostart(true);
    expect(await network.getAutostart()).toBe(true);
    expect(await bed().run('readlink', ['/etc/libvirt/qemu/networks/autostart/default.xml'])).toBe(
      '/etc/libvirt/qemu/networks/default.xml\n',
    );
    await network.setAutostart(false);
    expect(await network.getAutostart()).toBe(false);
    expect(existsSync(link)).toBe(false);
  });

  it('is listed with four right columns, the same as in virsh', async () => {
    await connection.defineNetworkXML('<network><name>asleep</name><bridge name="virbr5"/></network>');
    await connection.createNetworkXML('<network><name>passing</name><bridge name="virbr6"/></network>');
    await network.create();
    await network.setAutostart(true);
    const rows = [
      ['asleep', 'inactive', 'no', 'yes'],
      ['default', 'active', 'yes', 'yes'],
      ['passing', 'active', 'no', 'no'],
    ];
    expect(await networkRows(connection)).toEqual(rows);
    expect(await virshRows('--all')).toEqual(rows);
    for (const [flag, option] of [
      ['ACTIVE', []],
      ['INACTIVE', ['--inactive']],
      ['PERSISTENT', ['--all', '--persistent']],
      ['TRANSIENT', ['--all', '--transient']],
      ['AUTOSTART', ['--all', '--autostart']],
      ['NO_AUTOSTART', ['--all', '--no-autostart']],
    ] as const) {
      const some = await networkRows(connection, ConnectListAllNetworksFlags[flag]);
      expect(some).toEqual(await virshRows(...option));
      expect(some.length).toBeGreaterThan(0);
      expect(some.length).toBeLessThan(rows.length);
    }
  });

  it('goes on without a definition, and is gone when it is stopped', async () => {
    await network.create();
    await network.undefine();
    expect(await rowOf(network)).toEqual(['default', 'active', 'no', 'no']);
    expect(existsSync(bed().pathOf('/etc/libvirt/qemu/networks/default.xml'))).toBe(false);
    await network.destroy();
    expect(await networkRows(connection)).toEqual([]);
    expect((await linksOf(bed())).has('virbr0')).toBe(false);
  });

  it('one without a definition cannot start with the daemon, and is gone when it is stopped', async () => {
    const passing = await connection.createNetworkXML('<network><name>passing</name><bridge name="virbr6"/></network>');
    expect(await rowOf(passing)).toEqual(['passing', 'active', 'no', 'no']);
    expect(await failure(passing.setAutostart(true))).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
    expect((await linksOf(bed())).get('virbr6')?.flags).toContain('UP');
    await passing.destroy();
    expect(await networkRows(connection)).toEqual([['default', 'inactive', 'no', 'yes']]);
    expect(await failure(passing.getXMLDesc())).toMatchObject({ code: 'VIR_ERR_NO_NETWORK' });
  });

  it('of many who start it at once one succeeds', async () => {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => network.create()));
    const failed = results.filter((result) => result.status === 'rejected');
    expect(failed).toHaveLength(7);
    for (const { reason } of failed) expect(reason).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
    expect(await rowOf(network)).toEqual(['default', 'active', 'no', 'yes']);
  });
});
