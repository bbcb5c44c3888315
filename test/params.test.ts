import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { native, type TypedParamsIn, type virConnect, type virDomain } from '../lib/native.js';
import { toWire, typed, type SchedulerParameters, type Settable } from '../lib/params.js';
import { nest } from '../lib/nested.js';
import { wireNames } from '../lib/params/index.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch, failure, machineXML, thrown } from './helpers.js';
import { xdr } from './remote-protocol.js';

const scratch = new Scratch();
const mac = '52:54:00:00:00:01';
let conn: virConnect;
let domain: virDomain;

beforeAll(async () => {
  conn = await native.virConnectOpen(scratch.host(machineXML({ name: 'on', mac })));
  domain = await native.virDomainLookupByName(conn, 'on');
});
afterAll(async () => {
  await native.virConnectClose(conn);
  scratch.remove();
});

const tune = (params: unknown) => native.virDomainSetBlockIoTune(domain, 'vda', params as TypedParamsIn, 0);
const blkio = (params: unknown) => native.virDomainSetBlkioParameters(domain, params as TypedParamsIn, 0);
const numa = (params: unknown) => native.virDomainSetNumaParameters(domain, params as TypedParamsIn, 2);

describe('parameters that a setter refuses', () => {
  it.each([
    ['a number above 32 bits', () => blkio({ weight: 2 ** 32 }), 'RangeError', 'weight'],
    ['a negative unsigned one', () => blkio({ weight: -1 }), 'RangeError', 'weight'],
    ['a fraction', () => blkio({ weight: 1.5 }), 'RangeError', 'weight'],
    ['NaN', () => blkio({ weight: NaN }), 'RangeError', 'weight'],
    ['a bigint for 32 bits', () => blkio({ weight: 1n }), 'TypeError', 'weight'],
    ['a text for a number', () => blkio({ weight: '1' }), 'TypeError', '"weight" is a number but is a string'],
    ['a boolean for a number', () => blkio({ weight: true }), 'TypeError', 'weight'],
    ['a number for a text', () => numa({ numa_nodeset: 1 }), 'TypeError', 'numa_nodeset'],
    ['a signed one above 31 bits', () => numa({ numa_mode: 2 ** 31 }), 'RangeError', 'numa_mode'],
    ['64 bits and one more', () => tune({ total_bytes_sec: 2n ** 64n }), 'RangeError', 'params'],
    ['a negative one for 64 bits', () => tune({ total_bytes_sec: -1n }), 'RangeError', 'params'],
    ['a number that is not safe', () => tune({ total_bytes_sec: 2 ** 53 }), 'RangeError', 'params'],
    ['a text for 64 bits', () => tune({ total_bytes_sec: '1' }), 'TypeError', 'total_bytes_sec'],
    ['a number for an unknown field', () => tune({ newer: 1 }), 'TypeError', 'newer'],
    ['a wire type that is none', () => tune({ newer: { type: 'float', value: 1 } }), 'TypeError', 'newer'],
    ['a value that is too large for its tag', () => tune({ newer: typed.int(2 ** 31) }), 'RangeError', 'newer'],
    [
      'a value of another kind than its tag',
      () => tune({ newer: { type: 'boolean', value: 1 } }),
      'TypeError',
      'newer',
    ],
    ['a name of 80 bytes', () => tune({ ['ü'.repeat(40)]: 'text' }), 'RangeError', '79 bytes'],
    ['a name of none', () => tune({ '': 'text' }), 'RangeError', '79 bytes'],
    ['a NUL in a name', () => tune({ 'a\0b': 'text' }), 'RangeError', '79 bytes'],
    ['a NUL in a text', () => tune({ group_name: 'a\0b' }), 'TypeError', 'params'],
    ['no object', () => tune('total_bytes_sec'), 'TypeError', 'an object of parameters'],
    ['null', () => tune(null), 'TypeError', 'params'],
  ])('%s', (_, call, name, words) => {
    const error = thrown(call);
    expect(error).toMatchObject({ name, message: expect.stringContaining(words) });
    expect(error).toMatchObject({ message: expect.stringMatching(/^virDomainSet\w+: argument \d \(params\) must be/) });
  });

  it.each([
    [
      'a type that is not the one',
      () => tune({ total_bytes_sec: typed.uint(1) }),
      /total_bytes_sec.*uint|uint.*ullong/,
    ],
    ['a field that it does not know', () => tune({ newer: typed.uint(1) }), /newer.*not supported/, 74],
    ['a field twice', () => numa({ numa_mode: [1, 1] }), /numa_mode/],
  ])('by libvirt: %s', async (_, call, message, code = 8) => {
    expect(await failure(call())).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe('parameters that arrive as they were given', () => {
  it('32 bits unsigned above 2^31', async () => {
    await native.virDomainSetInterfaceParameters(domain, mac, { 'inbound.average': 2 ** 32 - 1, none: null }, 2);
    const { 'inbound.average': average } = await native.virDomainGetInterfaceParameters(domain, mac, 2);
    expect(average).toBe(2 ** 32 - 1);
  });

  it('64 bits, from a bigint or a number', async () => {
    const most = 10n ** 15n;
    await tune({
      total_bytes_sec: most,
      total_bytes_sec_max: most,
      total_iops_sec_max: 2 ** 40 + 1,
      group_name: undefined,
    });
    expect(await native.virDomainGetBlockIoTune(domain, 'vda', 0)).toMatchObject({
      total_bytes_sec: most,
      total_iops_sec_max: 2n ** 40n + 1n,
    });
  });

  const uuid = '11111111-2222-4333-8444-555555555555';

  it('every wire type, repeated ones too, byte for byte', async () => {
    const daemon = await FakeDaemon.start(scratch.file('wire'));
    try {
      daemon.answer('supportsFeature', xdr.int(1));
      daemon.answer('lookupDomainByName', Buffer.concat([xdr.string('m'), xdr.uuid(uuid), xdr.int(1)]));
      daemon.answer('setBlockIoTune', Buffer.alloc(0));
      const remote = await native.virConnectOpen(daemon.uri);
      const there = await native.virDomainLookupByName(remote, 'm');
      await native.virDomainSetBlockIoTune(
        there,
        'vda',
        {
          read_bytes_sec: 2n ** 64n - 1n,
          group_name: ['größe', ''],
          a: typed.int(-1),
          b: typed.uint(2 ** 32 - 1),
          c: typed.llong(-(2n ** 63n)),
          d: typed.ullong(5),
          e: typed.double(-0.5),
          f: typed.boolean(true),
          g: typed.string('text'),
          h: false,
          none: null,
          neither: undefined,
        },
        0,
      );
      const double = Buffer.alloc(8);
      double.writeDoubleBE(-0.5);
      const { int, hyper, string } = xdr;
      const params: [string, number, Buffer][] = [
        ['read_bytes_sec', 4, hyper(-1n)],
        ['group_name', 7, string('größe')],
        ['group_name', 7, string('')],
        ['a', 1, int(-1)],
        ['b', 2, int(-1)],
        ['c', 3, hyper(-(2n ** 63n))],
        ['d', 4, hyper(5n)],
        ['e', 5, double],
        ['f', 6, int(1)],
        ['g', 7, string('text')],
        ['h', 6, int(0)],
      ];
      expect(daemon.body('setBlockIoTune')?.toString('hex')).toBe(
        Buffer.concat([
          string('m'),
          xdr.uuid(uuid),
          int(1),
          string('vda'),
          int(params.length),
          ...params.flatMap(([field, type, value]) => [string(field), int(type), value]),
          int(0),
        ]).toString('hex'),
      );
      await native.virConnectClose(remote);
    } finally {
      await daemon.stop();
    }
  });

  it('what no driver has yet, on its way back: repeated, unknown, unsigned', async () => {
    const daemon = await FakeDaemon.start(scratch.file('back'));
    try {
      const { int, hyper, string } = xdr;
      daemon.answer('supportsFeature', int(1));
      daemon.answer('lookupDomainByName', Buffer.concat([string('m'), xdr.uuid(uuid), int(1)]));
      const params = [
        [string('some.new-field'), int(2), int(2 ** 31 + 5)],
        [string('vcpus'), int(7), string('0-2,5')],
        [string('again'), int(1), int(-1)],
        [string('again'), int(4), hyper(-1n)],
      ];
      daemon.answer('getGuestVcpus', Buffer.concat([int(params.length), ...params.flat()]));
      const remote = await native.virConnectOpen(daemon.uri);
      const found = await native.virDomainGetGuestVcpus(await native.virDomainLookupByName(remote, 'm'), 0);
      expect(found).toEqual({ 'some.new-field': 2 ** 31 + 5, vcpus: '0-2,5', again: [-1, 2n ** 64n - 1n] });
      expect(nest(found)).toEqual({ some: { newField: 2 ** 31 + 5 }, vcpus: '0-2,5', again: [-1, 2n ** 64n - 1n] });
      await native.virConnectClose(remote);
    } finally {
      await daemon.stop();
    }
  });
});

describe('names', () => {
  const fieldsOf = (names: object): string[] =>
    Object.values(names).flatMap((name: string | object) => (typeof name === 'string' ? [name] : fieldsOf(name)));
  const shapeOf = (object: object): unknown =>
    Object.entries(object).map(([name, value]: [string, unknown]) =>
      typeof value === 'object' && value !== null ? [name, shapeOf(value)] : name,
    );

  it('are libvirt’s on the wire, and as they were given where no property has them', () => {
    const given: Settable<SchedulerParameters> = {
      cpuShares: 5,
      vcpuQuota: null,
      new_field: typed.uint(5),
      'other.field': 'text',
    };
    expect(toWire('virDomainSetSchedulerParameters', 'scheduler', given)).toEqual({
      cpu_shares: 5,
      new_field: { type: 'uint', value: 5 },
      'other.field': 'text',
    });
    const hidden = JSON.parse('{"__proto__": true, "constructor": "text"}') as Settable<SchedulerParameters>;
    expect(Object.entries(toWire('virDomainSetSchedulerParameters', 'scheduler', hidden))).toEqual(
      Object.entries(hidden),
    );
  });

  it('are nested where libvirt’s have dots, unless a value stands there', () => {
    expect(
      toWire('virDomainMigrate3', 'migrate', {
        autoConverge: { initial: 20, increment: null },
        bandwidth: 5,
        bandwidthPostcopy: 6n,
        compression: ['mt', 'zlib'],
        parallel: { connections: typed.int(2), 'new-one': 'text' },
        'tls.destination': 'there',
      }),
    ).toEqual({
      'auto_converge.initial': 20,
      bandwidth: 5,
      'bandwidth.postcopy': 6n,
      compression: ['mt', 'zlib'],
      'parallel.connections': { type: 'int', value: 2 },
      'parallel.new-one': 'text',
      'tls.destination': 'there',
    });
  });

  it('are refused where two are one', () => {
    const twice = { cpu_shares: 6, cpuShares: 5 };
    expect(() => toWire('virDomainSetSchedulerParameters', 'scheduler', twice)).toThrow(
      'virDomainSetSchedulerParameters: params must give "cpu_shares" once but gives it again as "cpuShares"',
    );
    const nested = { parallel: { channels: 5 }, 'parallel.channels': 6 };
    expect(() => toWire('virDomainSaveParams', 'save', nested)).toThrow(
      'virDomainSaveParams: params must give "parallel.channels" once but gives it again as "parallel.channels"',
    );
  });

  it('are checked under the name of the function that gets them', () => {
    const lib = path.join(__dirname, '../lib');
    const names = readdirSync(lib).filter((name) => name.endsWith('.ts') && name !== 'params.ts');
    const code = names.map((name) => readFileSync(path.join(lib, name), 'utf8')).join('');
    const calls = [...code.matchAll(/native\.(vir\w+)\((?:(?!native\.)[^])*?toWire\(\s*'(\w+)'/g)];
    expect(calls).toHaveLength(code.split('toWire(').length - 1);
    expect(calls.map(([, , named]) => named)).toEqual(calls.map(([, called]) => called));
  });

  it('stay apart where two have one spelling', () => {
    const object = nest({ cpu_shares: 1n, 'cpu.shares': 2n, ['__proto__']: 3 });
    expect(Object.entries(object)).toEqual([
      ['cpuShares', 1n],
      ['cpu', { shares: 2n }],
      ['proto', 3],
    ]);
  });

  it('go there and back for every property', () => {
    for (const [group, names] of Object.entries(wireNames)) {
      const flat = Object.fromEntries(fieldsOf(names).map((field) => [field, 'text']));
      const object = nest(flat);
      expect([group, shapeOf(object)]).toEqual([group, shapeOf(names)]);
      expect(toWire('virDomainSetSchedulerParameters', group as keyof typeof wireNames, object as never)).toEqual(flat);
    }
  });
});
