import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Connection } from '../lib/index.js';
import { removeMachines } from './libvirtd-helpers.js';
import { Listener } from './libvirtd-streams-helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';
import { childrenOf, collect, suspendProcess } from './testbed/process.js';

jest.setTimeout(180_000);

const root = path.join(__dirname, '..');
const example = path.join(root, 'build/examples/console.js');
const run = (...args: string[]) => collect(spawn(process.execPath, args, { stdio: 'pipe' }), 'the example', 120_000);
const refusal = { code: 1, stderr: expect.stringMatching(/^usage: console /) };

// Compiles it; further runs need not.
beforeAll(async () => {
  expect(await run(path.join(root, 'tools/example.mjs'), 'console')).toMatchObject(refusal);
}, 120_000);

describe('the console example', () => {
  it('is short', () => {
    expect(readFileSync(path.join(root, 'examples/console.ts'), 'utf8').split('\n').length).toBeLessThan(150);
  });

  it.each([[['-e', '^', 'pc']], [['-e', '', 'pc']], [['-e', 'ab', 'pc']]])('says how it is used: %j', async (args) => {
    expect(await run(example, '-c', 'test:///default', ...args)).toMatchObject(refusal);
  });
});

describeWithTestbed('the console example at a terminal', (bed) => {
  let connection: Connection;
  beforeEach(async () => {
    connection = await Connection.open(bed().uri);
  });
  afterEach(async () => {
    await removeMachines(connection);
    await connection.close();
  });

  /** A pseudo-terminal of its own, as a person has; how it ended and how it left the terminal is printed at the end. */
  const atTerminal = () => {
    const command = `'${process.execPath}' '${example}' -c '${bed().uri}' pc; echo "status $?"; stty -a`;
    const terminal = spawn('script', ['-q', '-c', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    return { terminal, listener: new Listener(terminal.stdout), exited: once(terminal, 'exit') };
  };

  it('joins it to a machine, until the escape character', async () => {
    const guest = await bed().guest();
    const domain = await connection.createDomainXML(guestXML({ name: 'pc', guest }));
    const watching = await domain.openConsole();
    await new Listener(watching).hears(/GUEST-READY/);
    watching.destroy();
    await once(watching, 'close');
    const { terminal, listener, exited } = atTerminal();
    await listener.hears(/Connected to pc\. Leave with \^\]/);
    terminal.stdin.write('from a keyboard\r');
    await listener.hears(/echo:from a keyboard/);
    // What would interrupt a program goes to the guest.
    terminal.stdin.write('\x03and on\r');
    await listener.hears(/echo:.*and on/);
    terminal.stdin.write('\x1d');
    await listener.hears(/Disconnected/);
    await listener.hears(/status 0\r\n[^]* icanon/);
    await exited;
  });

  it('is left by the escape character when the guest takes nothing', async () => {
    await connection.createDomainXML(guestXML({ name: 'pc', memoryMiB: 64 }));
    const pid = bed().qemuPid('pc');
    await suspendProcess(pid);
    const { terminal, listener, exited } = atTerminal();
    await listener.hears(/Connected to pc/);
    // Much more than all that is on the way to the guest has room for. The bell tells whoever types.
    const keys = Buffer.alloc(4096, 'k');
    const type = async (): Promise<boolean> => {
      if (!terminal.stdin.write(keys)) await once(terminal.stdin, 'drain');
      await new Promise(setImmediate);
      return false;
    };
    // eslint-disable-next-line no-control-regex
    const rung = listener.hears(/\x07/).then(() => true);
    while (!(await Promise.race([rung, type()])));
    terminal.stdin.write('\x1d');
    await listener.hears(/Disconnected/);
    await listener.hears(/status 0\r\n[^]* icanon/);
    await exited;
    process.kill(pid, 'SIGCONT');
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('gives the terminal back when %s ends it', async (signal, status) => {
    await connection.createDomainXML(guestXML({ name: 'pc', memoryMiB: 64 }));
    const { terminal, listener, exited } = atTerminal();
    await listener.hears(/Connected to pc/);
    // Below script and its shell.
    const below = (pid: number): number[] => childrenOf(pid).flatMap((child) => [child, ...below(child)]);
    const last = below(terminal.pid ?? 0).at(-1) ?? 0;
    process.kill(last, signal);
    await listener.hears(new RegExp(`status ${status}\r\n[^]* icanon`));
    await exited;
  });
});
