import { types } from 'node:util';

/** A value that `JSON.stringify` takes as it is. */
export type JSONValue = null | boolean | number | string | JSONValue[] | { [name: string]: JSONValue };

/**
 * A copy of a result that `JSON.stringify` takes, which refuses bigints.
 *
 * - A bigint is a number where a number holds it exactly, else a decimal string.
 * - A `Buffer`, like all binary data, is base64.
 * - A `Date` is its ISO string, as every object with a `toJSON` method is what that gives.
 * - `undefined`, functions and symbols are left out of objects, and are `null` elsewhere; so are `NaN` and the infinities.
 * - Other objects are their own enumerable properties.
 *
 * @throws TypeError where an object contains itself, and for a `Map` or `Set`, which JSON would empty without a word. The
 * message says where.
 */
export function toJSONSafe(value: unknown): JSONValue {
  return convert(value, '', [], []) ?? null;
}

/** `undefined` for what an object leaves out. */
function convert(value: unknown, key: string, path: string[], ancestors: object[]): JSONValue | undefined {
  const plain = unwrap(value, key);
  switch (typeof plain) {
    case 'bigint': {
      const number = Number(plain);
      return Number.isSafeInteger(number) ? number : plain.toString();
    }
    case 'number':
      return Number.isFinite(plain) ? plain : null;
    case 'boolean':
    case 'string':
      return plain;
    case 'object':
      return plain === null ? null : convertObject(plain, path, ancestors);
    default:
      return undefined;
  }
}

function convertObject(object: object, path: string[], ancestors: object[]): JSONValue {
  if (ancestors.includes(object)) throw new TypeError(`${where(path)} contains itself`);
  if (types.isMap(object) || types.isSet(object)) {
    throw new TypeError(`${where(path)} is a ${types.isMap(object) ? 'Map' : 'Set'}, which JSON cannot hold`);
  }
  const bytes = bytesOf(object);
  if (bytes !== undefined) return bytes.toString('base64');
  ancestors.push(object);
  const below = (value: unknown, key: string): JSONValue | undefined => {
    path.push(key);
    const converted = convert(value, key, path, ancestors);
    path.pop();
    return converted;
  };
  let result: JSONValue;
  if (Array.isArray(object)) {
    result = Array.from(object, (item: unknown, index) => below(item, String(index)) ?? null);
  } else {
    result = {};
    for (const key of Object.keys(object)) {
      const converted = below((object as Record<string, unknown>)[key], key);
      if (converted === undefined) continue;
      if (key === '__proto__') {
        // Assigning would replace the object's prototype.
        Object.defineProperty(result, key, { value: converted, writable: true, enumerable: true, configurable: true });
      } else {
        result[key] = converted;
      }
    }
  }
  ancestors.pop();
  return result;
}

function unwrap(value: unknown, key: string): unknown {
  // A Buffer has a toJSON of its own, which makes an array of numbers.
  if (typeof value !== 'object' || value === null || bytesOf(value) !== undefined) return value;
  const plain = hasToJSON(value) ? value.toJSON(key) : value;
  return types.isBoxedPrimitive(plain) ? plain.valueOf() : plain;
}

function bytesOf(object: object): Buffer | undefined {
  if (ArrayBuffer.isView(object)) return Buffer.from(object.buffer, object.byteOffset, object.byteLength);
  return types.isAnyArrayBuffer(object) ? Buffer.from(object) : undefined;
}

function hasToJSON(object: object): object is { toJSON(key: string): unknown } {
  return 'toJSON' in object && typeof object.toJSON === 'function';
}

function where(path: readonly string[]): string {
  return path.length === 0 ? 'The value' : `The value at ${path.map((key) => JSON.stringify(key)).join(' > ')}`;
}
