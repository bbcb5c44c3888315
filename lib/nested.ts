import type { TypedParams, TypedScalar } from './native-types.js';

/** The value of one typed parameter; a field that comes more than once is an array of its values. */
export type TypedValue = TypedScalar | TypedScalar[];

/** What a name of a {@link NestedObject} leads to. */
export type NestedValue = TypedValue | NestedObject | NestedEntry[];

/** Typed parameters as an object in which each dot of their names is a step down. */
export interface NestedObject {
  [name: string]: NestedValue;
}

/** One entry of a list, with the index that libvirt gave it. */
export interface NestedEntry extends NestedObject {
  index: number;
}

/** What is known of a group beforehand, so that its type does not depend on the fields that happen to be there. */
export interface NestedShape {
  /**
   * `list`: always an array. `group`: always an object with a `list`. `names`: always an object, in which a number is a
   * name like any other. Without it the fields decide, see {@link nest}.
   */
  readonly as?: 'list' | 'group' | 'names';
  /** The groups under it, by libvirt's spelling. A Map, since `constructor` is a possible name. */
  readonly fields?: ReadonlyMap<string, NestedShape>;
  /** What each entry is. */
  readonly each?: NestedShape;
}

type Shapes = Readonly<Record<string, NestedShape>>;

const named = (fields: Shapes = {}): NestedShape => ({ as: 'names', fields: new Map(Object.entries(fields)) });

/** @internal Shapes with what is under them; the fields of a list or a group are those of each entry. */
export const shape = {
  names: named,
  list: (fields?: Shapes): NestedShape => (fields === undefined ? { as: 'list' } : { as: 'list', each: named(fields) }),
  group: (fields: Shapes): NestedShape => ({ as: 'group', each: named(fields) }),
};

interface Branch {
  value: TypedValue | undefined;
  /** Most branches are leaves, so it is made when the first one needs it. */
  below: Map<string, Branch> | undefined;
}

/** The direct children of a branch, told apart. */
interface Children {
  readonly entries: [index: number, branch: Branch][];
  readonly named: [name: string, branch: Branch][];
  readonly count: number | bigint | undefined;
}

const INDEX = /^(?:0|[1-9][0-9]{0,9})$/;
const HIGHEST_INDEX = 0xffffffff;
const NO_SHAPE: NestedShape = {};

/** Domains share their names, and to take one apart is most of the work. Some are made up, so the memory has an end. */
const REMEMBERED_NAMES = 4000;
const spelled = new Map<string, string>();
const stepsOf = new Map<string, readonly string[]>();

/** `last-update` is `lastUpdate`, `net.tx_errs` is `netTxErrs`; a name of nothing but separators stays as it is. */
export function camelCase(name: string): string {
  let key = spelled.get(name);
  if (key === undefined) {
    const [first, ...others] = name.split(/[-_.]+/).filter((part) => part !== '');
    key =
      first === undefined ? name : first + others.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('');
    if (spelled.size < REMEMBERED_NAMES) spelled.set(name, key);
  }
  return key;
}

/**
 * Makes typed parameters, whose names are paths, into nested objects.
 *
 * - Every step of a name is a key in lower camel case: `balloon.last-update` is `balloon.lastUpdate`.
 * - `X.0.…`, `X.1.…` and `X.count` are an array `X`. Its entries are in the order of their indices and each says its own
 *   as `index`, always, because libvirt leaves holes in some lists: never take the position for the index.
 * - Where fields stand beside the indices, `X` is an object and the array is its `list`: `vcpu.current`, `vcpu.list`.
 * - A count is left out where it is the length of its array. Otherwise it is kept as `XCount` (in an object as `count`):
 *   libvirt may count what it then has no figures for. No memory is taken on the word of a count.
 * - A field never changes its type because another one appears. Where `X` is a value and `X.Y` exists, `X` stays the
 *   value and the other is `XY`; what a newer libvirt puts beside the entries of a known array goes there too.
 * - Two names with one spelling: the later one keeps libvirt's own, with `_` behind it if that is taken as well.
 *
 * Nothing is dropped, and names that are not known are treated like the others.
 */
export function nest(flat: Readonly<TypedParams>, shape: NestedShape = NO_SHAPE): NestedObject {
  const root: Branch = { value: undefined, below: undefined };
  for (const name of Object.keys(flat)) {
    let branch = root;
    for (const step of split(name)) {
      branch.below ??= new Map();
      let next = branch.below.get(step);
      if (next === undefined) branch.below.set(step, (next = { value: undefined, below: undefined }));
      branch = next;
    }
    branch.value = flat[name];
  }
  const object: NestedObject = {};
  fill(object, root, shape);
  return object;
}

function split(name: string): readonly string[] {
  let steps = stepsOf.get(name);
  if (steps === undefined) {
    steps = name.split('.');
    if (stepsOf.size < REMEMBERED_NAMES) stepsOf.set(name, steps);
  }
  return steps;
}

/** Writes what is under a branch into an object. */
function fill(object: NestedObject, branch: Branch, shape: NestedShape): void {
  const { entries, named, count } = childrenOf(branch, shape);
  const hasList = entries.length > 0 || shape.as === 'group';
  if (hasList) set(object, 'list', listOf(entries, shape));
  if (count !== undefined && !(hasList && Number(count) === entries.length)) set(object, 'count', count);
  for (const [name, child] of named) place(object, name, child, shape.fields?.get(name));
}

/** Writes a branch into an object under a name; what finds no place there goes beside it, under a longer name. */
function place(object: NestedObject, name: string, branch: Branch, shape = NO_SHAPE): void {
  const { value } = branch;
  if (branch.below === undefined) {
    if (value !== undefined) set(object, shape.as === undefined ? name : `${name}.value`, value);
    return;
  }
  const { entries, named, count } = childrenOf(branch, shape);
  const isPlainList = named.length === 0 && (entries.length > 0 || count !== undefined);
  const besides = (isCounted: boolean): void => {
    if (count !== undefined && !(isCounted && Number(count) === entries.length)) set(object, `${name}.count`, count);
    for (const [step, child] of named) place(object, `${name}.${step}`, child, shape.fields?.get(step));
  };

  if (shape.as === undefined && value !== undefined) {
    set(object, name, value);
    if (entries.length > 0) set(object, `${name}.list`, listOf(entries, shape));
    besides(entries.length > 0);
    return;
  }
  if (shape.as === 'list' || (shape.as === undefined && isPlainList)) {
    set(object, name, listOf(entries, shape));
    besides(true);
  } else {
    const inner: NestedObject = {};
    set(object, name, inner);
    fill(inner, branch, shape);
  }
  if (value !== undefined) set(object, `${name}.value`, value);
}

function listOf(entries: Children['entries'], shape: NestedShape): NestedEntry[] {
  entries.sort(([a], [b]) => a - b);
  return entries.map(([index, branch]) => {
    const entry: NestedEntry = { index };
    if (branch.value !== undefined) set(entry, 'value', branch.value);
    fill(entry, branch, shape.each ?? NO_SHAPE);
    return entry;
  });
}

function childrenOf(branch: Branch, shape: NestedShape): Children {
  if (shape.as === 'names') return { entries: [], named: [...(branch.below ?? [])], count: undefined };
  const entries: Children['entries'] = [];
  const named: Children['named'] = [];
  let count: Children['count'];
  for (const [step, child] of branch.below ?? []) {
    if (INDEX.test(step) && Number(step) <= HIGHEST_INDEX) entries.push([Number(step), child]);
    else if (step === 'count' && child.below === undefined && isCount(child.value)) count = child.value;
    else named.push([step, child]);
  }
  return { entries, named, count };
}

function isCount(value: TypedValue | undefined): value is number | bigint {
  return typeof value === 'bigint' ? value >= 0n : typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function set(object: NestedObject, name: string, value: NestedValue): void {
  let key = camelCase(name);
  if (Object.hasOwn(object, key)) key = name;
  while (Object.hasOwn(object, key)) key += '_';
  if (key in Object.prototype) {
    // Assigning to `__proto__` would replace the object's prototype.
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[key] = value;
  }
}
