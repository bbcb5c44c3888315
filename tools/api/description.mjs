/**
 * The distilled API description: tables of names, types, values and versions, one file per kind of symbol.
 * Every table starts with a `# libvirt X.Y.Z` line and a line with its column names.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const folder = fileURLToPath(new URL('.', import.meta.url));

/** Separates parameters in one cell; no C type or name contains it. */
const LIST = ', ';

/**
 * @param {string} text
 * @returns {{ comments: string[], rows: Record<string, string>[] }}
 */
export function parseTable(text) {
  const lines = text.split('\n').filter((line) => line !== '');
  const comments = lines.filter((line) => line.startsWith('#'));
  const [head = '', ...body] = lines.filter((line) => !line.startsWith('#'));
  const columns = head.split('\t');
  const rows = body.map((line, index) => {
    const cells = line.split('\t');
    if (cells.length !== columns.length) {
      throw new Error(`row ${index + 1} has ${cells.length} cells, not ${columns.length}: ${line}`);
    }
    return Object.fromEntries(columns.map((column, at) => [column, cells[at]]));
  });
  return { comments, rows };
}

/**
 * @param {string[]} comments
 * @param {string[]} columns
 * @param {Record<string, string | number>[]} rows
 */
export function formatTable(comments, columns, rows) {
  const body = rows.map((row) => columns.map((column) => row[column]).join('\t'));
  return [...comments, columns.join('\t'), ...body, ''].join('\n');
}

/** @param {string} file a file of this folder */
export const readTable = (file) => parseTable(readFileSync(folder + file, 'utf8'));

/** @param {{ name: string, type: string }[]} parameters */
export const formatParameters = (parameters) =>
  parameters.length === 0 ? '-' : parameters.map(({ name, type }) => `${type} ${name}`).join(LIST);

/** @param {string} cell */
export const parseParameters = (cell) =>
  cell === '-'
    ? []
    : cell.split(LIST).map((parameter) => {
        const space = parameter.lastIndexOf(' ');
        return { type: parameter.slice(0, space), name: parameter.slice(space + 1) };
      });

/**
 * '7.10.0' -> 7010000, the way libvirt counts its own version.
 * @param {string} version
 */
export function versionNumber(version) {
  const [major = 0, minor = 0, micro = 0] = version.split('.').map(Number);
  return major * 1_000_000 + minor * 1000 + micro;
}

/** The oldest libvirt whose headers may compile the addon, and whose library may run it. */
export const OLDEST = '7.0.0';

/** @param {{ since: string }} symbol */
export const isNewer = (symbol) => versionNumber(symbol.since) > versionNumber(OLDEST);

/**
 * @template Row
 * @param {Row[]} rows
 * @param {(row: Row) => string} key
 * @returns {Map<string, Row[]>}
 */
export function groupBy(rows, key) {
  const groups = new Map();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group === undefined) groups.set(key(row), [row]);
    else group.push(row);
  }
  return groups;
}

/** @returns {(name: string) => Record<string, string> | undefined} the first row whose pattern fits a name */
export const finder = (rows) => {
  const tests = rows.map((row) => ({ row, test: new RegExp(`^${row.pattern.replaceAll('*', '\\w*')}$`) }));
  return (name) => tests.find(({ test }) => test.test(name))?.row;
};

/** The whole description, typed cells parsed. */
export function readDescription() {
  const { comments, rows: functions } = readTable('functions.tsv');
  return {
    version: comments[0]?.replace('# libvirt ', '') ?? '',
    functions: functions.map((row) => ({ ...row, parameters: parseParameters(row.parameters) })),
    enums: readTable('enums.tsv').rows.map((row) => ({ ...row, value: Number(row.value) })),
    macros: readTable('macros.tsv').rows,
    callbacks: readTable('callbacks.tsv').rows.map((row) => ({ ...row, parameters: parseParameters(row.parameters) })),
    structs: readTable('structs.tsv').rows,
    enumPrefixes: readTable('enum-prefixes.tsv').rows,
    fieldGroups: readTable('field-groups.tsv').rows,
    fields: readTable('fields.tsv').rows,
    fieldSets: readTable('field-sets.tsv').rows,
    fieldObjects: readTable('field-objects.tsv').rows,
  };
}
