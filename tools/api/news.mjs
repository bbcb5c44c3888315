/** What a newer description of libvirt brings: what there is to bind, and what the hand-written tables lack. */
import { finder, readDescription, readTable } from './description.mjs';
import { groupOf, missingFields } from './fields.mjs';

/** The symbols of a description, by kind: what the reader is told of each, by name. */
function symbolsOf({ functions, callbacks, enums, macros, structs }) {
  const signature = ({ returns, name, parameters }) =>
    `${returns} ${name}(${parameters.map((one) => `${one.type} ${one.name}`).join(', ') || 'void'})`;
  const since = (row, text) => [row, `${text}   since ${row.since}`];
  const table = (rows, name, text) =>
    new Map(rows.map((row) => since(row, text(row))).map(([row, line]) => [name(row), { line, value: text(row) }]));
  const firsts = [...new Map(enums.toReversed().map((row) => [row.enum, row])).values()];
  return {
    functions: table(functions, ({ name }) => name, signature),
    'callback types': table(callbacks, ({ name }) => name, signature),
    enums: table(
      firsts,
      (row) => row.enum,
      (row) => row.enum,
    ),
    'enum constants': table(
      enums,
      ({ constant }) => constant,
      (row) => `${row.enum} ${row.constant} = ${row.value}`,
    ),
    macros: table(
      macros,
      ({ name }) => name,
      ({ name, kind, value }) => `${name} = ${value} (${kind})`,
    ),
    'struct fields': table(
      structs,
      (row) => `${row.struct}.${row.field}`,
      (row) => `${row.struct}.${row.field}: ${row.type}`,
    ),
  };
}

/** @returns {string[]} lines for a person; none when the descriptions do not differ */
export function news(before, after) {
  const [old, now] = [symbolsOf(before), symbolsOf(after)];
  const lines = [];
  const tell = (title, found) => {
    if (found.length > 0) lines.push(`${title} (${found.length}):`, ...found.map((line) => `  ${line}`));
  };
  for (const kind of Object.keys(now)) {
    const all = [...now[kind]];
    tell(
      `new ${kind}`,
      all.filter(([name]) => !old[kind].has(name)).map(([, { line }]) => line),
    );
    // An enum's own row is its first constant, so it changes with that.
    const changed = all.filter(([name, { value }]) => old[kind].has(name) && old[kind].get(name).value !== value);
    tell(
      `changed ${kind}`,
      changed.map(([name, { line }]) => `${line}   was ${old[kind].get(name).value}`),
    );
    const gone = [...old[kind]].filter(([name]) => !now[kind].has(name));
    tell(
      `${kind} that are gone`,
      gone.map(([, { line }]) => line),
    );
  }
  return lines;
}

/** Rows that people have to write before the generated files and the coverage check are right again. */
export function missingRows() {
  const description = readDescription();
  const { functions, callbacks, macros, fieldGroups } = description;
  const names = new Set(readTable('../names.tsv').rows.map((row) => row.c_name));
  const places = ['later.tsv', 'callback-places.tsv'].map((file) => finder(readTable(file).rows));
  const strings = macros.filter(({ kind }) => kind === 'string');
  return [
    ...functions.filter(({ name }) => !names.has(name)).map(({ name }) => `tools/names.tsv: ${name}`),
    ...callbacks
      .filter(({ name }) => places.every((placeOf) => placeOf(name) === undefined))
      .map(({ name }) => `tools/api/callback-places.tsv: ${name}`),
    ...strings
      .filter((macro) => groupOf(macro, fieldGroups) === undefined)
      .map(({ name }) => `tools/api/field-groups.tsv: a prefix of ${name}`),
    ...missingFields(description).map(
      ({ group, field, macro }) => `tools/api/fields.tsv: ${group} ${field} since ${macro.since} (${macro.name})`,
    ),
  ];
}
