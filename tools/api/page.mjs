/** The page that shows the account: docs/coverage.md. */
import { groupBy, versionNumber } from './description.mjs';
import { isBufferSize, NOT_THERE } from './account.mjs';

const code = (text) => `\`${text}\``;
const list = (names) => names.map(code).join(', ');

/** Laid out as the formatter would; it takes seconds for a page of this size. */
function table(head, rows) {
  const lines = [head, ...rows].map((cells) => cells.map(String));
  const widths = head.map((_, column) => Math.max(3, ...lines.map((cells) => cells[column].length)));
  const [first, ...rest] = lines.map((cells) => `| ${cells.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`);
  return [first, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rest].join('\n');
}

const newest = (rows) => rows.map(({ since }) => since).sort((a, b) => versionNumber(b) - versionNumber(a))[0];
const plural = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;

const place = ({ facade, kind, method }) =>
  kind === 'stream'
    ? 'streams of Node.js'
    : method
      ? `[${code(facade)}](../${method.file})`
      : `**${facade} is missing**`;

const NOTE = {
  event: 'event',
  job: 'gives a job',
  static: 'static',
  'sync-property': 'property',
};

function summary({ functions, callbacks, enums, macros, problems }) {
  const count = (status) => functions.filter((row) => row.status === status).length;
  const constants = enums.flatMap(({ real }) => real);
  const counters = enums.flatMap(({ ends }) => ends);
  const strings = macros.filter(({ kind }) => kind === 'string');
  const sizes = macros.filter(isBufferSize);
  const later = callbacks.filter((row) => row.later).length;
  const wrong = (names) => problems.constants.filter((line) => names.has(line.split(' ', 1)[0])).length;
  const lost = wrong(new Set(constants.map(({ constant }) => constant)));
  const lostStrings = wrong(new Set(strings.map(({ name }) => name)));
  return table(
    ['', 'of libvirt', 'here', 'later', 'not exposed', 'unaccounted for'],
    [
      [
        'functions',
        functions.length,
        count('bound') + count('kept'),
        count('later'),
        count('plumbing'),
        count('unaccounted'),
      ],
      [
        'callback types',
        callbacks.length,
        callbacks.filter(({ place: at }) => at && at.facade !== '-').length,
        later,
        callbacks.filter(({ place: at }) => at?.facade === '-').length,
        callbacks.filter(({ later: at, place: where }) => !at && !where).length,
      ],
      ['enum constants', constants.length + counters.length, constants.length - lost, 0, counters.length, lost],
      ['string macros', strings.length, strings.length - lostStrings, 0, 0, lostStrings],
      [
        'other macros',
        macros.length - strings.length,
        macros.length - strings.length - sizes.length,
        0,
        sizes.length,
        0,
      ],
    ],
  );
}

function functionTables(functions) {
  const listed = functions.filter(({ status }) => ['bound', 'kept', 'unaccounted'].includes(status));
  return [...groupBy(listed, ({ header }) => header)].flatMap(([header, rows]) => [
    `### ${header}`,
    table(
      ['raw', 'facade', 'since', ''],
      rows.map((row) =>
        row.status === 'unaccounted'
          ? [code(row.name), '**unaccounted for**', row.since, '']
          : [
              code(row.name),
              place(row),
              row.since,
              row.status === 'kept' ? 'property, not raw: C is not called' : (NOTE[row.kind] ?? ''),
            ],
      ),
    ),
  ]);
}

function absent({ functions, callbacks }) {
  const byKind = groupBy(
    functions.filter(({ status }) => status === 'plumbing'),
    ({ kind }) => kind,
  );
  const waiting = groupBy(
    [...functions.filter(({ status }) => status === 'later'), ...callbacks.filter((row) => row.later)],
    ({ later }) => later.reason,
  );
  return [
    ...(waiting.size === 0 ? [] : ['## Not yet']),
    ...[...waiting].map(
      ([reason, rows]) => `**What ${reason}** (${rows.length}): ${list(rows.map(({ name }) => name))}.`,
    ),
    '## Not exposed',
    ...[...byKind].map(
      ([kind, rows]) => `**${NOT_THERE[kind]}** (${rows.length}) ${list(rows.map(({ name }) => name))}.`,
    ),
  ];
}

const callbackTable = (callbacks) =>
  table(
    ['type', 'since', 'where it is'],
    callbacks.map(({ name, since, later, place: at }) => {
      const where = later?.reason ?? (at?.facade === '-' ? at.reason : at && code(at.facade));
      return [code(name), since, where ?? '**unaccounted for**'];
    }),
  );

const constantTable = (rows) =>
  table(
    ['raw', 'facade', 'since'],
    rows.map(({ name, object, member, found, since }) => [
      code(name),
      found ? code(`${object}.${member}`) : '**unaccounted for**',
      since,
    ]),
  );

/** The constants of one object, folded away: libvirt has more than anybody reads at once. */
function folded(name, object, rows, facade) {
  const file = facade.constants.get(object)?.file;
  const where = file === undefined ? '**is missing**' : `is in [${file}](../${file})`;
  return [
    `<details>\n<summary><code>${name}</code> (${rows.length}, the newest of ${newest(rows)})</summary>`,
    `${code(object)} ${where}.`,
    constantTable(rows),
    '</details>',
  ];
}

function enumTables({ enums, facade }) {
  const byHeader = groupBy(
    enums.filter(({ real }) => real.length > 0),
    ({ real }) => real[0].header,
  );
  return [...byHeader].flatMap(([header, group]) => [
    `### Constants of ${header}`,
    ...group.flatMap(({ name, object, real }) => {
      const rows = real.map((row) => ({ ...row, name: row.constant }));
      return folded(name, object, rows, facade);
    }),
  ]);
}

function constantTables({ enums, macros, facade }) {
  const counters = enums.flatMap(({ ends }) => ends.map(({ constant }) => constant));
  const strings = groupBy(
    macros.filter(({ kind }) => kind === 'string'),
    ({ object }) => object,
  );
  const others = macros.filter((macro) => macro.kind !== 'string' && !isBufferSize(macro));
  return [
    '## Constants',
    'A constant is a member of the object that is named after its enum, under C’s name without the prefix that the enum’s names share.',
    ...enumTables({ enums, facade }),
    '### Counters',
    `${plural(counters.length, 'counter')} at the end of enums grow with every libvirt, so they are left out: ${list(counters)}.`,
    '## Names of typed parameters',
    'The string macros of C.',
    ...[...strings].flatMap(([object, rows]) => folded(object, object, rows, facade)),
    '## Numbers',
    constantTable(others),
    `Left out, as they only size C’s buffers: ${list(macros.filter(isBufferSize).map(({ name }) => name))}.`,
  ];
}

/** @returns {string} Markdown */
export function coveragePage(result) {
  const parts = [
    '# Coverage',
    `Every public symbol of libvirt ${result.version} (libvirt, libvirt-qemu, libvirt-lxc, libvirt-admin), and where it is. Made by \`node tools/coverage.mjs\` from libvirt’s API description, the table of the built addon, \`tools/names.tsv\` and the sources of the facade; a test fails when anything is unaccounted for.`,
    summary(result),
    '## Functions',
    'The raw name is the function’s name in `libvirt-napi/native`. Several C functions with one method are older and newer variants of one operation.',
    ...functionTables(result.functions),
    ...absent(result),
    '## Callback types',
    callbackTable(result.callbacks),
    ...constantTables(result),
  ];
  return `${parts.join('\n\n')}\n`;
}
