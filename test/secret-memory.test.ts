import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, jest } from '@jest/globals';
import { Connection } from '../lib/index.js';
import { Program } from './fixtures/faults/run.js';
import { copies } from './process-memory.js';
import { describeWithTestbed } from './testbed/index.js';

jest.setTimeout(60_000);

describe('the memory of a process', () => {
  const first = 0x5bc6;
  // The end of the secret: malloc writes over the beginning of what is freed.
  const secret = Buffer.from(Array.from({ length: 12 }, (_, i) => String.fromCharCode(first + 288 + i)).join(''));

  async function left(how: string, part = ''): Promise<number> {
    const program = new Program('secrets', [how, first]);
    await program.said('over');
    const count = copies(program.child.pid ?? 0, secret, part);
    program.goOn();
    expect(await program.ending).toMatchObject({ code: 0, stderr: '' });
    return count;
  }

  it('is looked through', async () => {
    expect(await left('nobody')).toBeGreaterThan(0);
  });

  it.each([
    ['setUserPassword', 'password'],
    ['a call that was refused for another argument', 'wrong flags'],
    ['bytes, as setValue takes them', 'bytes'],
  ])('has no secret when the call is over: %s', async (_, how) => {
    expect(await left(how)).toBe(0);
  });

  // libvirt makes texts of parameters for its log, on the thread that calls it. Arguments are taken on the main thread.
  it.each([
    ['setLaunchSecurityState', 'launch security'],
    ['a field that no table knows', 'unknown field'],
  ])('has no secret on the main heap when the call is over: %s', async (_, how) => {
    expect(await left(how, '[heap]')).toBe(0);
  });
});

describeWithTestbed('the memory of a process that gives a value to a daemon', (bed) => {
  it('has no copy of it', async () => {
    await using connection = await Connection.open(bed().uri);
    const { uuid } = await connection.defineSecretXML('<secret/>');
    // Of a value that is too long libvirt takes no copy, so that only the library's own can be found.
    const program = `
      const { Connection } = require(${JSON.stringify(path.join(__dirname, '../dist/index.js'))});
      const { once } = require('node:events');
      (async () => {
        const connection = await Connection.open(process.argv[1]);
        const secret = await connection.lookupSecretByUUID(process.argv[2]);
        const pattern = require('node:crypto').randomBytes(16);
        const value = Buffer.alloc(70_000, pattern);
        console.log(Buffer.from(pattern.map((byte) => ~byte)).toString('hex'));
        await once(process.stdin, 'data');
        const error = await secret.setValue(value).catch((error) => error);
        value.fill(0);
        console.log(error.code);
        await once(process.stdin, 'data');
        await connection.close();
        process.exit();
      })();`;
    const child = spawn(process.execPath, ['-e', program, bed().uri, uuid], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      const next = async (): Promise<string> => String((await lines.next()).value);
      const pattern = Buffer.from(Buffer.from(await next(), 'hex').map((byte) => ~byte));
      const found = (): number => copies(child.pid ?? 0, Buffer.concat([pattern, pattern, pattern, pattern]));
      expect(found()).toBeGreaterThan(0);
      child.stdin.write('\n');
      expect(await next()).toBe('VIR_ERR_RPC');
      expect(found()).toBe(0);
      child.stdin.write('\n');
    } finally {
      child.kill();
    }
  });
});
