/** The results on the runtimes: the table in the README, and docs/runtimes.md with what fails where and why. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { root } from '../util.mjs';

/** What is known to fail: `runtime \t suite \t start of the test's name \t reason`. */
export function readKnown() {
  const rows = readFileSync(path.join(root, 'tools/runtimes/known.tsv'), 'utf8').split('\n');
  return rows
    .filter((row) => row !== '' && !row.startsWith('#'))
    .map((row) => {
      const [runtime, suite, test, reason] = row.split('\t');
      return { runtime, suite, test, reason };
    });
}

const fits = (known, { key }, failed) =>
  known.runtime === key && known.suite === failed.suite && failed.test.startsWith(known.test);

/** @returns {{ unknown: object[], healed: object[] }} failures without a reason, and reasons without a failure */
export function judge(results, known) {
  const unknown = results.flatMap((one) =>
    one.failed
      .filter((failed) => !known.some((row) => fits(row, one, failed)))
      .map((failed) => ({ ...failed, on: one.name })),
  );
  const healed = known.filter((row) => {
    const one = results.find(({ key }) => key === row.runtime);
    return one !== undefined && !one.failed.some((failed) => fits(row, one, failed));
  });
  return { unknown, healed };
}

const table = (rows) => rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');

function tableOf(results, why) {
  const rows = results.map(({ name, version, passed, failed }) => [
    `${name.replace(/[ ,].*/, '')} ${version}`,
    `${passed} passed`,
    failed.length === 0 ? 'none' : `${failed.length} (${why})`,
  ]);
  return table([['runtime', 'tests of `test:///default`', 'failed'], ['---', '---', '---'], ...rows]);
}

async function write(file, text) {
  const full = path.join(root, file);
  writeFileSync(full, await format(text, { ...(await resolveConfig(full)), filepath: full }));
}

const MARKS = /(<!-- runtimes: made by npm run test:nodes -->\n)[^]*?(<!-- \/runtimes -->)/;

export async function writePages(results, known) {
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
  if (!MARKS.test(readme)) throw new Error('README.md has no place for the table of runtimes');
  const inReadme = tableOf(results, '[why](docs/runtimes.md)');
  await write(
    'README.md',
    readme.replace(MARKS, (_, start, end) => `${start}\n${inReadme}\n\n${end}`),
  );

  const sections = results
    .filter(({ failed }) => failed.length > 0)
    .map(({ name, key, failed }) => {
      const rows = failed.map((one) => [
        one.suite,
        one.test.replaceAll('|', '\\|'),
        known.find((row) => fits(row, { key }, one))?.reason ?? '**not known yet**',
      ]);
      return `## What fails on ${name}\n\n${table([['suite', 'test', 'reason'], ['---', '---', '---'], ...rows])}`;
    });
  const text = [
    '# Runtimes',
    'One binary, compiled once, and the suites that libvirt’s test driver serves, on each. Made by `npm run test:nodes` before a release; not by hand.',
    tableOf(results, 'below'),
    'The library is made for Node.js. On Bun and Deno it is tried, with the same suites under the same jest; nothing is done to make it fit them.',
    ...sections,
    '',
  ].join('\n\n');
  await write('docs/runtimes.md', text);
}
