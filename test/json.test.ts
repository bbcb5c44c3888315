import { describe, expect, it } from '@jest/globals';

import { toDomainStats } from '../lib/domain-stats.js';
import { toJSONSafe } from '../lib/json.js';

const MAX = BigInt(Number.MAX_SAFE_INTEGER);

describe('toJSONSafe: what it refuses', () => {
  it('an object that contains itself', () => {
    const cycle: Record<string, unknown> = {};
    cycle['a'] = [{ 'b c': cycle }];
    expect(() => toJSONSafe(cycle)).toThrow(new TypeError('The value at "a" > "0" > "b c" contains itself'));
    const list: unknown[] = [];
    list.push(list);
    expect(() => toJSONSafe(list)).toThrow(TypeError);
  });

  it('an object whose toJSON leads back to it', () => {
    const outer = { inner: { toJSON: (): unknown => outer } };
    expect(() => toJSONSafe(outer)).toThrow(TypeError);
  });

  it.each([
    [new Map([[1, 2]]), 'The value is a Map, which JSON cannot hold'],
    [{ b: { c: 1 }, a: new Set() }, 'The value at "a" is a Set, which JSON cannot hold'],
  ])('%p', (value, message) => {
    expect(() => toJSONSafe(value)).toThrow(new TypeError(message));
  });

  it('nothing after a refusal that it took before', () => {
    const shared = { n: 1n };
    const value: unknown[] = [shared, new Map()];
    expect(() => toJSONSafe(value)).toThrow(TypeError);
    expect(toJSONSafe(shared)).toEqual({ n: 1 });
  });
});

describe('toJSONSafe', () => {
  const rows: [what: string, value: unknown, safe: unknown][] = [
    ['null', null, null],
    ['undefined', undefined, null],
    ['a function', () => 1, null],
    ['NaN', NaN, null],
    ['infinities', [Infinity, -Infinity], [null, null]],
    ['what an object leaves out', { a: undefined, b: () => 1, c: Symbol('s'), [Symbol('k')]: 1, d: 1 }, { d: 1 }],
    ['what an array does not', [undefined, () => 1, Symbol('s')], [null, null, null]],
    // eslint-disable-next-line no-sparse-arrays -- the hole is what is tested
    ['holes', [1, , 2], [1, null, 2]],
    ['bigints that a number holds', [0n, -1n, MAX, -MAX], [0, -1, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER]],
    [
      'bigints that none holds',
      [MAX + 1n, -MAX - 1n, 2n ** 64n - 1n],
      ['9007199254740992', '-9007199254740992', '18446744073709551615'],
    ],
    ['boxed values', [Object(5n), Object('s'), Object(true), Object(2)], [5, 's', true, 2]],
    ['a Buffer', { data: Buffer.from([0, 255, 16]) }, { data: 'AP8Q' }],
    ['a part of a buffer', new Uint8Array([1, 2, 3]).subarray(1, 2), 'Ag=='],
    [
      'other binary data',
      [new Uint16Array([1]).buffer, new BigUint64Array([1n]), new DataView(new ArrayBuffer(1))],
      ['AQA=', 'AQAAAAAAAAA=', 'AA=='],
    ],
    ['dates', [new Date(0), new Date(NaN)], ['1970-01-01T00:00:00.000Z', null]],
    [
      'a toJSON, with its key',
      { k: { toJSON: (key: string): unknown => ({ key, n: 1n }) } },
      { k: { key: 'k', n: 1 } },
    ],
    ['a toJSON that gives undefined', { a: { toJSON: (): unknown => undefined } }, {}],
    ['a toJSON that gives bytes', { toJSON: (): unknown => Buffer.from('a') }, 'YQ=='],
    ['a toJSON that is no function', { toJSON: 1n }, { toJSON: 1 }],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1n }), { a: 1 }],
  ];
  it.each(rows)('%s', (_what, value, safe) => {
    expect(toJSONSafe(value)).toStrictEqual(safe);
  });

  it('takes an object that stands in two places', () => {
    const shared = { n: 1n };
    expect(toJSONSafe([shared, { shared }, shared])).toEqual([{ n: 1 }, { shared: { n: 1 } }, { n: 1 }]);
  });

  it('calls toJSON once, like JSON.stringify', () => {
    let calls = 0;
    const itself = { n: 1n, toJSON: (): unknown => (calls++, itself) };
    expect(toJSONSafe(itself)).toEqual({ n: 1 });
    expect(calls).toBe(1);
  });

  it('reads instances by their own properties', () => {
    class Info {
      readonly memory = 1n;
      get hidden(): number {
        return 1;
      }
    }
    expect(toJSONSafe(new Info())).toStrictEqual({ memory: 1 });
  });

  it('never touches a prototype', () => {
    const safe = toJSONSafe(JSON.parse('{ "__proto__": { "polluted": 1 } }'));
    expect(Object.getPrototypeOf(safe)).toBe(Object.prototype);
    expect(JSON.stringify(safe)).toBe('{"__proto__":{"polluted":1}}');
  });

  it('leaves what it was given alone', () => {
    const value = Object.freeze({ list: Object.freeze([1n]) });
    expect(toJSONSafe(value)).toEqual({ list: [1] });
    expect(value.list).toEqual([1n]);
  });

  it('makes statistics ready for JSON.stringify', () => {
    const stats = toDomainStats({ 'net.count': 1, 'net.0.rx.bytes': 12n, 'net.0.tx.bytes': 2n ** 64n - 1n });
    expect(() => JSON.stringify(stats)).toThrow(TypeError);
    expect(JSON.stringify(toJSONSafe(stats))).toBe(
      '{"net":[{"index":0,"rx":{"bytes":12},"tx":{"bytes":"18446744073709551615"}}]}',
    );
  });

  it('agrees with JSON.stringify on whatever holds no bigint', () => {
    const value = { a: [1, 'x', null, undefined, { b: new Date(0) }], c: { d: true, e: undefined, f: NaN }, g: -0.5 };
    expect(JSON.stringify(toJSONSafe(value))).toBe(JSON.stringify(value));
  });
});
