import { inspect } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Connection, NWFilterDefineFlags } from '../lib/index.js';
import { native } from '../lib/native.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch, failure, failures } from './helpers.js';
import { xdr } from './remote-protocol.js';

const scratch = new Scratch();
const uuid = '11111111-2222-4333-8444-777777777777';

afterAll(() => {
  scratch.remove();
});

describe('a driver without network filters', () => {
  it('refuses each call by the name of its function', async () => {
    await using connection = await Connection.open('test:///default');
    const calls: [string, () => Promise<unknown>][] = [
      ['virConnectNumOfNWFilters', () => connection.numOfNWFilters()],
      ['virConnectNumOfNWFilters', () => connection.listNWFilters()],
      ['virConnectListAllNWFilters', () => connection.listAllNWFilters()],
      ['virNWFilterLookupByName', () => connection.lookupNWFilterByName('a')],
      ['virNWFilterLookupByUUIDString', () => connection.lookupNWFilterByUUID(uuid)],
      ['virNWFilterDefineXML', () => connection.defineNWFilterXML('<filter/>')],
      ['virNWFilterDefineXMLFlags', () => connection.defineNWFilterXML('<filter/>', NWFilterDefineFlags.VALIDATE)],
      ['virConnectListAllNWFilterBindings', () => connection.listAllNWFilterBindings()],
      ['virNWFilterBindingLookupByPortDev', () => connection.lookupNWFilterBindingByPortDev('vnet0')],
      ['virNWFilterBindingCreateXML', () => connection.createNWFilterBindingXML('<filterbinding/>')],
    ];
    for (const [operation, call] of calls) {
      expect(await failure(call())).toMatchObject({ code: 'VIR_ERR_NO_SUPPORT', operation });
    }
  });

  it('is not asked when XML or names have a NUL in them', async () => {
    await using connection = await Connection.open('test:///default');
    for (const error of await failures([
      connection.lookupNWFilterByName('a\0'),
      connection.lookupNWFilterByUUID(`${uuid}\0`),
      connection.defineNWFilterXML('<filter/>\0'),
      connection.lookupNWFilterBindingByPortDev('vnet0\0'),
      connection.createNWFilterBindingXML('<filterbinding/>\0'),
    ])) {
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toHaveProperty('message', expect.stringMatching(/^virNWFilter\w+: argument 2 .*NUL/));
    }
  });
});

describe('filters and bindings', () => {
  let daemon: FakeDaemon;
  let connection: Connection;

  beforeEach(async () => {
    daemon = await FakeDaemon.start(scratch.file('daemon'));
    connection = await Connection.open(daemon.uri);
  });
  afterEach(async () => {
    await connection.close();
    await daemon.stop();
  });

  const names = (list: string[]): Buffer => Buffer.concat([xdr.int(list.length), ...list.map(xdr.string)]);

  it('have what they are known by, also when the connection is closed', async () => {
    daemon.answer('lookupNWFilterByName', Buffer.concat([xdr.string('größe'), xdr.uuid(uuid)]));
    daemon.answer('lookupNWFilterBindingByPortDev', Buffer.concat([xdr.string('vnet7'), xdr.string('größe')]));
    const filter = await connection.with({ timeout: 60_000 }).lookupNWFilterByName('größe');
    const binding = await connection.lookupNWFilterBindingByPortDev('vnet7');
    expect([filter.name, filter.uuid, filter.connection]).toEqual(['größe', uuid, connection]);
    expect([binding.portDev, await binding.getFilterName(), binding.connection]).toEqual([
      'vnet7',
      'größe',
      connection,
    ]);
    await connection.close();
    expect(inspect(filter)).toContain(uuid);
    expect(inspect(binding)).toBe("NWFilterBinding { portDev: 'vnet7' }");
    expect(await failure(binding.getFilterName())).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
  });

  it('are found again after the connection was made anew', async () => {
    daemon.answer('lookupNWFilterByName', Buffer.concat([xdr.string('a'), xdr.uuid(uuid)]));
    daemon.answer('lookupNWFilterByUUID', Buffer.concat([xdr.string('a'), xdr.uuid(uuid)]));
    daemon.answer('lookupNWFilterBindingByPortDev', Buffer.concat([xdr.string('vnet7'), xdr.string('a')]));
    const filter = await connection.lookupNWFilterByName('a');
    const binding = await connection.lookupNWFilterBindingByPortDev('vnet7');
    Object.assign(connection.link, { generation: connection.link.generation + 1 });
    await failure(filter.getXMLDesc());
    await binding.getFilterName();
    expect(daemon.requestCount('lookupNWFilterByUUID')).toBe(1);
    expect(daemon.requestCount('lookupNWFilterBindingByPortDev')).toBe(2);
  });

  it('are named in a list that is asked for again when it grows', async () => {
    daemon.answer('numOfNWFilters', xdr.int(1));
    daemon.answer('listNWFilters', names(Array.from({ length: 17 }, (_, i) => `filter-${String(i)}`)));
    daemon.hold('numOfNWFilters');
    const listing = connection.listNWFilters();
    await daemon.whenHeld('numOfNWFilters');
    daemon.release();
    await daemon.whenRequested('numOfNWFilters', 2);
    daemon.answer('numOfNWFilters', xdr.int(17));
    expect(await listing).toHaveLength(17);
    expect(daemon.requestCount('listNWFilters')).toBeGreaterThanOrEqual(2);
  });

  it('may have no names at all', async () => {
    daemon.answer('numOfNWFilters', xdr.int(0));
    daemon.answer('listNWFilters', names([]));
    expect(await connection.listNWFilters()).toEqual([]);
  });

  it('are not more than libvirt is asked for, whatever a daemon sends', async () => {
    const conn = await native.virConnectOpen(daemon.uri);
    daemon.answer('listNWFilters', names(['a', 'b', 'c']));
    expect(await failure(native.virConnectListNWFilters(conn, 2))).toMatchObject({
      operation: 'virConnectListNWFilters',
    });
    // More than the protocol carries is refused before anything is sent.
    const { length } = daemon.requests;
    expect(await failure(native.virConnectListNWFilters(conn, 2 ** 31 - 1))).toMatchObject({ code: 39 });
    expect(daemon.requests).toHaveLength(length);
    await native.virConnectClose(conn);
  });
});
