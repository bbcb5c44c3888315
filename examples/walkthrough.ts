// A walk through networks and machines: npm run demo [-- [--read-only] URI]
//
// The chapters are in story/, which prints. What they call is in steps/: a few lines each, to be copied.
import { parseArgs } from 'node:util';
import { ConnectionUri } from 'libvirt-napi';
import { connection } from './story/connection.js';
import { lab } from './story/lab.js';
import { machines } from './story/machines.js';
import { networks } from './story/networks.js';
import { oneMachine } from './story/one-machine.js';
import { tell } from './story/story.js';
import { failure } from './support/terminal.js';

async function main(): Promise<number> {
  let readOnly: boolean;
  let uri: string;
  try {
    const { values, positionals } = parseArgs({
      options: { 'read-only': { type: 'boolean' } },
      allowPositionals: true,
    });
    if (positionals.length > 1) throw new Error('One URI at a time.');
    readOnly = values['read-only'] ?? false;
    uri = positionals[0] ?? 'test:///default';
  } catch (error) {
    failure(`${error instanceof Error ? error.message : String(error)}\nUsage: npm run demo [-- [--read-only] URI]`);
    return 1;
  }
  return tell(ConnectionUri.parse(uri), [connection, networks, machines, oneMachine, lab], readOnly);
}

void main().then((code) => {
  process.exitCode = code;
});
