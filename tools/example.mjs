// One of the examples: set-up, build, and the example run as if it had been started itself. npm run example -- NAME [...]
import { existsSync, readdirSync } from 'node:fs';
import Module from 'node:module';
import path from 'node:path';
import { alone } from './alone.mjs';
import { build, compile } from './build.mjs';
import { Stop, main, root } from './util.mjs';

const names = () =>
  readdirSync(path.join(root, 'examples'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.basename(file, '.ts'));

/** Builds what the examples need, and gives the file of one of them. */
export async function compiled(name) {
  await build();
  await alone(() => compile('examples/tsconfig.json'));
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
