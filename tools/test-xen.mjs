// The tests on a real Xen host, which is built once (some minutes) and then booted under emulation (half a minute). Not part of `npm test`.
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { build } from './build.mjs';
import { Stop, flags, main, packageBinary, root, run, seconds } from './util.mjs';

await main(import.meta.url, async (args) => {
  flags(args, []);
  await build();
  const start = performance.now();
  const { status, stdout } = spawnSync('bash', [path.join(root, 'tools/xen/build.sh')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Stop('The Xen host could not be built.');
  const jest = [process.execPath, packageBinary('jest', 'bin/jest.js'), '--testMatch', '**/test/xen/*.suite.ts'];
  process.exitCode = run(jest, { env: { ...process.env, LIBVIRT_NAPI_XEN: stdout.trim() } });
  console.error(`xen: ${seconds(start)}`);
});
