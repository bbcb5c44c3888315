// The one binary on the libvirt of several Debian releases, and the sources against the headers of each. For the list before
// a release, not for every change: the systems take 90 s each to make, once, and the suites a minute or more in each.
//   node tools/versions.mjs [SYSTEM...]     bullseye bookworm trixie sid, or some of them; the page is written once
//                                      all of them ran, in one go or not, with this binary and these sources
//     --headers        only compile against the headers
//     --no-headers     do not
//     --binary FILE    the addon to test, in place of the one that ships
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from './build.mjs';
import { prebuild } from './prebuild.mjs';
import { filesOf, fingerprint, main, root, seconds, Stop } from './util.mjs';
import { compileAll } from './versions/compile.mjs';
import { inspect } from './versions/elf.mjs';
import { writePage } from './versions/page.mjs';
import { complaints } from './versions/report.mjs';
import { suites } from './versions/suites.mjs';
import { headersOf, hostNode, modules, sandbox, script, SYSTEMS, treeOf } from './versions/system.mjs';

const USAGE = `usage: node tools/versions.mjs [--headers | --no-headers] [--binary FILE] [${SYSTEMS.join(' | ')}]...`;

/** Runs the suites in a system, and reads what inside.sh left. */
function runIn(system, binary) {
  const results = path.join(root, 'build/results', system);
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const start = performance.now();
  const node = hostNode();
  const inside = ['bash', script('inside.sh'), root, node, results, ...suites()];
  // In the place of the tree's own, so that the suites find it as users' programs do.
  const built = path.join(root, 'build/Release');
  const over = path.dirname(binary) === built ? [] : [`${path.dirname(binary)}:${built}`];
  const places = [root, modules(), ...over, results, node];
  const status = sandbox(treeOf(system), places, inside);
  console.error(`${system}: suites took ${seconds(start)}${status === 0 ? '' : `; the sandbox ended with ${status}`}`);

  const read = (name) => (existsSync(path.join(results, name)) ? readFileSync(path.join(results, name), 'utf8') : '');
  const json = (name) => (read(name) === '' ? undefined : JSON.parse(read(name)));
  const facts = Object.fromEntries(
    [...read('facts').matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  );
  return { ran: true, facts, jest: json('jest.json'), steps: json('daemon.json'), log: path.join(results, 'jest.log') };
}

function parse(args) {
  const options = { headers: true, suites: true, binary: undefined, systems: [] };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--headers') options.suites = false;
    else if (arg === '--no-headers') options.headers = false;
    else if (arg === '--binary' && existsSync(rest[0] ?? '')) options.binary = realpathSync(rest.shift());
    else if (SYSTEMS.includes(arg)) options.systems.push(arg);
    else throw new Stop(USAGE);
  }
  return { ...options, systems: options.systems.length > 0 ? options.systems : SYSTEMS };
}

const kept = (system) => path.join(root, 'build/results', `${system}.json`);

/** The results of every system with this binary and these sources, in one run or several; undefined when one is missing. */
function all(prints) {
  const found = SYSTEMS.map((system) => [
    system,
    existsSync(kept(system)) ? JSON.parse(readFileSync(kept(system))) : {},
  ]);
  const whole = found.every(([, one]) => one.suitesOf === prints.suitesOf && one.headersOf === prints.headersOf);
  return whole ? new Map(found) : undefined;
}

await main(import.meta.url, async (args) => {
  const options = parse(args);
  if (options.suites) await build();
  const binary = options.suites ? (options.binary ?? prebuild()) : undefined;
  const prints = {
    headersOf: fingerprint(filesOf('src')),
    suitesOf: binary === undefined ? undefined : fingerprint([path.relative(root, binary)]),
  };
  mkdirSync(path.dirname(kept('any')), { recursive: true });
  const wrong = [];
  for (const system of options.systems) {
    const before = existsSync(kept(system)) ? JSON.parse(readFileSync(kept(system), 'utf8')) : {};
    const now = {};
    if (options.headers) {
      Object.assign(now, { headers: await compileAll(headersOf(system)), headersOf: prints.headersOf });
    }
    if (binary !== undefined) Object.assign(now, runIn(system, binary), { suitesOf: prints.suitesOf });
    writeFileSync(kept(system), JSON.stringify({ ...before, ...now }));
    wrong.push({ system, lines: complaints(now) });
  }
  const whole = all(prints);
  if (whole !== undefined && options.binary === undefined) await writePage(whole, inspect(binary));
  const told = wrong.filter(({ lines }) => lines.length > 0);
  for (const { system, lines } of told) console.error(`\n${system}:\n${lines.join('\n')}`);
  if (told.length > 0) throw new Stop('');
});
