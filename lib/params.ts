/** Typed parameters in the facade: objects with names in lower camel case, for libvirt's lists of named, typed values. */
import type { TypedParams, TypedParamsIn, TypedValue } from './native-types.js';
import { camelCase } from './nested.js';
import { wireNames, type Groups } from './params/index.js';

export type * from './params/index.js';

/** What a setter takes for a property: 64 bits as a bigint or a number, and {@link typed} to decide the wire type. */
type Value<T> = T extends bigint ? bigint | number : T extends readonly (infer Item)[] ? readonly Item[] : T;
type Known<T> = { readonly [Name in keyof T]?: Value<NonNullable<T[Name]>> | TypedValue | null | undefined };

/** Fields by libvirt's own names. */
type Named = Readonly<
  Record<
    `${string}_${string}` | `${string}.${string}` | `${string}-${string}`,
    TypedValue | string | boolean | bigint | number | null | undefined
  >
>;

/**
 * What a setter takes: some of the properties. Those that are null or undefined are left out, not set to nothing.
 *
 * A field that is newer than these types goes by libvirt's own name, `some_field` or `some.field`, with its wire type
 * where it is a number: `{ some_field: typed.uint(5) }`.
 */
export type Settable<T> = Known<T> | (Known<T> & Named);

/**
 * Values with their wire types. It is for fields that this version of the library does not know; of the others it knows
 * the type. libvirt refuses a value of another type than the one that it wants, even where it would fit.
 *
 * @example
 * await domain.setBlockIoTune('vda', { total_bytes_min: typed.ullong(4096) });
 */
export const typed = {
  /** C's `int`. */
  int: (value: number): TypedValue => ({ type: 'int', value }),
  /** C's `unsigned int`. */
  uint: (value: number): TypedValue => ({ type: 'uint', value }),
  /** C's `long long`. */
  llong: (value: bigint | number): TypedValue => ({ type: 'llong', value }),
  /** C's `unsigned long long`. */
  ullong: (value: bigint | number): TypedValue => ({ type: 'ullong', value }),
  /** C's `double`. */
  double: (value: number): TypedValue => ({ type: 'double', value }),
  /** A boolean, a `char` in C. */
  boolean: (value: boolean): TypedValue => ({ type: 'boolean', value }),
  /** A string. */
  string: (value: string): TypedValue => ({ type: 'string', value }),
} as const;

function set(object: Record<string, unknown>, name: string, value: unknown): void {
  // Assigning to `__proto__` would replace the object's prototype.
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

/**
 * @internal For the raw layer: every property under libvirt's name; names of no property stay as they are. What is no
 * object is given on, since the raw layer says what is wrong with it.
 */
export function toWire<Group extends keyof Groups>(group: Group, object: Settable<Groups[Group]>): TypedParamsIn {
  const given: unknown = object;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given as TypedParamsIn;
  const names: Readonly<Record<string, string>> = wireNames[group];
  const wire: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined) continue;
    const field = Object.hasOwn(names, name) ? (names[name] ?? name) : name;
    if (Object.hasOwn(wire, field)) throw new TypeError(`the parameter "${field}" is given twice, once as "${name}"`);
    set(wire, field, value);
  }
  return wire as TypedParamsIn;
}

/**
 * @internal For the user: every field in lower camel case, also those that no type names. Of two fields with one
 * spelling the second keeps libvirt's.
 */
export function fromWire(params: Readonly<TypedParams>): TypedParams {
  const object: TypedParams = {};
  for (const [field, value] of Object.entries(params)) {
    const name = camelCase(field);
    set(object, Object.hasOwn(object, name) ? field : name, value);
  }
  return object;
}
