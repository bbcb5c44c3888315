// The package as users get it: packed with the binary that ships, looked at, and used on Debian systems that have libvirt's library
// and Node.js and nothing else. Leaves the tarball that was tested, which is the one to publish. Needs Linux, root, and the
// systems (a minute each, once). For the list before a release; test/package.test.ts does the quick part here.
//   node tools/package.mjs [--no-build] [SYSTEM...]    --no-build: without making the addon from the tarball (some minutes)
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from './build.mjs';
import { lintPackage } from './package/lint.mjs';
import { npmProgram, pack } from './package/pack.mjs';
import { prebuild } from './prebuild.mjs';
import { Stop, flags, main, root, seconds } from './util.mjs';
import { bareOf, hostNode, modules, sandbox, SYSTEMS, treeOf } from './versions/system.mjs';

const MOST = 2e6;

/** Uses the package in a private copy of a system, bare or whole. */
function checkIn(tree, kind, folder, { tarball, others }) {
  const npm = npmProgram();
  const node = hostNode();
  const out = path.join(folder, 'steps.json');
  rmSync(out, { force: true });
  const scripts = path.join(root, 'tools/package');
  const places = [folder, scripts, modules(), path.dirname(path.dirname(npm)), node];
  // Nothing of the developer's environment either.
  const clean = ['env', '-i', 'HOME=/root', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin'];
  const check = [npm, modules(), ...(kind === 'whole' ? ['--build'] : []), tarball, ...others];
  const status = sandbox(tree, places, [...clean, 'bash', path.join(scripts, 'inside.sh'), node, out, kind, ...check]);
  if (status !== 0 || !existsSync(out)) return [{ name: 'the check', ok: false, found: `ended with ${status}` }];
  return JSON.parse(readFileSync(out, 'utf8'));
}

function tell(where, steps, start) {
  const wrong = steps.filter(({ ok }) => !ok);
  console.log(`${wrong.length === 0 ? 'ok    ' : 'FAILED'} ${where}: ${steps.length} steps (${seconds(start)})`);
  for (const { name, found } of wrong) console.log(`  ${name}: ${found}`);
  return wrong.length === 0;
}

await main(import.meta.url, async (args) => {
  const given = flags(args, ['--no-build', ...SYSTEMS]);
  await build();
  const folder = path.join(root, 'build/package');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const packed = pack(prebuild(), folder);
  const small = { name: 'under 2 MB', ok: packed.size < MOST, found: `${packed.size} bytes` };

  const began = performance.now();
  const results = [tell('the tarball', [small, ...(await lintPackage(packed.tarball))], began)];
  const chosen = SYSTEMS.filter((system) => given.has(system));
  for (const system of chosen.length > 0 ? chosen : SYSTEMS) {
    const tree = bareOf(system);
    const start = performance.now();
    results.push(tell(`${system}, no compiler`, checkIn(tree, 'bare', folder, packed), start));
  }
  if (!given.has('--no-build')) {
    const newest = SYSTEMS.at(-1);
    const tree = treeOf(newest);
    const start = performance.now();
    results.push(tell(`${newest}, compiled from the tarball`, checkIn(tree, 'whole', folder, packed), start));
  }
  if (results.includes(false)) throw new Stop('The package is not fit to be published.');
  // Only what has been through everything may be taken for what is to be published.
  if (given.size > 0) return;
  const file = path.join(root, path.basename(packed.tarball));
  copyFileSync(packed.tarball, file);
  console.log(
    `${path.basename(file)}: ${(packed.size / 1e6).toFixed(2)} MB; publish it with: npm publish ./${path.basename(file)}`,
  );
});
