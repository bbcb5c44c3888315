import { inspect } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Connection,
  type Network,
  NetworkMetadataType,
  type NetworkPort,
  NetworkUpdateCommand,
  NetworkUpdateFlags,
  NetworkUpdateSection,
} from '../lib/index.js';
import { native } from '../lib/native.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch, failure, networkXML } from './helpers.js';
import { xdr } from './remote-protocol.js';
import { isSince, itSince } from './versions.js';

const scratch = new Scratch();
const uuid = '11111111-2222-4333-8444-555555555555';
const portUUID = 'aaaaaaaa-2222-4333-8444-555555555555';
const missing = native.runtime.functions().filter((row) => row.missing);

afterAll(() => {
  scratch.remove();
});

describe('networks of the test driver', () => {
  let connection: Connection;
  let network: Network;

  beforeEach(async () => {
    connection = await Connection.open(
      scratch.host(
        networkXML(
          'default',
          'virbr0',
          '<ip address="192.168.122.1" netmask="255.255.255.0"><dhcp><range start="192.168.122.2" end="192.168.122.254"/></dhcp></ip>',
        ),
      ),
    );
    network = await connection.lookupNetworkByName('default');
  });
  afterEach(() => connection.close());

  const hostXML = '<host mac="52:54:00:00:00:01" name="srv1" ip="192.168.122.45"/>';
  const { ADD_LAST, DELETE, MODIFY } = NetworkUpdateCommand;
  const { IP_DHCP_HOST, BRIDGE } = NetworkUpdateSection;

  // libvirt 7.0 gives command and section to drivers the wrong way round; its daemon turns them back.
  const inOrder = isSince('7.2.0');

  it.each([
    ['ports', () => network.listAllPorts(), 'VIR_ERR_NO_SUPPORT'],
    ['a port', () => network.lookupPortByUUID(portUUID), 'VIR_ERR_NO_SUPPORT'],
    ['a new port', () => network.createPortXML('<networkport/>'), 'VIR_ERR_NO_SUPPORT'],
    [
      'a change of what is not there',
      () => network.update(MODIFY, IP_DHCP_HOST, 0, hostXML),
      inOrder ? 'VIR_ERR_OPERATION_INVALID' : 'VIR_ERR_OPERATION_UNSUPPORTED',
    ],
    ['a change that is no XML', () => network.update(ADD_LAST, IP_DHCP_HOST, 0, '<host'), 'VIR_ERR_XML_DETAIL'],
    [
      'a change of the bridge',
      () => network.update(MODIFY, BRIDGE, 0, '<bridge name="b"/>'),
      'VIR_ERR_OPERATION_UNSUPPORTED',
    ],
    [
      'a command that nobody knows',
      () => network.update(9 as never, IP_DHCP_HOST, 0, hostXML),
      inOrder ? 'VIR_ERR_OPERATION_UNSUPPORTED' : 'VIR_ERR_XML_ERROR',
    ],
  ])('have not, or refuse: %s', async (_, call, code) => {
    expect(await failure(call())).toMatchObject({ code });
  });

  itSince('7.2.0', 'take and lose a DHCP host', async () => {
    await network.update(ADD_LAST, IP_DHCP_HOST, 0, hostXML, NetworkUpdateFlags.LIVE);
    expect(await network.getXMLDesc()).toContain("ip='192.168.122.45'");
    expect(await failure(network.update(ADD_LAST, IP_DHCP_HOST, -1, hostXML))).toMatchObject({
      code: 'VIR_ERR_OPERATION_INVALID',
      operation: 'virNetworkUpdate',
    });
    await network.update(DELETE, IP_DHCP_HOST, -1, hostXML, NetworkUpdateFlags.LIVE);
    expect(await network.getXMLDesc()).not.toContain('192.168.122.45');
  });

  it('have names in two lists', async () => {
    await connection.defineNetworkXML(networkXML('asleep', 'virbr5'));
    expect([await connection.numOfNetworks(), await connection.listNetworks()]).toEqual([1, ['default']]);
    expect([await connection.numOfDefinedNetworks(), await connection.listDefinedNetworks()]).toEqual([1, ['asleep']]);
    await network.destroy();
    expect([await connection.numOfNetworks(), await connection.listNetworks()]).toEqual([0, []]);
    expect((await connection.listDefinedNetworks()).sort()).toEqual(['asleep', 'default']);
  });

  it('keep texts, from libvirt 9.7 on', async () => {
    const set = network.setMetadata(NetworkMetadataType.TITLE, 'mine');
    if (missing.some(({ name }) => name === 'virNetworkSetMetadata')) {
      expect(await failure(set)).toMatchObject({
        code: 'VIR_ERR_NO_SUPPORT',
        message: expect.stringContaining('9.7.0') as unknown as string,
      });
      expect(await failure(network.getMetadata(NetworkMetadataType.TITLE))).toMatchObject({
        code: 'VIR_ERR_NO_SUPPORT',
        message: expect.stringContaining('9.7.0') as unknown as string,
      });
      return;
    }
    await set;
    expect(await network.getMetadata(NetworkMetadataType.TITLE)).toBe('mine');
    await network.setMetadata(NetworkMetadataType.TITLE, null);
    expect(await failure(network.getMetadata(NetworkMetadataType.TITLE))).toMatchObject({
      code: 'VIR_ERR_NO_NETWORK_METADATA',
    });
  });
});

describe('ports of a daemon', () => {
  let daemon: FakeDaemon;
  let connection: Connection;
  let network: Network;
  let port: NetworkPort;

  beforeEach(async () => {
    daemon = await FakeDaemon.start(scratch.file('daemon'));
    connection = await Connection.open(daemon.uri);
    daemon.answer('lookupNetworkByName', Buffer.concat([xdr.string('far'), xdr.uuid(uuid)]));
    daemon.answer('networkPortLookupByUUID', Buffer.concat([xdr.string('far'), xdr.uuid(uuid), xdr.uuid(portUUID)]));
    network = await connection.lookupNetworkByName('far');
    port = await network.lookupPortByUUID(portUUID);
  });
  afterEach(async () => {
    await connection.close();
    await daemon.stop();
  });

  const uint = (field: string, value: number): Buffer => Buffer.concat([xdr.string(field), xdr.int(2), xdr.int(value)]);

  it('know their network', () => {
    expect([port.uuid, port.network, port.connection]).toEqual([portUUID, network, connection]);
    expect(inspect(port)).toBe(`NetworkPort { uuid: '${portUUID}', network: 'far' }`);
  });

  it('tell their limits, above 2^31 too, and what this version does not know', async () => {
    const fields = [
      uint('inbound.average', 2 ** 32 - 1),
      uint('inbound.floor', 1),
      uint('outbound.peak', 2 ** 31),
      uint('outbound.new-thing', 5),
    ];
    daemon.answer('networkPortGetParameters', Buffer.concat([xdr.int(4), ...fields, xdr.int(4)]));
    expect(await port.getParameters()).toEqual({
      inbound: { average: 2 ** 32 - 1, floor: 1 },
      outbound: { peak: 2 ** 31, newThing: 5 },
    });
  });

  it('have none', async () => {
    daemon.answer('networkPortGetParameters', Buffer.concat([xdr.int(0), xdr.int(0)]));
    expect(await port.getParameters()).toEqual({});
  });

  it('take limits, and refuse what is none', async () => {
    daemon.answer('networkPortSetParameters', Buffer.alloc(0));
    await port.setParameters({ inbound: { average: 2 ** 32 - 1 }, outbound: { peak: 1, burst: 2 } });
    await port.setParameters({ 'inbound.average': 1 });
    expect(daemon.requestCount('networkPortSetParameters')).toBe(2);
    expect(await failure(port.setParameters({ inbound: { average: 2 ** 32 } }))).toBeInstanceOf(RangeError);
    expect(await failure(port.setParameters({ inbound: { average: '1' as unknown as number } }))).toMatchObject({
      name: 'TypeError',
      message: expect.stringContaining('inbound.average') as unknown as string,
    });
    expect(await failure(port.setParameters({ inbound: { ceiling: 1 } } as object))).toBeInstanceOf(TypeError);
    expect(daemon.requestCount('networkPortSetParameters')).toBe(2);
  });
});
