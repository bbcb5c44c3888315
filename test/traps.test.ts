import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Connection, type Domain, LibvirtError } from '../lib/index.js';
import { runProgram } from './fixtures/faults/run.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch, failure } from './helpers.js';
import { type Procedure, typed, xdr } from './remote-protocol.js';
import { itSince } from './versions.js';

// What other bindings of libvirt get wrong: answers that no real driver gives here, but some driver somewhere does.

const { int, hyper, string, optional, array, strings } = xdr;
const MiB = 1024 * 1024;
const scratch = new Scratch();
const uuid = '11111111-2222-4333-8444-555555555555';
let daemon: FakeDaemon;
let connection: Connection;
let domain: Domain;

beforeEach(async () => {
  daemon = await FakeDaemon.start(scratch.file('daemon'));
  daemon.answer('supportsFeature', int(1));
  daemon.answer('lookupDomainByName', Buffer.concat([string('m'), xdr.uuid(uuid), int(1)]));
  connection = await Connection.open(daemon.uri, { keepAlive: false });
  domain = await connection.lookupDomainByName('m');
});
afterEach(async () => {
  await connection.close();
  await daemon.stop();
});
afterAll(() => {
  scratch.remove();
});

/** Bytes in the place of a text. */
const bytes = (...list: number[]) =>
  Buffer.concat([int(list.length), Buffer.from(list), Buffer.alloc((4 - (list.length % 4)) % 4)]);

describe('lists in lists', () => {
  it('each file system has its own devices, many or none', async () => {
    const fs = (mountpoint: string, name: string, type: string, ...aliases: string[]) => [
      string(mountpoint),
      string(name),
      string(type),
      strings(...aliases),
    ];
    const found = array(fs('/', 'md0', 'ext4', 'vda', 'vdb', 'vdc'), fs('/proc', 'none', 'proc'), fs('/data', 'vdd1', 'xfs', 'vdd')); // prettier-ignore
    daemon.answer('getFSInfo', Buffer.concat([found, int(3)]));
    expect(await domain.getFSInfo()).toEqual([
      { mountpoint: '/', name: 'md0', fstype: 'ext4', devAlias: ['vda', 'vdb', 'vdc'] },
      { mountpoint: '/proc', name: 'none', fstype: 'proc', devAlias: [] },
      { mountpoint: '/data', name: 'vdd1', fstype: 'xfs', devAlias: ['vdd'] },
    ]);
    daemon.answer('getFSInfo', Buffer.concat([array(), int(0)]));
    expect(await domain.getFSInfo()).toEqual([]);
  });

  it('interfaces of one name stay apart, and may have no address of either kind', async () => {
    const one = (name: string, hwaddr: string | null, ...addrs: [number, string, number][]) => [
      string(name),
      optional(hwaddr),
      array(...addrs.map(([type, addr, prefix]) => [int(type), string(addr), int(prefix)])),
    ];
    const mac = '52:54:00:00:00:01';
    daemon.answer(
      'interfaceAddresses',
      array(one('eth0', mac, [0, '10.0.0.1', 8], [1, '::1', 128]), one('eth0', mac), one('lo', null, [7, 'new', 0])),
    );
    expect(await domain.interfaceAddresses()).toEqual([
      {
        name: 'eth0',
        hwaddr: mac,
        addrs: [
          { type: 0, addr: '10.0.0.1', prefix: 8 },
          { type: 1, addr: '::1', prefix: 128 },
        ],
      },
      { name: 'eth0', hwaddr: mac, addrs: [] },
      { name: 'lo', hwaddr: null, addrs: [{ type: 7, addr: 'new', prefix: 0 }] },
    ]);
  });

  it('keys are lists of texts', async () => {
    daemon.answer('authorizedSSHKeysGet', strings('ssh-rsa a', ''));
    expect(await domain.authorizedSSHKeysGet('root')).toEqual(['ssh-rsa a', '']);
    daemon.answer('authorizedSSHKeysGet', array());
    expect(await domain.authorizedSSHKeysGet('root')).toEqual([]);
    daemon.answer('authorizedSSHKeysSet', Buffer.alloc(0));
    const self = Buffer.concat([string('m'), xdr.uuid(uuid), int(1), string('root')]);
    for (const [keys, sent] of [
      [['a', 'b'], strings('a', 'b')],
      [[], array()],
    ] as const) {
      await domain.authorizedSSHKeysSet('root', keys);
      expect(daemon.body('authorizedSSHKeysSet')).toEqual(Buffer.concat([self, sent, int(0)]));
    }
  });

  itSince('7.1.0', 'messages are lists of texts', async () => {
    daemon.answer('getMessages', Buffer.concat([strings('tainted: größe', 'deprecated'), int(2)]));
    expect(await domain.getMessages()).toEqual(['tainted: größe', 'deprecated']);
  });
});

describe('fields', () => {
  it('of the memory that are newer than the types are kept under their numbers', async () => {
    const stat = (tag: number, value: bigint) => [int(tag), hyper(value)];
    daemon.answer('memoryStats', array(stat(6, 1024n), stat(7, 2n ** 64n - 1n), stat(99, 5n)));
    expect(await domain.memoryStats()).toEqual({ actualBalloon: 1024n, rss: 2n ** 64n - 1n, tag99: 5n });
  });

  it('of encryption have the types that they come with, 32 bits unsigned among them', async () => {
    const uint = (name: string, value: number) => [string(name), int(2), int(value)];
    const params = array(
      uint('cbitpos', 51),
      uint('max-guests', 2 ** 32 - 1),
      [string('pdh'), int(7), string('AAAA')],
      uint('new-one', 2 ** 31),
    );
    daemon.answer('nodeGetSEVInfo', Buffer.concat([params, int(4)]));
    expect(await connection.getNodeSEVInfo()).toEqual({ cbitpos: 51, maxGuests: 2 ** 32 - 1, pdh: 'AAAA', newOne: 2 ** 31 }); // prettier-ignore
    daemon.answer('getLaunchSecurityInfo', array(uint('sev-policy', 2 ** 31 + 1), [string('sev-measurement'), int(7), string('m')])); // prettier-ignore
    expect(await domain.getLaunchSecurityInfo()).toEqual({ sevPolicy: 2 ** 31 + 1, sevMeasurement: 'm' });
  });

  // The documentation of libvirt says int; the code takes nothing but an unsigned one.
  it('go out with the type that the code wants, and without asking for it before', async () => {
    const sent = (procedure: Procedure, name: string) => {
      const body = daemon.body(procedure) ?? Buffer.alloc(0);
      const at = body.indexOf(string(name));
      return at < 0 ? undefined : body.readInt32BE(at + string(name).length);
    };
    daemon.answer('nodeSetMemoryParameters', Buffer.alloc(0));
    daemon.answer('setBlkioParameters', Buffer.alloc(0));
    daemon.answer('setIOThreadParams', Buffer.alloc(0));
    const { length } = daemon.requests;
    await connection.setNodeMemoryParameters({ shmMergeAcrossNodes: 1, shmPagesToScan: 2 ** 32 - 1 });
    await domain.setBlkioParameters({ weight: 500 });
    await domain.setIOThreadParams(1, { pollMaxNs: 5, pollGrow: 2 ** 31, threadPoolMin: -1 });
    expect([
      sent('nodeSetMemoryParameters', 'shm_merge_across_nodes'),
      sent('nodeSetMemoryParameters', 'shm_pages_to_scan'),
      sent('setBlkioParameters', 'weight'),
      sent('setIOThreadParams', 'poll_max_ns'),
      sent('setIOThreadParams', 'poll_grow'),
      sent('setIOThreadParams', 'thread_pool_min'),
    ]).toEqual([2, 2, 2, 4, 2, 1]);
    expect(daemon.requestCount('nodeGetMemoryParameters') + daemon.requestCount('getBlkioParameters')).toBe(0);
    expect(daemon.requests.length - length).toBeLessThanOrEqual(6); // with questions for what the daemon can
  });

  it('that are empty texts are not the same as none', async () => {
    daemon.answer('baselineHypervisorCPU', string('<cpu/>'));
    await connection.baselineHypervisorCPU('', null, 'q35', null, ['<a/>']);
    const wanted = [optional(''), optional(null), optional('q35'), optional(null), strings('<a/>'), int(0)];
    expect(daemon.body('baselineHypervisorCPU')).toEqual(Buffer.concat(wanted));
  });
});

describe('what is asked for twice, first for its length', () => {
  const weight = [string('weight'), int(2), int(500)];
  const device = [string('device_weight'), int(7), string('')];
  const total = [string('total'), hyper(2n ** 40n)];
  const free = [string('free'), hyper(5n)];
  const broken = (disk: string, error: number) => [string(disk), int(error)];

  /** Says `count`, and when that many are asked for gives these. */
  const say = (procedure: Procedure, count: number, ...items: Buffer[][]) => {
    let asked = 0;
    daemon.answer(procedure, () =>
      asked++ === 0 ? Buffer.concat([int(0), int(count)]) : Buffer.concat([array(...items), int(items.length)]),
    );
  };

  it('may be less by then', async () => {
    say('getBlkioParameters', 2, weight);
    expect(await domain.getBlkioParameters()).toEqual({ weight: 500 });
    say('nodeGetMemoryStats', 2, total);
    expect(await connection.getNodeMemoryStats()).toEqual({ total: 2n ** 40n });
    say('getBlkioParameters', 2);
    expect(await domain.getBlkioParameters()).toEqual({});
    say('getDiskErrors', 3, broken('vdb', 2), broken('vda', 1));
    expect(await domain.getDiskErrors()).toEqual([
      { disk: 'vdb', error: 2 },
      { disk: 'vda', error: 1 },
    ]);
    say('getDiskErrors', 2);
    expect(await domain.getDiskErrors()).toEqual([]);
  });

  /** Says 1 at first and then the truth. */
  const grow = (procedure: Procedure, ...items: Buffer[][]) => {
    let asked = 0;
    daemon.answer(procedure, () => {
      asked += 1;
      if (asked % 2 === 0) return Buffer.concat([array(...items), int(items.length)]);
      return Buffer.concat([int(0), int(asked === 1 ? 1 : items.length)]);
    });
  };

  it('may be more by then: both are asked again', async () => {
    grow('getBlkioParameters', weight, device);
    expect(await domain.getBlkioParameters()).toEqual({ weight: 500, deviceWeight: '' });
    grow('nodeGetMemoryStats', total, free);
    expect(await connection.getNodeMemoryStats()).toEqual({ total: 2n ** 40n, free: 5n });
    expect(daemon.requestCount('nodeGetMemoryStats')).toBe(4);
  });

  it('may always be more: that is an error of libvirt’s, and nothing is written beyond the end', async () => {
    const lie = (procedure: Procedure, ...items: Buffer[][]) => {
      let asked = 0;
      daemon.answer(procedure, () =>
        asked++ % 2 === 0 ? Buffer.concat([int(0), int(1)]) : Buffer.concat([array(...items), int(items.length)]),
      );
    };
    lie('getBlkioParameters', weight, device);
    expect(await failure(domain.getBlkioParameters())).toMatchObject({ code: 'VIR_ERR_RPC' });
    lie('nodeGetMemoryStats', total, free);
    expect(await failure(connection.getNodeMemoryStats())).toMatchObject({ code: 'VIR_ERR_RPC' });
    lie('getDiskErrors', broken('vda', 1), broken('vdb', 2));
    expect(await failure(domain.getDiskErrors())).toMatchObject({ code: 'VIR_ERR_RPC' });
    expect(await connection.getHostname()).toBe('fake-host');
  });

  it('is not asked for again when there is none', async () => {
    say('getBlkioParameters', 0, weight);
    expect(await domain.getBlkioParameters()).toEqual({});
    expect(daemon.requestCount('getBlkioParameters')).toBe(1);
  });
});

describe('texts', () => {
  it('that are no UTF-8 neither throw nor end the process', async () => {
    daemon.answer('getXMLDesc', bytes(0x3c, 0xff, 0x3e, 0xc3));
    expect(await domain.getXMLDesc()).toBe('<\u{fffd}>\u{fffd}');
    daemon.answer('lookupDomainByName', Buffer.concat([bytes(0x6d, 0xfc), xdr.uuid(uuid), int(1)]));
    expect((await connection.lookupDomainByName('x')).name).toBe('m\u{fffd}');
    daemon.answer('getBlkioParameters', (request) =>
      request.readInt32BE(28) === 0
        ? Buffer.concat([int(0), int(1)])
        : Buffer.concat([array([bytes(0x61, 0xff), int(7), bytes(0xff)]), int(1)]),
    );
    expect(await domain.getBlkioParameters()).toEqual({ 'a\u{fffd}': '\u{fffd}' });
    const { length } = daemon.requests;
    daemon.answer('defineDomainXML', Buffer.concat([string('m'), xdr.uuid(uuid), int(-1)]));
    await connection.defineDomainXML('lone \ud800 surrogate');
    expect(daemon.requests.length).toBe(length + 1);
  });

  it('of 4 MiB go, longer ones are refused here, and the connection goes on', async () => {
    daemon.answer('defineDomainXML', Buffer.concat([string('m'), xdr.uuid(uuid), int(-1)]));
    const { name } = await connection.defineDomainXML('x'.repeat(4 * MiB));
    expect([name, daemon.body('defineDomainXML')?.readInt32BE(0)]).toEqual(['m', 4 * MiB]);
    const { length } = daemon.requests;
    expect(await failure(connection.defineDomainXML('x'.repeat(4 * MiB + 1)))).toMatchObject({
      code: 'VIR_ERR_RPC',
      operation: 'virDomainDefineXML',
    });
    expect(daemon.requests).toHaveLength(length);
    daemon.answer('getXMLDesc', string('y'.repeat(4 * MiB)));
    expect(await domain.getXMLDesc()).toHaveLength(4 * MiB);
  });
});

describe('lists', () => {
  const machines = (count: number) => {
    const id = Buffer.from(uuid.replaceAll('-', ''), 'hex');
    const all = Array.from({ length: count }, (_, at) => Buffer.concat([string(`m${String(at)}`), id, int(at)]));
    return Buffer.concat([array(...all), int(count)]);
  };

  it('of 16,384 are whole; one more is an error, not a shorter list', async () => {
    daemon.answer('listAllDomains', machines(16_384));
    const domains = await connection.listAllDomains();
    expect([domains.length, domains.at(-1)?.name]).toEqual([16_384, 'm16383']);
    daemon.answer('listAllDomains', machines(16_385));
    const error = await failure(connection.listAllDomains());
    expect(error).toMatchObject({ code: 'VIR_ERR_RPC', operation: 'virConnectListAllDomains' });
    expect(error).toBeInstanceOf(LibvirtError);
    expect(await connection.getHostname()).toBe('fake-host');
  });

  it('of statistics have 16,384 records; one more is an error', async () => {
    const record = Buffer.concat([string('m'), xdr.uuid(uuid), int(1), array(typed.int('state.state', 5))]);
    const records = (count: number) => Buffer.concat([int(count), Buffer.alloc(count * record.length, record)]);
    daemon.answer('getAllDomainStats', records(16_384));
    const all = await connection.getAllDomainStats();
    expect([all.length, all.at(-1)?.stats]).toEqual([16_384, { state: { state: 5 } }]);
    daemon.answer('getAllDomainStats', records(16_385));
    expect(await failure(connection.getAllDomainStats())).toMatchObject({
      code: 'VIR_ERR_RPC',
      operation: 'virConnectGetAllDomainStats',
    });
    expect(await connection.getHostname()).toBe('fake-host');
  });

  it('of the fields of a record have 262,144; one more is an error', async () => {
    const field = typed.int('f', 5);
    const fields = (count: number) =>
      Buffer.concat([
        int(1),
        string('m'),
        xdr.uuid(uuid),
        int(1),
        int(count),
        Buffer.alloc(count * field.length, field),
      ]);
    daemon.answer('getAllDomainStats', fields(262_144));
    const [record] = await connection.getAllDomainStats();
    expect(record?.stats).toEqual({ f: Array.from({ length: 262_144 }, () => 5) });
    daemon.answer('getAllDomainStats', fields(262_145));
    expect(await failure(connection.getAllDomainStats())).toMatchObject({ code: 'VIR_ERR_RPC' });
  });

  it('of statistics may be empty', async () => {
    daemon.answer('getAllDomainStats', array());
    expect(await connection.getAllDomainStats()).toEqual([]);
    daemon.answer('listAllDomains', machines(0));
    expect(await connection.listAllDomains()).toEqual([]);
  });
});

describe('the process', () => {
  it('gets nothing of libvirt’s on its stderr, from the first call on', async () => {
    expect(await runProgram('quiet')).toMatchObject({
      code: 0,
      stdout: 'LibvirtError\nVIR_ERR_NO_DOMAIN\n',
      stderr: '',
    });
  });

  it('lets go of connections that were dropped and not closed', async () => {
    const { stdout, ...ending } = await runProgram('dropped', [], ['--expose-gc']);
    expect(ending).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({ handles: 0 });
  });
});
