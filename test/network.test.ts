import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Connection,
  ConnectListAllNetworksFlags,
  IPAddrType,
  NetworkCreateFlags,
  NetworkDefineFlags,
  NetworkXMLFlags,
  type Network,
} from '../lib/index.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch, failure, failures, machineXML, networkXML } from './helpers.js';
import { xdr } from './remote-protocol.js';
import { isSince, itSince } from './versions.js';

const scratch = new Scratch();
const uuid = '11111111-2222-4333-8444-555555555555';
const address =
  '<ip address="192.168.122.1" netmask="255.255.255.0"><dhcp><range start="192.168.122.2" end="192.168.122.254"/></dhcp></ip>';
const host = scratch.host(
  networkXML('default', 'virbr0', `<uuid>${uuid}</uuid>${address}`) + networkXML('isolated', 'virbr1'),
);

let connection: Connection;
let network: Network;

beforeEach(async () => {
  connection = await Connection.open(host);
  network = await connection.lookupNetworkByName('default');
});
afterEach(() => connection.close());
afterAll(() => {
  scratch.remove();
});

describe('networks that cannot be', () => {
  it.each([
    ['is not there', () => connection.lookupNetworkByName('nobody'), 'VIR_ERR_NO_NETWORK'],
    ['has another UUID', () => connection.lookupNetworkByUUID(uuid.replaceAll('1', '2')), 'VIR_ERR_NO_NETWORK'],
    ['has no UUID', () => connection.lookupNetworkByUUID('default'), 'VIR_ERR_INVALID_ARG'],
    ['is no XML', () => connection.defineNetworkXML('network'), 'VIR_ERR_XML_DETAIL'],
    ['is a machine', () => connection.createNetworkXML(machineXML({ name: 'a' })), 'VIR_ERR_XML_ERROR'],
    [
      'has nonsense in it',
      () => connection.defineNetworkXML(networkXML('a', 'b', '<nonsense/>'), NetworkDefineFlags.VALIDATE),
      isSince('7.7.0') ? 'VIR_ERR_XML_INVALID_SCHEMA' : 'VIR_ERR_NO_SUPPORT',
    ],
    [
      'has nonsense in it and is to start',
      () => connection.createNetworkXML(networkXML('a', 'b', '<nonsense/>'), NetworkCreateFlags.VALIDATE),
      isSince('7.8.0') ? 'VIR_ERR_XML_INVALID_SCHEMA' : 'VIR_ERR_NO_SUPPORT',
    ],
    ['is active already', () => network.create(), 'VIR_ERR_OPERATION_INVALID'],
    ['has no DHCP server', () => network.getDHCPLeases(), 'VIR_ERR_NO_SUPPORT'],
    ['knows no such flag', () => network.getXMLDesc(1 << 20), 'VIR_ERR_INVALID_ARG'],
  ])('one that %s', async (_, call, code) => {
    expect(await failure(call())).toMatchObject({ code });
  });

  it('one without a bridge', async () => {
    const plain = await connection.defineNetworkXML('<network><name>plain</name></network>');
    expect(await failure(plain.getBridgeName())).toMatchObject({ code: 'VIR_ERR_INTERNAL_ERROR' });
  });

  it('XML and names with a NUL in them', async () => {
    for (const error of await failures([
      connection.defineNetworkXML(`${networkXML('cut', 'b')}\0`),
      connection.createNetworkXML(`${networkXML('cut', 'b')}\0`, NetworkCreateFlags.VALIDATE),
      connection.lookupNetworkByName('default\0'),
      network.getDHCPLeases('52:54:00:00:00:01\0'),
    ])) {
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toHaveProperty('message', expect.stringMatching(/^virNetwork\w+: argument 2 .*NUL/));
    }
    expect(await connection.listAllNetworks()).toHaveLength(2);
  });
});

describe('finding networks', () => {
  it('lists them, all or some', async () => {
    const { ACTIVE, INACTIVE, PERSISTENT, TRANSIENT, AUTOSTART, NO_AUTOSTART } = ConnectListAllNetworksFlags;
    const named = async (flags?: number) => (await connection.listAllNetworks(flags)).map(({ name }) => name).sort();
    await network.setAutostart(true);
    await (await connection.lookupNetworkByName('isolated')).destroy();
    await connection.createNetworkXML(networkXML('passing', 'virbr2'));
    expect(await named()).toEqual(['default', 'isolated', 'passing']);
    expect(await named(ACTIVE)).toEqual(['default', 'passing']);
    expect(await named(INACTIVE)).toEqual(['isolated']);
    expect(await named(PERSISTENT)).toEqual(['default', 'isolated']);
    expect(await named(TRANSIENT)).toEqual(['passing']);
    expect(await named(AUTOSTART)).toEqual(['default']);
    expect(await named(NO_AUTOSTART)).toEqual(['isolated', 'passing']);
    expect(await named(ACTIVE | PERSISTENT)).toEqual(['default']);
  });

  it('looks one up by name and UUID', async () => {
    for (const found of [network, await connection.lookupNetworkByUUID(uuid.toUpperCase())]) {
      expect([found.name, found.uuid, found.connection]).toEqual(['default', uuid, connection]);
    }
  });

  it.each(['größe-机-😀', 'x'.repeat(4000)])('has the name %p as it was given', async (name) => {
    const defined = await connection.defineNetworkXML(networkXML(name, 'virbr9'));
    expect(defined.name).toBe(name);
    expect((await connection.lookupNetworkByName(name)).uuid).toBe(defined.uuid);
  });
});

describe('the life of a network', () => {
  const stateOf = async (one: Network) => ({
    active: await one.isActive(),
    persistent: await one.isPersistent(),
    autostart: await one.getAutostart(),
  });

  const fromItsDefinition = async (flags: NetworkDefineFlags) => {
    const lab = await connection.defineNetworkXML(networkXML('lab', 'virbr5'), flags);
    expect(await stateOf(lab)).toEqual({ active: false, persistent: true, autostart: false });
    await lab.create();
    await lab.setAutostart(true);
    expect(await stateOf(lab)).toEqual({ active: true, persistent: true, autostart: true });
    expect(await lab.getBridgeName()).toBe('virbr5');
    await lab.setAutostart(false);
    await lab.destroy();
    expect(await stateOf(lab)).toEqual({ active: false, persistent: true, autostart: false });
    await lab.undefine();
    for (const error of await failures([lab.isActive(), lab.getXMLDesc(), lab.create()])) {
      expect(error).toMatchObject({ code: 'VIR_ERR_NO_NETWORK' });
    }
  };
  it('goes from its definition to its end', () => fromItsDefinition(0));
  itSince('7.7.0', 'goes from a definition that is checked to its end', () =>
    fromItsDefinition(NetworkDefineFlags.VALIDATE),
  );

  const withoutDefinition = async (flags: NetworkCreateFlags) => {
    const guest = await connection.createNetworkXML(networkXML('guest', 'virbr6'), flags);
    expect(await stateOf(guest)).toEqual({ active: true, persistent: false, autostart: false });
    await guest.destroy();
    expect(await failure(guest.isActive())).toMatchObject({ code: 'VIR_ERR_NO_NETWORK' });
  };
  it('ends with its stop when it has no definition', () => withoutDefinition(0));
  itSince('7.8.0', 'ends with its stop when it was checked and has no definition', () =>
    withoutDefinition(NetworkCreateFlags.VALIDATE),
  );

  it('may be defined anew under its UUID', async () => {
    await network.destroy();
    const again = await connection.defineNetworkXML(networkXML('default', 'virbr77', `<uuid>${uuid}</uuid>`));
    expect(again.uuid).toBe(uuid);
    await network.create();
    expect(await again.getXMLDesc()).toContain('virbr77');
    // The test driver has this in common with no other.
    expect(await failure(again.getXMLDesc(NetworkXMLFlags.INACTIVE))).toMatchObject({ code: 'VIR_ERR_INVALID_ARG' });
    expect(await connection.listAllNetworks()).toHaveLength(2);
  });
});

describe('what a network tells', () => {
  it('is what its XML says', async () => {
    expect(await network.getBridgeName()).toBe('virbr0');
    const xml = await network.getXMLDesc();
    for (const part of ['<name>default</name>', uuid, 'virbr0', '192.168.122.1', '192.168.122.254']) {
      expect(xml).toContain(part);
    }
  });

  describe('of its leases', () => {
    let daemon: FakeDaemon;
    let remote: Connection;
    let far: Network;

    beforeEach(async () => {
      daemon = await FakeDaemon.start(scratch.file('daemon'));
      remote = await Connection.open(daemon.uri);
      daemon.answer('lookupNetworkByName', Buffer.concat([xdr.string('far'), xdr.uuid(uuid)]));
      far = await remote.lookupNetworkByName('far');
    });
    afterEach(async () => {
      await remote.close();
      await daemon.stop();
    });

    const lease = (expires: bigint, type: number, texts: (string | null)[], prefix: number): Buffer => {
      const [mac, iaid, ipaddr, hostname, clientid] = texts as [
        string | null,
        string | null,
        string,
        string | null,
        string | null,
      ];
      return Buffer.concat([
        xdr.string('virbr0'),
        xdr.hyper(expires),
        xdr.int(type),
        xdr.optional(mac),
        xdr.optional(iaid),
        xdr.string(ipaddr),
        xdr.int(prefix),
        xdr.optional(hostname),
        xdr.optional(clientid),
      ]);
    };

    it('has each with its end as a Date, and null for what is not known', async () => {
      const mac = '52:54:00:00:00:01';
      const leases = [
        lease(1_700_000_000n, 0, [mac, null, '192.168.122.2', 'srv1', null], 24),
        lease(0n, 1, [null, '123', 'fd00::2', null, '00:01'], 64),
        lease(2n ** 40n, 0, [mac, null, '192.168.122.3', 'größe', null], 24),
      ];
      daemon.answer('getDHCPLeases', Buffer.concat([xdr.int(leases.length), ...leases, xdr.int(leases.length)]));
      const [first, second, third] = await far.getDHCPLeases(mac);
      expect(first).toEqual({
        iface: 'virbr0',
        expiryTime: new Date('2023-11-14T22:13:20Z'),
        type: IPAddrType.IPV4,
        mac,
        iaid: null,
        ipaddr: '192.168.122.2',
        prefix: 24,
        hostname: 'srv1',
        clientid: null,
      });
      expect(second).toEqual({
        iface: 'virbr0',
        expiryTime: null,
        type: IPAddrType.IPV6,
        mac: null,
        iaid: '123',
        ipaddr: 'fd00::2',
        prefix: 64,
        hostname: null,
        clientid: '00:01',
      });
      expect(third).toMatchObject({ hostname: 'größe', expiryTime: new Date(2 ** 40 * 1000) });
    });

    it('has none when there are none', async () => {
      daemon.answer('getDHCPLeases', Buffer.concat([xdr.int(0), xdr.int(0)]));
      for (const mac of [undefined, null, '52:54:00:00:00:01']) expect(await far.getDHCPLeases(mac)).toEqual([]);
    });
  });
});

describe('many calls at once', () => {
  it('only one of many starts the network', async () => {
    await network.destroy();
    const starts = await Promise.allSettled(Array.from({ length: 20 }, () => network.create()));
    expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await network.isActive()).toBe(true);
  });
});
