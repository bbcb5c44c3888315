/** What others' tools say of the tarball: how it resolves, and whether its types fit what it has. */
import { output, packageBinary } from '../util.mjs';

/** @returns {Promise<{ name: string, ok: boolean, found: string }[]>} */
export async function lintPackage(tarball) {
  const tools = [
    ['publint', packageBinary('publint', 'src/cli.js'), 'run', '--strict', tarball],
    ['attw', packageBinary('@arethetypeswrong/cli', 'dist/index.js'), tarball, '--no-color', '--no-emoji'],
  ];
  return Promise.all(
    tools.map(async ([name, ...args]) => {
      const { status, text } = await output([process.execPath, ...args]);
      return { name, ok: status === 0, found: status === 0 ? 'clean' : text };
    }),
  );
}
