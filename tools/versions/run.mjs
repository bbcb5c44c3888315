/** The suites in one system. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { output, root, seconds, Stop } from '../util.mjs';
import { hostNode, modules, sandbox, script, treeOf } from './system.mjs';

/** The guest that test beds boot. It is a Debian of its own, so one fits every system. */
async function guestOf() {
  const { status, text } = await output(['bash', 'test/testbed/guest.sh']);
  if (status !== 0) throw new Stop(`there is no guest:\n${text}`);
  return text.trim().split('\n').at(-1);
}

/** Runs suites in a system, and reads what inside.sh left. */
export async function runIn(system, binary, files) {
  const results = path.join(root, 'build/results', system);
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const node = hostNode();
  const guest = await guestOf();
  const tree = treeOf(system);
  // In the place of the tree's own, so that the suites find it as users' programs do.
  const built = path.join(root, 'build/Release');
  const over = path.dirname(binary) === built ? [] : [`${path.dirname(binary)}:${built}`];
  const places = [root, modules(), ...over, guest, node];
  const start = performance.now();
  const status = sandbox(tree, places, ['bash', script('inside.sh'), root, node, guest, results, ...files]);
  console.error(`${system}: suites took ${seconds(start)}${status === 0 ? '' : `; the sandbox ended with ${status}`}`);

  const read = (name) => (existsSync(path.join(results, name)) ? readFileSync(path.join(results, name), 'utf8') : '');
  const json = (name) => (read(name) === '' ? undefined : JSON.parse(read(name)));
  const facts = Object.fromEntries(
    [...read('facts').matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  );
  return { ran: true, facts, jest: json('jest.json'), log: path.join(results, 'jest.log') };
}
