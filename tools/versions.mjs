// The one binary on the libvirt of several Debian releases, and the sources against the headers of each. For the list before
// a release, not for every change: the systems take 90 s each to make, once, and the suites a minute or more in each.
//   node tools/versions.mjs [SYSTEM...]     bullseye bookworm trixie sid, or some of them
//     --headers        only compile against the headers
//     --no-headers     do not
//     --binary FILE    the addon to test, in place of the one that the oldest system compiles
import { existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { build } from './build.mjs';
import { main, root, run, seconds, Stop } from './util.mjs';
import { compileAll } from './versions/compile.mjs';
import { writePage } from './versions/page.mjs';
import { complaints } from './versions/report.mjs';
import { hostNode, oldestBinary, sandbox } from './versions/system.mjs';

/** The systems from the oldest to the newest; the oldest compiles the binary. */
const SYSTEMS = ['bullseye', 'bookworm', 'trixie', 'sid'];
const USAGE = `usage: node tools/versions.mjs [--headers | --no-headers] [--binary FILE] [${SYSTEMS.join(' | ')}]...`;

/** Suites about this repository and its tools, not about the library. */
const ABOUT_THE_REPOSITORY =
  /^(api|bench|coverage|demo|guides|links|readme|setup|testbed|types|examples?|libvirtd-demo)\.test\.ts$/;

const cache = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'libvirt-napi/versions');
const script = (name) => path.join(root, 'tools/versions', name);

/** Has one of the scripts make a thing of a system, unless it is there. */
function made(name, system, out) {
  const place = path.join(cache, out);
  if (existsSync(place)) return place;
  const start = performance.now();
  if (run(['bash', script(name), system, place]) !== 0) throw new Stop(`${name} ${system} failed; see above`);
  console.error(`${system}: ${name} took ${seconds(start)}`);
  return place;
}

const headersOf = (system) => made('headers.sh', system, `headers-${system}`);
const treeOf = (system) => made('tree.sh', system, system);

const suites = () =>
  readdirSync(path.join(root, 'test'))
    .filter((name) => name.endsWith('.test.ts') && !ABOUT_THE_REPOSITORY.test(name))
    .map((name) => `test/${name}`);

/** Runs the suites in a system, and reads what inside.sh left. */
function runIn(system, binary) {
  const results = path.join(cache, `results-${system}`);
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const start = performance.now();
  const node = hostNode(cache);
  const inside = ['bash', script('inside.sh'), root, node, results, ...suites()];
  // In the place of the tree's own, so that the suites find it as users' programs do.
  const built = path.join(root, 'build/Release');
  const places = [root, ...(path.dirname(binary) === built ? [] : [`${path.dirname(binary)}:${built}`]), results, node];
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
  mkdirSync(cache, { recursive: true });
  const results = new Map(options.systems.map((system) => [system, {}]));
  if (options.headers) {
    for (const [system, result] of results) result.headers = await compileAll(headersOf(system));
  }
  if (options.suites) {
    await build();
    const binary = options.binary ?? oldestBinary(cache, () => treeOf(SYSTEMS[0]));
    for (const [system, result] of results) Object.assign(result, runIn(system, binary));
    await writePage(results, options.binary === undefined);
  }
  const wrong = [...results].map(([system, result]) => ({ system, lines: complaints(result) }));
  for (const { system, lines } of wrong.filter((one) => one.lines.length > 0)) {
    console.error(`\n${system}:\n${lines.join('\n')}`);
  }
  if (wrong.some(({ lines }) => lines.length > 0)) throw new Stop('');
});
