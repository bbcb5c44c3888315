// The walk-through: set-up, build, and the example run as if it had been started itself.
import { mkdirSync } from 'node:fs';
import Module from 'node:module';
import path from 'node:path';
import { build } from './build.mjs';
import { Stop, main, packageBinary, root, run } from './util.mjs';

await main(import.meta.url, async (args) => {
  await build();
  mkdirSync(path.join(root, 'build/examples'), { recursive: true });
  const tsc = [process.execPath, packageBinary('typescript', 'bin/tsc'), '-p', 'examples/tsconfig.json'];
  if (run(tsc) !== 0) throw new Stop('The examples could not be compiled.');

  // In this process, so that signals and the exit code need no passing on, and Ctrl-C is not delivered twice.
  process.argv = [process.argv[0], path.join(root, 'build/examples/walkthrough.js'), ...args];
  Module.runMain();
});
