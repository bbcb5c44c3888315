/** Typed parameters in the facade: nested objects with names in lower camel case, for libvirt's lists of named, typed values. */
import type { native } from './native.js';
import type { TypedParamsIn, TypedValue } from './native-types.js';
import { wireNames, type Groups } from './params/index.js';

export type * from './params/index.js';

/** What a setter takes for a property: 64 bits as a bigint or a number, and {@link typed} to decide the wire type. */
type Value<T> = T extends bigint
  ? bigint | number
  : T extends readonly (infer Item)[]
    ? readonly Item[]
    : T extends object
      ? Settable<T>
      : T;
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

/** libvirt's name of each property; a group of properties has its own. */
interface Names {
  readonly [property: string]: string | Names;
}

/**
 * @internal For the raw layer, the opposite of `nest`: every property under libvirt's name; names of no property
 * stay as they are. What is no object is given on, since the raw layer says what is wrong with it.
 *
 * @param caller - the C function whose argument `params` it is, for errors
 */
export function toWire<Group extends keyof Groups>(
  caller: keyof typeof native,
  group: Group,
  object: Settable<Groups[Group]>,
): TypedParamsIn {
  if (!isGroup(object)) return object;
  const wire: Record<string, unknown> = {};
  for (const { field, given, value } of fieldsOf('', object, wireNames[group])) {
    if (Object.hasOwn(wire, field)) {
      throw new TypeError(`${caller}: params must give "${field}" once but gives it again as "${given}"`);
    }
    set(wire, field, value);
  }
  return wire as TypedParamsIn;
}

/** Every property that is set: libvirt's name of it, and how it was given. */
function* fieldsOf(
  path: string,
  object: object,
  names: Names,
): Generator<{ field: string; given: string; value: unknown }> {
  for (const [name, value] of Object.entries(object) as [string, unknown][]) {
    if (value === null || value === undefined) continue;
    const known = Object.hasOwn(names, name) ? names[name] : undefined;
    // A group that no table knows can only be one of a newer libvirt; a field's own object is a value with its type.
    if (isGroup(value) && typeof known !== 'string' && !('type' in value)) {
      yield* fieldsOf(`${path}${name}.`, value, known ?? {});
      continue;
    }
    const given = `${path}${name}`;
    yield { field: typeof known === 'string' ? known : given, given, value };
  }
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
