// Everything that is generated from libvirt's API description, which is checked in as tools/api/*.tsv.
//   node tools/api.mjs import DIR   distil DIR/libvirt*-api.xml (made by libvirt's own build) into the tables
//   node tools/api.mjs generate     write the generated files
//   node tools/api.mjs check        fail when a generated file is not what generate would write
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { folder, formatTable, groupBy, parseTable, readDescription, readTable } from './api/description.mjs';
import { proposeEnum } from './api/names.mjs';
import { constantsHeader, eventsHeader, functionList, weakHeader } from './api/native.mjs';
import { missingRows, news } from './api/news.mjs';
import { objectFiles } from './api/objects.mjs';
import { fieldsHeader, paramFiles } from './api/params.mjs';
import { constantFiles } from './api/typescript.mjs';
import { main, root, Stop } from './util.mjs';

/** Folders in which every file is generated. */
const GENERATED_FOLDERS = ['src/generated', 'lib/constants', 'lib/params'];

function generatedFiles() {
  const description = readDescription();
  return {
    'src/generated/weak.h': weakHeader(description),
    'src/generated/constants.h': constantsHeader(description),
    'src/generated/events.h': eventsHeader(description),
    'src/generated/functions.tsv': functionList(description),
    'src/generated/fields.h': fieldsHeader(description),
    ...constantFiles(description),
    ...paramFiles(description),
    ...objectFiles(description),
  };
}

/** Files that an earlier description made and the present one does not. */
function leftovers(files) {
  return GENERATED_FOLDERS.filter((place) => existsSync(join(root, place)))
    .flatMap((place) => readdirSync(join(root, place)).map((name) => `${place}/${name}`))
    .filter((file) => !(file in files));
}

function generate() {
  const files = generatedFiles();
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  for (const file of leftovers(files)) rmSync(join(root, file));
}

function check() {
  const files = generatedFiles();
  const stale = Object.entries(files)
    .filter(([file, text]) => !existsSync(join(root, file)) || readFileSync(join(root, file), 'utf8') !== text)
    .map(([file]) => file);
  const wrong = [...stale, ...leftovers(files)];
  if (wrong.length > 0) throw new Stop(`stale: ${wrong.join(', ')}\nrun: node tools/api.mjs generate`);
}

/** Appends a row for each enum that is new; the others stay as they are. */
function completeEnumPrefixes() {
  const { comments, rows } = readTable('enum-prefixes.tsv');
  const known = new Set(rows.map((row) => row.enum));
  const added = [...groupBy(readTable('enums.tsv').rows, (row) => row.enum)]
    .filter(([name]) => !known.has(name))
    .map(([name, constants]) => proposeEnum(name, constants));
  const columns = ['enum', 'prefix', 'kind', 'sentinels'];
  writeFileSync(join(folder, 'enum-prefixes.tsv'), formatTable(comments, columns, [...rows, ...added]));
  for (const { enum: name, prefix, kind } of added) console.log(`new enum, check its row: ${name} ${prefix} ${kind}`);
}

/** The XML parser is a development dependency, and only this command needs it. */
async function importFrom(directory) {
  const { importDescription } = await import('./api/import.mjs');
  for (const [file, text] of Object.entries(importDescription(directory))) {
    const { rows } = parseTable(text);
    writeFileSync(join(folder, file), text);
    console.log(`${file}: ${rows.length} rows`);
  }
  completeEnumPrefixes();
}

/** Told even where generating fails, since what is new is mostly the reason. */
async function update(directory) {
  const before = readDescription();
  await importFrom(directory);
  const after = readDescription();
  const lines = news(before, after);
  console.log(`\nlibvirt ${before.version} -> ${after.version}: ${lines.length === 0 ? 'nothing new' : ''}`);
  for (const line of lines) console.log(line);
  const rows = missingRows();
  if (rows.length > 0) console.log(`rows to write by hand (${rows.length}):\n  ${rows.join('\n  ')}`);
  generate();
  console.log('\nwritten; then bind, build, and see: node tools/coverage.mjs');
}

await main(import.meta.url, async ([command, directory, ...others]) => {
  if (command === 'import' && directory !== undefined && others.length === 0) return importFrom(directory);
  if (command === 'update' && directory !== undefined && others.length === 0) return update(directory);
  if (command === 'generate' && directory === undefined) return generate();
  if (command === 'check' && directory === undefined) return check();
  throw new Stop('usage: node tools/api.mjs update DIR | import DIR | generate | check');
});
