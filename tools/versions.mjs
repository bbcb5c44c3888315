// The one binary on the libvirt of several Debian releases, and the sources against the headers of each. For the list before
// a release, not for every change: the systems take 90 s each to make, once, and the suites a minute or more in each.
//   node tools/versions.mjs [SYSTEM...]     bullseye bookworm trixie sid, or some of them; the page is written when all ran
//     --headers        only compile against the headers
//     --no-headers     do not
//     --binary FILE    the addon to test, in place of the one that ships
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from './build.mjs';
import { prebuild } from './prebuild.mjs';
import { main, root, seconds, Stop } from './util.mjs';
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

await main(import.meta.url, async (args) => {
  const options = parse(args);
  const results = new Map(options.systems.map((system) => [system, {}]));
  if (options.headers) {
    for (const [system, result] of results) result.headers = await compileAll(headersOf(system));
  }
  if (options.suites) {
    await build();
    const binary = options.binary ?? prebuild();
    for (const [system, result] of results) Object.assign(result, runIn(system, binary));
    // A page of some systems would hide what was known of the others.
    if (SYSTEMS.every((system) => results.has(system)) && options.headers) {
      await writePage(results, options.binary === undefined ? inspect(binary) : undefined);
    }
  }
  const wrong = [...results].map(([system, result]) => ({ system, lines: complaints(result) }));
  for (const { system, lines } of wrong.filter((one) => one.lines.length > 0)) {
    console.error(`\n${system}:\n${lines.join('\n')}`);
  }
  if (wrong.some(({ lines }) => lines.length > 0)) throw new Stop('');
});
