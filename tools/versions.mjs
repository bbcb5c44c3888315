// The one binary on the libvirt of several Debian releases, and the sources against the headers of each. For the list before
// a release, not for every change: the systems take 90 s each to make, once, and the suites some minutes in each.
//   node tools/versions.mjs [SYSTEM...]     bullseye bookworm trixie sid, or some of them; the page is written once
//                                      all of them ran, in one go or not, with this binary, this JavaScript and these tests
//     --headers        only compile against the headers
//     --no-headers     do not
//     --binary FILE    the addon to test, in place of the one that ships
//     -- SUITE...      only these suites, for the screen and not for the page
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from './build.mjs';
import { prebuild, prebuilt } from './prebuild.mjs';
import { filesOf, fingerprint, main, root, Stop } from './util.mjs';
import { compileAll } from './versions/compile.mjs';
import { inspect } from './versions/elf.mjs';
import { writePage } from './versions/page.mjs';
import { complaints } from './versions/report.mjs';
import { runIn } from './versions/run.mjs';
import { suites } from './versions/suites.mjs';
import { headersOf, SYSTEMS } from './versions/system.mjs';

const USAGE = `usage: node tools/versions.mjs [--headers | --no-headers] [--binary FILE] [${SYSTEMS.join(' | ')}]... [-- SUITE...]`;

function parse(args) {
  const options = { headers: true, suites: true, binary: undefined, systems: [], only: undefined };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--headers') options.suites = false;
    else if (arg === '--no-headers') options.headers = false;
    else if (arg === '--binary' && existsSync(rest[0] ?? '')) options.binary = realpathSync(rest.shift());
    else if (arg === '--') options.only = rest.splice(0).map((name) => `test/${name}.test.ts`);
    else if (SYSTEMS.includes(arg)) options.systems.push(arg);
    else throw new Stop(USAGE);
  }
  return { ...options, systems: options.systems.length > 0 ? options.systems : SYSTEMS };
}

const kept = (system) => path.join(root, 'build/results', `${system}.json`);

/** All that decides what the suites find. */
const printOf = (binary) =>
  fingerprint([path.relative(root, binary), ...filesOf('dist', 'lib', 'test', 'tools/versions', 'jest.config.cjs')]);

/** The results of every system with this binary and these sources, in one run or several; undefined when one is missing. */
function all(prints) {
  const found = SYSTEMS.map((system) => [
    system,
    existsSync(kept(system)) ? JSON.parse(readFileSync(kept(system))) : {},
  ]);
  const whole = found.every(([, one]) => one.suitesOf === prints.suitesOf && one.headersOf === prints.headersOf);
  return whole ? new Map(found) : undefined;
}

/** Runs what was asked for in a system, and keeps it beside what earlier runs left. */
async function runAndKeep(system, { headers, suites: asked }, binary, prints) {
  const now = {};
  if (headers) Object.assign(now, { headers: await compileAll(headersOf(system)), headersOf: prints.headersOf });
  if (asked) Object.assign(now, await runIn(system, binary, suites()), { suitesOf: prints.suitesOf });
  const before = existsSync(kept(system)) ? JSON.parse(readFileSync(kept(system), 'utf8')) : {};
  mkdirSync(path.dirname(kept(system)), { recursive: true });
  writeFileSync(kept(system), JSON.stringify({ ...before, ...now }));
  return now;
}

await main(import.meta.url, async (args) => {
  const options = parse(args);
  if (options.suites) await build();
  // Without suites, whether those that were run before were of the binary that is there.
  const present = existsSync(prebuilt) ? prebuilt : undefined;
  const binary = options.suites ? (options.binary ?? prebuild()) : present;
  const prints = { headersOf: fingerprint(filesOf('src')), suitesOf: binary && printOf(binary) };
  const wrong = [];
  for (const system of options.systems) {
    const result =
      options.only === undefined
        ? await runAndKeep(system, options, binary, prints)
        : await runIn(system, binary, options.only);
    wrong.push({ system, lines: complaints(result) });
  }
  const whole = options.only === undefined && options.binary === undefined ? all(prints) : undefined;
  if (whole !== undefined) await writePage(whole, inspect(binary));
  const told = wrong.filter(({ lines }) => lines.length > 0);
  for (const { system, lines } of told) console.error(`\n${system}:\n${lines.join('\n')}`);
  if (told.length > 0) throw new Stop('');
});
