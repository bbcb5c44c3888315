import type { TypedParamsIn } from './native-types.js';
import { camelCase } from './nested.js';

/**
 * The opposite of `nest`: typed parameters from an object in the spelling of the facade. `{ inbound: { peak: 1 } }` is
 * `{ 'inbound.peak': 1 }`. A name that no field has stays as it is: the raw layer says what it thinks of it.
 *
 * @param fields - the names that libvirt has, such as the values of `NetworkPortField`
 */
export function toParams(given: object, fields: Readonly<Record<string, string>>): TypedParamsIn {
  const params: Record<string, unknown> = {};
  // No object at all is refused by the raw layer, with the names of function and argument.
  if (!isGroup(given)) return given;
  add(params, '', given, new Map(Object.values(fields).map((name) => [camelCase(name), name])));
  return params as TypedParamsIn;
}

function add(params: Record<string, unknown>, prefix: string, group: object, names: ReadonlyMap<string, string>): void {
  for (const [key, value] of Object.entries(group)) {
    const path = `${prefix}${key}`;
    if (isGroup(value) && !('type' in value)) add(params, `${path}.`, value, names);
    else params[names.get(camelCase(path)) ?? path] = value;
  }
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
