// The one binary on Node.js 20, 22, 24 and the newest, on Bun and on Deno. For the list before a release.
//   node tools/nodes.mjs [RUNTIME...]    node-20 node-22 node-24 node-latest bun deno; the pages are written once all of them ran,
//                                      in one go or not, with the same binary, JavaScript and tests
//     --binary FILE                      the addon to test, in place of the one that ships
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from './build.mjs';
import { prebuild } from './prebuild.mjs';
import { fetchRuntime, RUNTIMES } from './runtimes/fetch.mjs';
import { judge, readKnown, writePages } from './runtimes/page.mjs';
import { runSuites } from './runtimes/suites.mjs';
import { filesOf, fingerprint, main, root, seconds, Stop } from './util.mjs';
import { suites } from './versions/suites.mjs';

const KEYS = RUNTIMES.map(({ key }) => key);

function parse(args) {
  const options = { keys: [], binary: undefined };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--binary' && existsSync(rest[0] ?? '')) options.binary = realpathSync(rest.shift());
    else if (KEYS.includes(arg)) options.keys.push(arg);
    else throw new Stop(`usage: node tools/nodes.mjs [--binary FILE] [${KEYS.join(' | ')}]...`);
  }
  return options;
}

function runOn(runtime, binary) {
  const program = fetchRuntime(runtime);
  const [version] = /\d+\.\d+\.\d+/.exec(spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout) ?? [];
  if (version === undefined) throw new Stop(`${program} does not run`);
  const start = performance.now();
  const result = runSuites([program, ...(runtime.args ?? [])], runtime.key, binary, suites());
  const { passed, left, failed } = result;
  console.error(
    `${runtime.name} (${version}): ${passed} passed, ${failed.length} failed, ${left} left out, ${seconds(start)}`,
  );
  return { ...runtime, ...result, version };
}

const kept = (key) => path.join(root, 'build/results', `${key}.json`);

/** The results of every runtime with this binary and these tests, those of earlier runs too; undefined when one has none. */
function all(print) {
  const found = KEYS.map(kept).map((file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}));
  return found.every((one) => one.print === print) ? found : undefined;
}

await main(import.meta.url, async (args) => {
  const { keys, binary } = parse(args);
  await build();
  const addon = binary ?? prebuild();
  const chosen = RUNTIMES.filter(({ key }) => keys.length === 0 || keys.includes(key));
  const print = fingerprint([path.relative(root, addon), ...filesOf('dist', 'lib', 'test', 'jest.config.cjs')]);
  const results = chosen.map((runtime) => {
    const result = { ...runOn(runtime, addon), print };
    writeFileSync(kept(runtime.key), JSON.stringify(result));
    return result;
  });
  const known = readKnown();
  const whole = all(print);
  if (whole !== undefined && binary === undefined) await writePages(whole, known);
  const { unknown, healed } = judge(results, known);
  for (const { runtime, suite, test } of healed) console.error(`fails no more on ${runtime}: ${suite}: ${test}`);
  for (const { on, suite, test, message } of unknown)
    console.error(`\n${on}: ${suite}: ${test}\n${message.slice(0, 1500)}`);
  if (unknown.length > 0) throw new Stop(`${unknown.length} tests failed for reasons that are not known`);
});
