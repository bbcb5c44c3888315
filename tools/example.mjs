// One of the examples: set-up, build, and the example run as if it had been started itself. npm run example -- NAME [...]
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import Module from 'node:module';
import path from 'node:path';
import { build } from './build.mjs';
import { Stop, main, packageBinary, root, run } from './util.mjs';

const names = () =>
  readdirSync(path.join(root, 'examples'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.basename(file, '.ts'));

/** Builds what the examples need, and gives the file of one of them. */
export async function compiled(name) {
  await build();
  mkdirSync(path.join(root, 'build/examples'), { recursive: true });
  const tsc = [process.execPath, packageBinary('typescript', 'bin/tsc'), '-p', 'examples/tsconfig.json'];
  if (run(tsc) !== 0) throw new Stop('The examples could not be compiled.');
  return path.join(root, 'build/examples', `${name}.js`);
}

/** In this process, so that signals and the exit code need no passing on, and Ctrl-C is not delivered twice. */
export function start(file, args) {
  process.argv = [process.argv[0], file, ...args];
  Module.runMain();
}

await main(import.meta.url, async ([name, ...args]) => {
  if (name === undefined || !existsSync(path.join(root, 'examples', `${name}.ts`))) {
    throw new Stop(`usage: npm run example -- NAME [...], where NAME is one of: ${names().join(' ')}`);
  }
  start(await compiled(name), args);
});
