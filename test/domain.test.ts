import { afterAll, beforeEach, afterEach, describe, expect, it } from '@jest/globals';
import {
  Connection,
  ConnectListAllDomainsFlags,
  DomainDefineFlags,
  DomainDestroyFlagsValues,
  DomainInterfaceAddressesSource,
  DomainPausedReason,
  DomainRunningReason,
  DomainShutdownFlagValues,
  DomainState,
  DomainStatsTypes,
  DomainUndefineFlagsValues,
  DomainXMLFlags,
  nameOf,
  type Domain,
} from '../lib/index.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch, failure, failures, machineXML, networkXML } from './helpers.js';
import { xdr } from './remote-protocol.js';
import { itSince } from './versions.js';

const scratch = new Scratch();
const uuid = '11111111-2222-4333-8444-555555555555';
const mac = '52:54:00:00:00:01';
// What the host has is written here; what the calls give has to agree.
const host = scratch.host(
  machineXML({ name: 'runs', uuid, memory: 131072, mac, state: DomainState.RUNNING }) +
    machineXML({ name: 'paused', state: DomainState.PAUSED }) +
    machineXML({ name: 'off', state: DomainState.SHUTOFF }) +
    machineXML({ name: 'passing', state: DomainState.RUNNING, transient: true }) +
    networkXML('default', 'virbr0', '<ip address="192.168.122.1" netmask="255.255.255.0"/>'),
);

let connection: Connection;
let domain: Domain;

beforeEach(async () => {
  connection = await Connection.open(host);
  domain = await connection.lookupDomainByName('runs');
});
afterEach(() => connection.close());
afterAll(() => {
  scratch.remove();
});

const stateOf = async (machine: Domain) => nameOf(DomainState, (await machine.getState()).state);

describe('machines that cannot be', () => {
  it.each([
    ['is not there', () => connection.lookupDomainByName('nobody'), 'VIR_ERR_NO_DOMAIN'],
    ['has no name', () => connection.lookupDomainByName(''), 'VIR_ERR_NO_DOMAIN'],
    ['has another id', () => connection.lookupDomainByID(4711), 'VIR_ERR_NO_DOMAIN'],
    ['has a negative id', () => connection.lookupDomainByID(-1), 'VIR_ERR_INVALID_ARG'],
    ['has another UUID', () => connection.lookupDomainByUUID(uuid.replaceAll('1', '2')), 'VIR_ERR_NO_DOMAIN'],
    ['has no UUID', () => connection.lookupDomainByUUID('runs'), 'VIR_ERR_INVALID_ARG'],
    ['is no XML', () => connection.defineDomainXML('machine'), 'VIR_ERR_XML_DETAIL'],
    ['is nothing', () => connection.defineDomainXML(''), 'VIR_ERR_XML_DETAIL'],
    ['is a network', () => connection.createDomainXML(networkXML('a', 'b')), 'VIR_ERR_XML_ERROR'],
    [
      'has nonsense in it',
      () => connection.defineDomainXML(machineXML({ name: 'a', more: '<nonsense/>' }), DomainDefineFlags.VALIDATE),
      'VIR_ERR_XML_INVALID_SCHEMA',
    ],
    ['runs already', () => domain.create(), 'VIR_ERR_INTERNAL_ERROR'],
    ['is not paused', () => domain.resume(), 'VIR_ERR_INTERNAL_ERROR'],
    ['has no such interface', () => domain.interfaceStats('vnet99'), 'VIR_ERR_INVALID_ARG'],
    ['has no such disk', () => domain.getBlockInfo('vdz'), 'VIR_ERR_INVALID_ARG'],
    ['has no monitor', () => domain.qemuMonitorCommand('{"execute":"query-status"}'), 'VIR_ERR_NO_SUPPORT'],
    ['has no agent', () => domain.qemuAgentCommand('{"execute":"guest-ping"}'), 'VIR_ERR_NO_SUPPORT'],
    ['knows no such flag', () => domain.getState(1 << 20), 'VIR_ERR_INVALID_ARG'],
  ])('one that %s', async (_, call, code) => {
    expect(await failure(call())).toMatchObject({ code });
  });

  it('one that is off', async () => {
    const off = await connection.lookupDomainByName('off');
    expect(await failure(off.destroy())).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
    for (const error of await failures([off.suspend(), off.shutdown(), off.reboot()])) {
      expect(error).toHaveProperty('message', expect.stringMatching(/not running/));
    }
    expect(await failure(off.interfaceAddresses())).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
  });

  it('XML with a NUL in it', async () => {
    const error = await failure(connection.defineDomainXML(`${machineXML({ name: 'cut' })}\0`));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toHaveProperty('message', expect.stringMatching(/^virDomainDefineXML: argument 2 \(xml\).*NUL/));
    expect(await failure(connection.lookupDomainByName('cut'))).toMatchObject({ code: 'VIR_ERR_NO_DOMAIN' });
  });
});

describe('finding machines', () => {
  const named = async (flags?: number) => (await connection.listAllDomains(flags)).map(({ name }) => name).sort();

  it('lists them, all or some', async () => {
    const { ACTIVE, INACTIVE, PERSISTENT, TRANSIENT, RUNNING, PAUSED, SHUTOFF } = ConnectListAllDomainsFlags;
    expect(await named()).toEqual(['off', 'passing', 'paused', 'runs']);
    expect(await named(ACTIVE)).toEqual(['passing', 'paused', 'runs']);
    expect(await named(INACTIVE)).toEqual(['off']);
    expect(await named(ACTIVE | INACTIVE)).toEqual(['off', 'passing', 'paused', 'runs']);
    expect(await named(PERSISTENT)).toEqual(['off', 'paused', 'runs']);
    expect(await named(TRANSIENT)).toEqual(['passing']);
    expect(await named(RUNNING)).toEqual(['passing', 'runs']);
    expect(await named(PAUSED | SHUTOFF)).toEqual(['off', 'paused']);
    expect(await named(TRANSIENT | INACTIVE)).toEqual([]);
  });

  it('looks one up by name, UUID and id', async () => {
    const id = await domain.getID();
    expect(id).toBeGreaterThan(0);
    for (const found of [
      await connection.lookupDomainByUUID(uuid),
      await connection.lookupDomainByUUID(uuid.toUpperCase().replaceAll('-', '')),
      await connection.lookupDomainByID(id ?? -1),
    ]) {
      expect([found.name, found.uuid, found.connection]).toEqual(['runs', uuid, connection]);
    }
  });

  it.each(['größe-机-😀', 'x'.repeat(4000), '-rf', "o'neill"])('has the name %p as it was given', async (name) => {
    const defined = await connection.defineDomainXML(machineXML({ name }));
    expect(defined.name).toBe(name);
    expect((await connection.lookupDomainByName(name)).uuid).toBe(defined.uuid);
    expect(await named()).toContain(name);
  });
});

describe('the life of a machine', () => {
  it('goes from its definition to its end', async () => {
    const pc = await connection.defineDomainXML(machineXML({ name: 'pc' }));
    const { SHUTOFF, RUNNING, PAUSED } = DomainState;
    expect([await pc.isActive(), await pc.isPersistent(), await pc.getID()]).toEqual([false, true, null]);
    expect((await pc.getState()).state).toBe(SHUTOFF);
    await pc.create();
    expect([await pc.isActive(), await pc.getID()]).toEqual([true, expect.any(Number)]);
    expect(await pc.getState()).toEqual({ state: RUNNING, reason: DomainRunningReason.BOOTED });
    await pc.suspend();
    expect(await pc.getState()).toEqual({ state: PAUSED, reason: DomainPausedReason.USER });
    expect(await pc.isActive()).toBe(true);
    await pc.resume();
    expect(await pc.getState()).toEqual({ state: RUNNING, reason: DomainRunningReason.UNPAUSED });
    await pc.reboot();
    await pc.reset();
    expect(await stateOf(pc)).toBe('RUNNING');
    await pc.shutdown();
    expect([await stateOf(pc), await pc.getID()]).toEqual(['SHUTOFF', null]);
    await pc.create();
    await pc.destroy();
    expect(await stateOf(pc)).toBe('SHUTOFF');
    await pc.undefine();
    for (const error of await failures([pc.getState(), pc.getID(), pc.create()])) {
      expect(error).toMatchObject({ code: 'VIR_ERR_NO_DOMAIN' });
    }
  });

  it('gets another id with every start', async () => {
    const first = await domain.getID();
    await domain.destroy();
    await domain.create();
    expect(await domain.getID()).toBeGreaterThan(first ?? Infinity);
  });

  it('takes flags where C has a function for them', async () => {
    await domain.shutdown(DomainShutdownFlagValues.ACPI_POWER_BTN).catch((error: unknown) => {
      expect(error).toMatchObject({ operation: 'virDomainShutdownFlags', code: 'VIR_ERR_INVALID_ARG' });
    });
    expect(await failure(domain.destroy(1 << 20))).toMatchObject({ operation: 'virDomainDestroyFlags' });
    await domain.create().catch(() => undefined);
    await domain.destroy(DomainDestroyFlagsValues.GRACEFUL);
    expect(await failure(domain.create(1 << 20))).toMatchObject({ operation: 'virDomainCreateWithFlags' });
    expect(await failure(domain.undefine(1 << 20))).toMatchObject({ operation: 'virDomainUndefineFlags' });
    await domain.undefine(DomainUndefineFlagsValues.MANAGED_SAVE);
    expect(await failure(domain.getInfo())).toMatchObject({ code: 'VIR_ERR_NO_DOMAIN' });
  });

  it('ends with its stop when it has no definition', async () => {
    const guest = await connection.createDomainXML(machineXML({ name: 'guest' }));
    expect([await guest.isActive(), await guest.isPersistent()]).toEqual([true, false]);
    await guest.destroy();
    expect(await failure(guest.isActive())).toMatchObject({ code: 'VIR_ERR_NO_DOMAIN' });
    await domain.undefine();
    expect([await domain.isActive(), await domain.isPersistent()]).toEqual([true, false]);
  });

  it('starts with the host or not', async () => {
    expect(await domain.getAutostart()).toBe(false);
    await domain.setAutostart(true);
    expect(await domain.getAutostart()).toBe(true);
    await domain.setAutostart(false);
    expect(await domain.getAutostart()).toBe(false);
    expect(await failure(domain.setAutostart(1 as unknown as boolean))).toBeInstanceOf(TypeError);
  });

  it('keeps its connection to itself', async () => {
    const other = await Connection.open(host);
    await domain.destroy();
    expect(await stateOf(await other.lookupDomainByName('runs'))).toBe('RUNNING');
    await other.close();
  });
});

describe('what a machine tells', () => {
  it('is what its XML says', async () => {
    const xml = await domain.getXMLDesc();
    expect(xml).toMatch(/^<domain type='test' id='\d+'>/);
    for (const part of [uuid, mac, '<name>runs</name>', '131072', '/guest/runs.img']) expect(xml).toContain(part);
    expect(await domain.getXMLDesc(DomainXMLFlags.INACTIVE)).toMatch(/^<domain type='test'>/);
    expect(await domain.getOSType()).toBe('linux'); // whatever the XML says: this driver knows no other
    expect(await domain.isUpdated()).toBe(false);
    const info = await domain.getInfo();
    expect(info).toEqual({
      state: DomainState.RUNNING,
      maxMem: 131072,
      memory: 131072,
      nrVirtCpu: 2,
      cpuTime: expect.any(BigInt),
    });
  });

  it('keeps numbers that a double can just hold', async () => {
    const big = await connection.defineDomainXML(machineXML({ name: 'big', memory: Number.MAX_SAFE_INTEGER }));
    expect((await big.getInfo()).maxMem).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('names its interfaces and their addresses', async () => {
    const xml = await domain.getXMLDesc();
    const device = /<target dev='(testnet\d+)'\/>/.exec(xml)?.[1] ?? '';
    for (const source of [DomainInterfaceAddressesSource.LEASE, DomainInterfaceAddressesSource.AGENT]) {
      expect(await domain.interfaceAddresses(source)).toEqual([
        {
          name: device,
          hwaddr: mac,
          addrs: [{ type: 0, addr: expect.stringMatching(/^192\.168\.122\./), prefix: 24 }],
        },
      ]);
    }
    const stats = await domain.interfaceStats(device);
    expect(Object.keys(stats).sort()).toEqual(
      ['rxBytes', 'rxDrop', 'rxErrs', 'rxPackets', 'txBytes', 'txDrop', 'txErrs', 'txPackets'].sort(),
    );
    for (const value of Object.values(stats)) expect(typeof value).toBe('bigint');
    expect(Object.keys(await domain.interfaceStats(mac))).toHaveLength(8);
  });

  it('counts beyond what a double holds', async () => {
    const daemon = await FakeDaemon.start(scratch.file('daemon'));
    const remote = await Connection.open(daemon.uri);
    daemon.answer('lookupDomainByName', Buffer.concat([xdr.string('far'), xdr.uuid(uuid), xdr.int(7)]));
    const counts = [2n ** 63n - 1n, 2n ** 53n + 1n, 3n, 4n, 5n, 6n, 7n, -1n];
    daemon.answer('interfaceStats', Buffer.concat(counts.map(xdr.hyper)));
    const far = await remote.lookupDomainByName('far');
    expect(await far.interfaceStats('vnet0')).toEqual({
      rxBytes: 9223372036854775807n,
      rxPackets: 9007199254740993n,
      rxErrs: 3n,
      rxDrop: 4n,
      txBytes: 5n,
      txPackets: 6n,
      txErrs: 7n,
      txDrop: -1n,
    });
    await remote.close();
    await daemon.stop();
  });

  it('has memory, disks and file systems', async () => {
    const memory = await domain.memoryStats();
    expect(memory).toMatchObject({ actualBalloon: 131072n, swapIn: 0n, lastUpdate: expect.any(BigInt) });
    expect(Object.keys(memory).filter((name) => name.startsWith('tag'))).toEqual([]);
    const block = await domain.getBlockInfo('vda');
    expect(Object.keys(block)).toEqual(['capacity', 'allocation', 'physical']);
    expect(block.capacity).toBeGreaterThan(0n);
    const [root] = await domain.getFSInfo();
    expect(root).toEqual({ mountpoint: '/', name: 'vda1', fstype: 'ext4', devAlias: ['vda'] });
  });
});

describe('bulk statistics', () => {
  // The test driver of 9.0 has them, that of 7.0 not.
  itSince('9.0.0', 'has the machines of the host, each with its groups', async () => {
    const all = await connection.getAllDomainStats();
    const states = new Map(all.map(({ domain: one, stats }) => [one.name, stats.state?.state]));
    expect([...states].sort()).toEqual([
      ['off', DomainState.SHUTOFF],
      ['passing', DomainState.RUNNING],
      ['paused', DomainState.PAUSED],
      ['runs', DomainState.RUNNING],
    ]);
    for (const { domain: one } of all) expect(one.connection).toBe(connection);
  });

  itSince('9.0.0', 'may be asked of some machines and for some groups', async () => {
    const off = await connection.lookupDomainByName('off');
    const some = await connection.getDomainListStats([domain, off], DomainStatsTypes.STATE);
    expect(some.map(({ domain: one }) => one.name).sort()).toEqual(['off', 'runs']);
    expect(await failure(connection.getDomainListStats([]))).toMatchObject({ code: 'VIR_ERR_INVALID_ARG' });
    const other = await Connection.open(host);
    const stranger = await other.lookupDomainByName('runs');
    expect(await failure(connection.getDomainListStats([domain, stranger]))).toBeInstanceOf(TypeError);
    await other.close();
  });
});

describe('many calls at once', () => {
  it('all settle, each with its own answer', async () => {
    const names = Array.from({ length: 300 }, (_, i) => `pc${i}`);
    const defined = await Promise.all(names.map((name) => connection.defineDomainXML(machineXML({ name }))));
    expect(defined.map(({ name }) => name)).toEqual(names);
    const found = await Promise.all(names.map((name) => connection.lookupDomainByName(name)));
    expect(found.map(({ uuid: one }) => one)).toEqual(defined.map(({ uuid: one }) => one));
    expect(await connection.listAllDomains()).toHaveLength(304);
  });

  it('only one of many starts the machine', async () => {
    await domain.destroy();
    const starts = await Promise.allSettled(Array.from({ length: 20 }, () => domain.create()));
    expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await stateOf(domain)).toBe('RUNNING');
  });

  it('all settle when the connection is closed under them', async () => {
    const calls = Array.from({ length: 500 }, () => domain.getXMLDesc());
    const settled = Promise.allSettled(calls);
    await connection.close();
    for (const result of await settled) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
      else expect(result.value).toContain(uuid);
    }
  });
});
