// A million calls, and a hundred thousand events, with flat memory; then a daemon that is killed under load:
// npm run soak [-- --calls N]
import path from 'node:path';
import { build } from './build.mjs';
import { Stop, main, root, run } from './util.mjs';

/** @param {string[]} args */
function callsOf(args) {
  if (args.length === 0) return 1_000_000;
  const [option, value, ...more] = args;
  const calls = Number(value);
  if (option !== '--calls' || more.length > 0 || !Number.isInteger(calls) || calls < 10_000) {
    throw new Stop('npm run soak [-- --calls N]: N is 10,000 or more; a million when it is left out');
  }
  return calls;
}

await main(import.meta.url, async (args) => {
  const calls = callsOf(args);
  await build();
  // What grows by itself is held down, so that what is left can be judged: V8 doubles its young generation a few times,
  // and every new thread may get an arena of malloc's.
  const steady = ['--expose-gc', '--min-semi-space-size=4', '--max-semi-space-size=4'];
  const env = { ...process.env, MALLOC_ARENA_MAX: '2' };
  const soak = (name, count) =>
    run([process.execPath, ...steady, path.join(root, 'bench/soak', `${name}.cjs`), String(count)], { env });
  const jest = path.join(root, 'node_modules/jest/bin/jest.js');
  // As in CI a machine that cannot run it fails; and it is a daemon of the suite's own that is killed.
  const restarting = { ...process.env, CI: 'true', LIBVIRT_NAPI_RESTARTS: '50' };
  delete restarting.LIBVIRT_TEST_URI;
  const restarts = () => run([process.execPath, jest, 'test/libvirtd-reconnect.test.ts'], { env: restarting });
  const codes = [soak('run', calls), soak('events', 100_000), restarts()];
  process.exitCode = codes.find((code) => code !== 0) ?? 0;
});
