/** Distils libvirt's API descriptions (`libvirt*-api.xml`) into the tables of this folder. Prose stays behind. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { formatParameters, formatTable } from './description.mjs';

const LIBRARIES = ['libvirt', 'libvirt-qemu', 'libvirt-lxc', 'libvirt-admin'];
const LISTS = new Set(['function', 'functype', 'enum', 'macro', 'struct', 'typedef', 'arg', 'field']);

// Entities only occur in prose and in macros that are C expressions; neither is kept.
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseAttributeValue: false,
  processEntities: false,
  isArray: (name, _path, _leaf, isAttribute) => !isAttribute && LISTS.has(name),
});

/**
 * Declares `name` first, so that a cell reads like C.
 * @param {{ name: string, type: string }} field
 */
function fieldType({ name, type }) {
  const [, before = '', size = ''] = /^(.*?)\s*(\[.*\])$/.exec(type) ?? [];
  return size === '' ? type : before.slice(0, before.lastIndexOf(name)).trim() + size;
}

/** @returns {{ struct: string, field: string, type: string }[]} */
function fieldsOf(struct, fields, path = '') {
  return fields.flatMap((field) =>
    field.type === 'union' || field.type === 'struct'
      ? fieldsOf(struct, field[field.type].field, `${path}${field.name}.`)
      : [
          {
            header: struct.file,
            struct: struct.name,
            since: struct.version,
            field: path + field.name,
            type: fieldType(field),
          },
        ],
  );
}

/** A number macro's value, or undefined for what is a C expression of other things. */
function numberOf(raw) {
  const [, digits] = /^\(?\s*(\d+(?:\s*\+\s*\d+)*)(?:LL|ULL|U)?\s*\)?\s*(?:\/\*.*\*\/)?$/.exec(raw) ?? [];
  return digits?.split('+').reduce((sum, part) => sum + BigInt(part.trim()), 0n);
}

function macrosOf(macros) {
  return macros
    .filter((macro) => macro.params === undefined && !macro.name.startsWith('_'))
    .map((macro) => {
      const row = { header: macro.file, name: macro.name, since: macro.version };
      if (macro.string !== undefined) return { ...row, kind: 'string', value: macro.string };
      const number = numberOf(macro.raw);
      return number === undefined
        ? { ...row, kind: 'alias', value: macro.raw }
        : { ...row, kind: 'number', value: number };
    });
}

/** Some constants are written as the name of another one. */
function resolveValues(constants) {
  const byName = new Map(constants.map((row) => [row.constant, row]));
  const valueOf = (text) => {
    if (/^-?\d+$/.test(text)) return Number(text);
    const other = byName.get(text);
    if (other === undefined) throw new Error(`no value for ${text}`);
    return valueOf(other.value);
  };
  return constants.map((row) => ({ ...row, value: valueOf(String(row.value)) }));
}

const callable = (symbol) => ({
  name: symbol.name,
  header: symbol.file,
  since: symbol.version,
  returns: symbol.return?.type ?? 'void',
  parameters: formatParameters(symbol.arg ?? []),
});

/** @param {string} directory holds the XML files of one libvirt version */
export function importDescription(directory) {
  const tables = { functions: [], enums: [], macros: [], callbacks: [], structs: [] };
  for (const library of LIBRARIES) {
    const { symbols } = parser.parse(readFileSync(join(directory, `${library}-api.xml`), 'utf8')).api;
    tables.functions.push(...(symbols.function ?? []).map((symbol) => ({ ...callable(symbol), library })));
    tables.callbacks.push(...(symbols.functype ?? []).map(callable));
    tables.macros.push(...macrosOf(symbols.macro ?? []));
    tables.structs.push(...(symbols.struct ?? []).flatMap((struct) => fieldsOf(struct, struct.field ?? [])));
    tables.enums.push(
      ...(symbols.enum ?? []).map((constant) => ({
        header: constant.file,
        enum: constant.type,
        constant: constant.name,
        value: constant.value,
        since: constant.version,
      })),
    );
  }
  const number = tables.macros.find((macro) => macro.name === 'LIBVIR_VERSION_NUMBER');
  const version = Number(number.value);
  const comment = `# libvirt ${Math.floor(version / 1e6)}.${Math.floor(version / 1e3) % 1e3}.${version % 1e3}`;
  // The version is the comment; as a row it would be a constant that changes with every import.
  tables.macros = tables.macros.filter((macro) => macro !== number);
  tables.enums = resolveValues(tables.enums).sort(
    (a, b) => (a.enum < b.enum ? -1 : a.enum > b.enum ? 1 : a.value - b.value) || (a.constant < b.constant ? -1 : 1),
  );
  const columns = {
    functions: ['name', 'library', 'header', 'since', 'returns', 'parameters'],
    enums: ['enum', 'constant', 'value', 'since', 'header'],
    macros: ['name', 'kind', 'value', 'since', 'header'],
    callbacks: ['name', 'header', 'since', 'returns', 'parameters'],
    structs: ['struct', 'field', 'type', 'since', 'header'],
  };
  return Object.fromEntries(
    Object.entries(columns).map(([name, head]) => [`${name}.tsv`, formatTable([comment], head, tables[name])]),
  );
}
