import { inspect } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Connection,
  ConnectListAllInterfacesFlags,
  type Interface,
  InterfaceDefineFlags,
  LibvirtError,
} from '../lib/index.js';
import { native } from '../lib/native.js';
import { Scratch, failure, failures } from './helpers.js';
import { isSince } from './versions.js';

const scratch = new Scratch();
const mac = 'aa:bb:cc:dd:ee:ff';
const interfaceXML = (name: string, address = mac): string =>
  `<interface type="ethernet" name="${name}"><start mode="onboot"/><mac address="${address}"/><mtu size="1492"/></interface>`;
const host = scratch.host(interfaceXML('eth1') + interfaceXML('eth2', '52:54:00:00:00:02'));

let connection: Connection;
let eth1: Interface;

beforeEach(async () => {
  connection = await Connection.open(host);
  eth1 = await connection.lookupInterfaceByName('eth1');
});
afterEach(() => connection.close());
afterAll(() => {
  scratch.remove();
});

const names = async (flags?: number) => (await connection.listAllInterfaces(flags)).map(({ name }) => name).sort();

describe('interfaces that cannot be', () => {
  it.each([
    ['is not there', () => connection.lookupInterfaceByName('eth9'), 'VIR_ERR_NO_INTERFACE'],
    ['has another address', () => connection.lookupInterfaceByMACString('52:54:00:00:00:99'), 'VIR_ERR_NO_INTERFACE'],
    ['is no XML', () => connection.defineInterfaceXML('interface'), 'VIR_ERR_XML_DETAIL'],
    ['is something else', () => connection.defineInterfaceXML('<network/>'), 'VIR_ERR_XML_ERROR'],
    [
      'has nonsense in it',
      () =>
        connection.defineInterfaceXML(
          interfaceXML('eth3').replace('<mtu', '<nonsense/><mtu'),
          InterfaceDefineFlags.VALIDATE,
        ),
      isSince('7.7.0') ? 'VIR_ERR_XML_INVALID_SCHEMA' : 'VIR_ERR_INVALID_ARG',
    ],
    ['is up already', () => eth1.create(), 'VIR_ERR_OPERATION_INVALID'],
    ['knows no such flag', () => eth1.create(1), 'VIR_ERR_INVALID_ARG'],
  ])('one that %s', async (_, call, code) => {
    expect(await failure(call())).toMatchObject({ code });
  });

  it('one with a name that has a NUL in it', async () => {
    expect(await failure(connection.lookupInterfaceByName('eth1\0'))).toBeInstanceOf(TypeError);
  });

  it('one that two have the address of', async () => {
    await connection.defineInterfaceXML(interfaceXML('eth3'));
    expect(await failure(connection.lookupInterfaceByMACString(mac))).toMatchObject({
      code: 'VIR_ERR_MULTIPLE_INTERFACES',
    });
  });
});

describe('finding interfaces', () => {
  it('lists them, all, those that are up and those that are down', async () => {
    await eth1.destroy();
    expect(await names()).toEqual(['eth1', 'eth2']);
    expect(await names(ConnectListAllInterfacesFlags.ACTIVE)).toEqual(['eth2']);
    expect(await names(ConnectListAllInterfacesFlags.INACTIVE)).toEqual(['eth1']);
    expect([await connection.numOfInterfaces(), await connection.listInterfaces()]).toEqual([1, ['eth2']]);
    expect([await connection.numOfDefinedInterfaces(), await connection.listDefinedInterfaces()]).toEqual([
      1,
      ['eth1'],
    ]);
  });

  it('gives as many names as there is room for', async () => {
    const conn = await native.virConnectOpen(host);
    expect(await native.virConnectListInterfaces(conn, 1)).toHaveLength(1);
    expect(await native.virConnectListInterfaces(conn, 0)).toEqual([]);
    expect(await native.virConnectListInterfaces(conn, 2 ** 31 - 1)).toHaveLength(2);
    expect(await failure(native.virConnectListInterfaces(conn, -1))).toMatchObject({ code: 8 });
    await native.virConnectClose(conn);
  });

  it('lists none when there are none', async () => {
    for (const one of await connection.listAllInterfaces()) {
      await one.destroy();
      await one.undefine();
    }
    expect(await Promise.all([names(), connection.listInterfaces(), connection.listDefinedInterfaces()])).toEqual([
      [],
      [],
      [],
    ]);
  });

  it('looks one up by name and address', async () => {
    for (const found of [eth1, await connection.lookupInterfaceByMACString(mac)]) {
      expect([found.name, await found.getMACString(), found.connection]).toEqual(['eth1', mac, connection]);
    }
    expect(inspect(eth1)).toBe("Interface { name: 'eth1' }");
  });
});

describe('the life of an interface', () => {
  it('goes from its definition to its end', async () => {
    const eth3 = await connection.defineInterfaceXML(interfaceXML('eth3', '52:54:00:00:00:03'));
    expect(await eth3.isActive()).toBe(false);
    await eth3.create();
    expect(await eth3.isActive()).toBe(true);
    expect(await eth3.getXMLDesc()).toContain("<mtu size='1492'/>");
    await eth3.destroy();
    await eth3.undefine();
    for (const error of await failures([eth3.isActive(), eth3.getXMLDesc(), eth3.create()])) {
      expect(error).toMatchObject({ code: 'VIR_ERR_NO_INTERFACE' });
    }
    expect(eth3.name).toBe('eth3');
  });
});

describe('a change of the configuration', () => {
  it('has to begin before it ends, and once', async () => {
    for (const error of await failures([connection.commitInterfaceChange(), connection.rollbackInterfaceChange()])) {
      expect(error).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
    }
    await connection.beginInterfaceChange();
    const again = await failure(connection.beginInterfaceChange());
    expect(again).toBeInstanceOf(LibvirtError);
    expect(again).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID', operation: 'virInterfaceChangeBegin' });
  });

  it('is kept by a commit', async () => {
    await connection.beginInterfaceChange();
    await connection.defineInterfaceXML(interfaceXML('eth3'));
    await connection.commitInterfaceChange();
    expect(await names()).toEqual(['eth1', 'eth2', 'eth3']);
    expect(await failure(connection.rollbackInterfaceChange())).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
  });

  it('is taken back by a rollback', async () => {
    await connection.beginInterfaceChange();
    await connection.defineInterfaceXML(interfaceXML('eth3'));
    await eth1.destroy();
    await eth1.undefine();
    expect(await names()).toEqual(['eth2', 'eth3']);
    await connection.rollbackInterfaceChange();
    expect(await names()).toEqual(['eth1', 'eth2']);
  });

  it('of many who begin one at once one succeeds', async () => {
    const begun = await Promise.allSettled(Array.from({ length: 10 }, () => connection.beginInterfaceChange()));
    expect(begun.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});
