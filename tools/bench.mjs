// Set-up, build, and the benchmark: npm run bench [-- --quick] [--json FILE] [--only TEXT] [--page]
// or, of streams: npm run bench -- --streams [--size MIB] [--rounds N]
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { alone } from './alone.mjs';
import { build, compile } from './build.mjs';
import { filesOf, main, root, run } from './util.mjs';

await main(import.meta.url, async (args) => {
  await build();
  await alone(() => compile('bench/tsconfig.json'));
  // The test bed looks for its scripts beside its own module.
  for (const file of filesOf('test/testbed').filter((name) => !name.endsWith('.ts'))) {
    const copy = path.join(root, 'build/bench', file);
    mkdirSync(path.dirname(copy), { recursive: true });
    copyFileSync(path.join(root, file), copy);
  }
  const [program, rest] = args[0] === '--streams' ? ['streams', args.slice(1)] : ['index', args];
  process.exitCode = run([process.execPath, path.join(root, `build/bench/bench/${program}.js`), ...rest]);
});
