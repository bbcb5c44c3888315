import { describe, expect, it } from '@jest/globals';

import { toDomainStats } from '../lib/domain-stats.js';
import type { TypedParams } from '../lib/native-types.js';
import { camelCase, nest, type NestedObject } from '../lib/nested.js';

/** A generator with a seed, so that a failure can be had again. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('nest: strange names and untrue counts', () => {
  const rows: [what: string, flat: TypedParams, nested: unknown][] = [
    ['nothing at all', {}, {}],
    ['an empty name', { '': 1 }, { '': 1 }],
    ['empty steps', { 'a..b': 1, '.c': 2, 'd.': 3 }, { a: { '': { b: 1 } }, '': { c: 2 }, d: { '': 3 } }],
    ['names of separators only', { '-': 1, '__.--': 2 }, { '-': 1, __: { '--': 2 } }],
    [
      'names that objects inherit',
      { toString: 1, 'valueOf.has-own-property': 2 },
      { toString: 1, valueOf: { hasOwnProperty: 2 } },
    ],
    ['numbers that are no index', { 'a.01.x': 1, 'a.1m': 2, 'a.-1': 3 }, { a: { '01': { x: 1 }, '1m': 2, '1': 3 } }],
    ['a number above 32 bits', { 'a.4294967296.x': 1 }, { a: { '4294967296': { x: 1 } } }],
    ['the highest index', { 'a.4294967295.x': 1 }, { a: [{ index: 4294967295, x: 1 }] }],
    ['indices at the top', { '0.x': 1, y: 2 }, { list: [{ index: 0, x: 1 }], y: 2 }],
    ['a huge count', { 'a.count': 2 ** 53, 'a.0.x': 1 }, { a: [{ index: 0, x: 1 }], aCount: 2 ** 53 }],
    ['a huge 64-bit count', { 'a.count': 2n ** 64n - 1n }, { a: [], aCount: 2n ** 64n - 1n }],
    ['a count above what is there', { 'a.count': 2, 'a.1.x': 1 }, { a: [{ index: 1, x: 1 }], aCount: 2 }],
    ['a count below what is there', { 'a.count': 0, 'a.0.x': 1 }, { a: [{ index: 0, x: 1 }], aCount: 0 }],
    [
      'a count that is none',
      { 'a.count': -1, 'b.count': 'x', 'c.count': 0.5 },
      { a: { count: -1 }, b: { count: 'x' }, c: { count: 0.5 } },
    ],
    ['a count with no list', { 'a.count': 3, 'a.total': 4 }, { a: { count: 3, total: 4 } }],
    [
      'a count that is a group',
      { 'a.count.cur': 3, 'a.0.x': 1 },
      { a: { list: [{ index: 0, x: 1 }], count: { cur: 3 } } },
    ],
    [
      'no count',
      { 'a.0.x': 1, 'a.1.x': 2 },
      {
        a: [
          { index: 0, x: 1 },
          { index: 1, x: 2 },
        ],
      },
    ],
    ['a list of values', { 'a.count': 1, 'a.0': 5 }, { a: [{ index: 0, value: 5 }] }],
    ['a value and a group', { a: 1, 'a.b': 2, 'a.c-d.e': 3 }, { a: 1, aB: 2, aCD: { e: 3 } }],
    ['a group and then its value', { 'a.b': 2, a: 1 }, { a: 1, aB: 2 }],
    ['a value and a list', { a: 1, 'a.count': 1, 'a.0.x': 2 }, { a: 1, aList: [{ index: 0, x: 2 }] }],
    ['a value and a count', { a: 1, 'a.count': 0 }, { a: 1, aCount: 0 }],
    ['one spelling twice', { 'a-b': 1, a_b: 2, 'a--b': 3, aB: 4 }, { aB: 1, a_b: 2, 'a--b': 3, aB_: 4 }],
    ['names that a list needs', { 'a.0.index': 7, 'a.list': 8 }, { a: { list: [{ index: 0, index_: 7 }], list_: 8 } }],
    ['null and a repeated field', { a: null, 'b.c': ['x', 'y'] }, { a: null, b: { c: ['x', 'y'] } }],
  ];
  it.each(rows)('%s', (_what, flat, nested) => {
    expect(nest(flat)).toStrictEqual(nested);
  });

  it('never touches a prototype', () => {
    const flat = JSON.parse(
      '{ "__proto__": 1, "proto": 2, "x.__proto__.polluted": 3, "constructor.prototype.y": 4 }',
    ) as TypedParams;
    const nested = nest(flat);
    expect(Object.getPrototypeOf(nested)).toBe(Object.prototype);
    expect(Object.entries(nested)).toEqual([
      ['proto', 1],
      ['proto_', 2],
      ['x', { proto: { polluted: 3 } }],
      ['constructor', { prototype: { y: 4 } }],
    ]);
    // Here libvirt's own spelling is what is left for the second.
    const second = nest(JSON.parse('{ "proto": 2, "__proto__": 1 }') as TypedParams);
    expect(Object.getPrototypeOf(second)).toBe(Object.prototype);
    expect(Object.keys(second)).toEqual(['proto', '__proto__']);
    expect('polluted' in {} || 'y' in {}).toBe(false);
  });

  it('bears the longest name that libvirt can send', () => {
    const name = 'a.'.repeat(39) + 'b';
    let nested: unknown = nest({ [name]: 1 });
    for (let depth = 0; depth < 39; depth++) nested = (nested as NestedObject)['a'];
    expect(nested).toEqual({ b: 1 });
  });

  it('forgets names in the end', () => {
    const names = Array.from({ length: 5000 }, (_none, i) => `some-name_${i}.x`);
    expect(names.map(camelCase)).toEqual(names.map((_name, i) => `someName${i}X`));
  });

  it('leaves what it was given alone', () => {
    const flat = Object.freeze({ 'a.1.x': 1, 'a.0.x': 2, 'a.count': 2 });
    expect(nest(flat)).toEqual({
      a: [
        { index: 0, x: 2 },
        { index: 1, x: 1 },
      ],
    });
  });
});

describe('nest: whatever the names', () => {
  const steps = [
    'a',
    'b-c',
    'b_c',
    'count',
    'list',
    'index',
    'value',
    '0',
    '1',
    '7',
    '2m',
    '__proto__',
    'constructor',
    '',
  ];
  const stats = [
    'vcpu',
    'net',
    'block',
    'timed_group',
    'cpu',
    'vm',
    'iothread',
    'state',
    'count',
    '0',
    '3',
    'rd',
    'current',
  ];

  /** What is left out, told from the names alone: a count that is the length of a list. */
  function counted(flat: TypedParams): number {
    const names = Object.keys(flat);
    return names.filter((name) => {
      const owner = /^((?:.*\.)?)count$/.exec(name)?.[1];
      if (owner === undefined || typeof flat[name] !== 'number') return false;
      if (names.some((other) => other.startsWith(`${name}.`))) return false;
      const below = names.filter((other) => other.startsWith(owner) && other !== name);
      const entries = new Set(below.map((other) => /^\d+(?=\.|$)/.exec(other.slice(owner.length))?.[0]));
      const others = entries.delete(undefined);
      if (entries.size !== flat[name]) return false;
      if (entries.size > 0) return true;
      const parent = owner.split('.').slice(0, -1).join('.');
      return owner !== '' && !others && !names.includes(parent) && !/(^|\.)\d+$/.test(parent);
    }).length;
  }

  function leaves(value: unknown, found: unknown[]): unknown[] {
    if (Array.isArray(value)) {
      for (const { index, ...rest } of value as { index: number }[]) {
        if (!Number.isInteger(index)) throw new Error('an entry without an index');
        leaves(rest, found);
      }
    } else if (typeof value === 'object' && value !== null) {
      if (Object.getPrototypeOf(value) !== Object.prototype) throw new Error('not a plain object');
      for (const inner of Object.values(value)) leaves(inner, found);
    } else {
      found.push(value);
    }
    return found;
  }

  function flatOf(pick: (below: number) => number, from: string[]): TypedParams {
    const flat: TypedParams = {};
    for (let field = pick(25); field >= 0; field--) {
      const name = Array.from({ length: 1 + pick(5) }, () => from[pick(from.length)]).join('.');
      const value = /(^|\.)count$/.test(name) ? pick(3) : `value ${field}`;
      Object.defineProperty(flat, name, { value, enumerable: true, configurable: true, writable: true });
    }
    return flat;
  }

  it('drops nothing but the counts that are lengths', () => {
    const pick = random(42);
    let dropped = 0;
    for (let round = 0; round < 1000; round++) {
      const flat = flatOf(pick, steps);
      const found = leaves(nest(flat), []);
      const expected = Object.values(flat).length - counted(flat);
      if (found.length !== expected) throw new Error(`${found.length} of ${expected}: ${JSON.stringify(flat)}`);
      const strings = (values: unknown[]): unknown[] => values.filter((value) => typeof value === 'string').sort();
      expect(strings(found)).toEqual(strings(Object.values(flat)));
      dropped += counted(flat);
    }
    expect(dropped).toBeGreaterThan(100);
  });

  it('keeps lists lists and groups groups in the statistics', () => {
    const pick = random(7);
    for (let round = 0; round < 1000; round++) {
      const flat = flatOf(pick, stats);
      const result = toDomainStats(flat);
      const lists = [result.net, result.block, result.iothread, result.vcpu === undefined ? [] : result.vcpu.list];
      lists.push(...(result.block ?? []).map((block) => block.timedGroup ?? []));
      const groups = [result.state, result.cpu, result.vcpu, result.vm];
      const isGroup = (group: unknown): boolean => typeof group === 'object' && !Array.isArray(group);
      if (!lists.every((list) => Array.isArray(list ?? [])) || !groups.every((group) => isGroup(group ?? {}))) {
        throw new Error(JSON.stringify(flat));
      }
      const strings = Object.values(flat).filter((value) => typeof value === 'string');
      expect(leaves(result, []).filter((value) => typeof value === 'string')).toHaveLength(strings.length);
    }
  });
});
