import type { MigrateParameters, Settable } from './params.js';

/** What the older C functions take as arguments, and which of them can do with that. */
export interface MigrateArguments {
  /** 1 and 2: the C functions of that time take all that is given; 3: only the one with typed parameters does. */
  readonly level: 1 | 2 | 3;
  readonly dname: string | null;
  readonly uri: string | null;
  readonly dxml: string | null;
  readonly bandwidth: number;
}

const known = new Set(['destinationName', 'migrateUri', 'destinationXml', 'bandwidth']);

export function migrateArguments(params: Settable<MigrateParameters>): MigrateArguments {
  const none = { dname: null, uri: null, dxml: null, bandwidth: 0 };
  const given: unknown = params;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return { level: 3, ...none };
  const { destinationName, migrateUri, destinationXml, bandwidth = 0 } = params;
  const texts = [destinationName, migrateUri, destinationXml];
  const fits =
    Object.entries(params).every(([name, value]) => known.has(name) || value === undefined || value === null) &&
    texts.every((text) => text === undefined || text === null || typeof text === 'string') &&
    (typeof bandwidth === 'bigint' || typeof bandwidth === 'number' || bandwidth === null);
  if (!fits) return { level: 3, ...none };
  const [dname, uri, dxml] = texts.map((text) => (typeof text === 'string' ? text : null));
  return {
    level: typeof dxml === 'string' ? 2 : 1,
    dname: dname ?? null,
    uri: uri ?? null,
    dxml: dxml ?? null,
    bandwidth: Number(bandwidth ?? 0),
  };
}
