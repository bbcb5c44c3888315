/** libvirt's string macros as the names of fields, and where fields.tsv does not say what they say. */
import { groupBy, versionNumber } from './description.mjs';
import { spellings } from './objects.mjs';

/** The group of field-groups.tsv that a string belongs to; undefined when it has none. */
export function groupOf({ name }, fieldGroups) {
  const fitting = fieldGroups.filter(({ prefix }) => name.startsWith(prefix));
  return fitting.sort((a, b) => b.prefix.length - a.prefix.length)[0];
}

const isStart = ({ name, value }) => name.endsWith('_PREFIX') && value.endsWith('.');

/**
 * The fields, or the starts of fields, that a macro names: `…_NET_PREFIX` and `…_NET_SUFFIX_RX_BYTES` are
 * `net.<n>.rx.bytes`. Some pieces go behind several starts, and what goes behind a word of the hypervisor's has none.
 */
function fieldsOf(macro, macros) {
  const at = macro.name.lastIndexOf('_SUFFIX_');
  if (at === -1) return [macro.value];
  const parent = macro.name.slice(0, at);
  const exact = macros.filter((one) => isStart(one) && one.name === `${parent}_PREFIX`);
  const several = macros.filter(
    (one) => isStart(one) && one.name.startsWith(`${parent}_`) && !one.name.slice(at).includes('_SUFFIX_'),
  );
  const starts = exact.length > 0 ? exact : several;
  if (starts.length === 0) return [`<name>${macro.value}`];
  const index = macro.value.startsWith('.') ? '<n>' : '';
  return starts.flatMap((start) => fieldsOf(start, macros)).map((path) => `${path}${index}${macro.value}`);
}

/** A word of the hypervisor's may stand at several places, for which C has one macro. */
const withoutPlace = (field) => field.replace(/^.*(?=<name>)/, '');

/** @returns {Map<string, Map<string, { since: string }>>} the rows of fields.tsv by group and field */
function fieldTable({ fields }) {
  const groups = groupBy(fields, ({ group }) => group);
  return new Map(
    [...groups].map(([group, rows]) => [
      group,
      new Map(rows.flatMap((row) => spellings(row.field).map((field) => [withoutPlace(field), row]))),
    ]),
  );
}

/** Macros that name fields, with those and with the group of fields.tsv that has them. */
function namedFields({ macros, fieldGroups }) {
  return macros
    .filter(({ kind }) => kind === 'string')
    .map((macro) => ({ macro, group: groupOf(macro, fieldGroups)?.fields ?? '-', fields: fieldsOf(macro, macros) }))
    .filter(({ group }) => group !== '-');
}

/** @returns {{ group: string, field: string, macro: { name: string, since: string } }[]} rows that fields.tsv lacks */
export function missingFields(description) {
  const table = fieldTable(description);
  const whole = description.fields.flatMap(({ group, field }) => spellings(field).map((one) => `${group} ${one}`));
  const isThere = (group, field, macro) =>
    isStart(macro) ? whole.some((one) => one.startsWith(`${group} ${field}`)) : table.get(group)?.has(field) === true;
  return namedFields(description).flatMap(({ macro, group, fields }) =>
    fields.filter((field) => !isThere(group, field, macro)).map((field) => ({ group, field, macro })),
  );
}

/** @returns {string[]} what fields.tsv says and libvirt does not */
export function wrongFields(description) {
  const table = fieldTable(description);
  const named = namedFields(description);
  // The names of nested fields are older than their constants, which came together.
  const older = new Set(description.fieldObjects.map(({ group }) => group));
  const wrong = [];
  for (const [group, all] of groupBy(named, (one) => one.group)) {
    const given = new Set(all.flatMap(({ fields }) => fields));
    for (const field of table.get(group)?.keys() ?? []) {
      if (!given.has(field)) wrong.push(`${group} ${field} is no field of libvirt’s`);
    }
    const first = Math.min(...all.map(({ macro }) => versionNumber(macro.since)));
    for (const { macro, fields } of all.filter((one) => !isStart(one.macro))) {
      const mayBeOlder = older.has(group) && versionNumber(macro.since) === first;
      for (const field of fields) {
        const row = table.get(group)?.get(field);
        if (row === undefined || row.since === macro.since) continue;
        if (mayBeOlder && (row.since === '-' || versionNumber(row.since) < first)) continue;
        wrong.push(`${group} ${field} came with ${macro.since}, not ${row.since}`);
      }
    }
  }
  return wrong;
}
