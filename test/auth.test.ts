import { once } from 'node:events';
import { inspect } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { Connection, type CredentialPrompt, LibvirtError, type OpenOptions } from '../lib/index.js';
import { native, type virConnectAuth } from '../lib/native.js';
import { runProgram } from './fixtures/faults/run.js';
import { Scratch, failure, failures } from './helpers.js';
import { isSince } from './versions.js';

jest.setTimeout(60_000);

const scratch = new Scratch();
// The test driver asks for the name, and for the password where the user has one.
const uri = scratch.host('<auth><user password="s3cret-of-bob">bob</user><user>guest</user></auth>');
const right = { username: 'bob', password: 's3cret-of-bob' };

const open = async (credentials: OpenOptions['credentials'], options: OpenOptions = {}): Promise<string> => {
  const connection = await Connection.open(uri, { ...options, ...(credentials && { credentials }) });
  const name = await connection.getHostname();
  await connection.close();
  return name;
};
const answers = (prompts: readonly CredentialPrompt[]): string[] =>
  prompts.map(({ type }) => (type === 'passphrase' ? right.password : right.username));

/** Resolves when no thread of the process is in an open any more: idle ones go after some seconds. */
async function whenThreadsAre(count: number): Promise<void> {
  for (const end = performance.now() + 40_000; native.runtime.stats().threads > count;) {
    if (performance.now() > end) throw new Error(`${native.runtime.stats().threads} threads are left`);
    await delay(100);
  }
}

afterAll(() => {
  scratch.remove();
});

describe('misuse', () => {
  it.each([
    [5, 'credentials must be an object or a function but is number'],
    [null, 'credentials must be an object or a function but is null'],
    ['s3cret', 'credentials must be an object or a function but is string'],
    [{ username: 5 }, 'credentials.username must be a string without NUL characters'],
    [{ password: 's3cret\0' }, 'credentials.password must be a string without NUL characters'],
    [{ pasword: 's3cret' }, 'credentials has no pasword'],
  ])('%j', async (credentials, message) => {
    const error = (await failure(Connection.open(uri, { credentials } as never))) as Error;
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(`Connection.open: ${message}`);
    expect(inspect(error)).not.toContain('s3cret');
  });

  it.each([
    ['too few', () => []],
    ['too many', () => ['s3cret', 's3cret']],
    ['a number', () => [5]],
    ['no array', () => 's3cret'],
    ['nothing', () => undefined],
    ['a NUL', () => ['s3cret\0']],
  ])('answers: %s', async (_, credentials) => {
    const error = (await failure(open(credentials as never))) as Error;
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/^virConnectOpenAuth: the callback must give null or an array of 1 string/);
    expect(inspect(error)).not.toContain('s3cret');
  });
});

describe('credentials', () => {
  it('open what asks for them', async () => {
    const host = await open({ username: 'guest' });
    expect(await open(right)).toBe(host);
    expect(await open({ authname: 'bob', passphrase: right.password, username: 'not asked for' })).toBe(host);
    expect(await open(right, { readOnly: true })).toBe(host);
  });

  it('that are wrong, or not there, have the code that libvirt gives', async () => {
    const wrong = { code: 'VIR_ERR_AUTH_FAILED', errno: 45, operation: 'virConnectOpenAuth' };
    expect(await failure(open({ ...right, password: 'wr0ng' }))).toMatchObject(wrong);
    expect(await failure(open({ password: right.password }))).toMatchObject(wrong);
    expect(await failure(open(() => null))).toMatchObject(wrong);
    expect(await failure(open(undefined))).toMatchObject({ code: 'VIR_ERR_INVALID_ARG', operation: 'virConnectOpen' });
  });

  it('are seen nowhere', async () => {
    const connection = await Connection.open(uri, { credentials: right, reconnect: true });
    expect(inspect(connection, { depth: 20, showHidden: true })).not.toContain('s3cret');
    expect(inspect(connection.session, { depth: 20, showHidden: true })).not.toContain('s3cret');
    const careless = uri.replace('test://', 'test://bob:s3cret@');
    await using other = await Connection.open(careless, { credentials: right });
    expect(inspect(other)).toContain('bob:***@');
    expect(inspect(other)).not.toContain('s3cret');
    expect(JSON.stringify(Object.keys(connection))).not.toContain('s3cret');
    await connection.close();
    const error = await failure(open({ ...right, username: 'nobody' }));
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('s3cret');
  });

  it('are asked for with all that libvirt says', async () => {
    const asked: CredentialPrompt[] = [];
    await open((prompts) => {
      asked.push(...prompts);
      return answers(prompts);
    });
    // Seen with 9.0 and with 11.3.
    const challenge = isSince('11.3.0') ? null : 'localhost';
    expect(asked).toEqual([
      { type: 'authname', prompt: expect.stringContaining('name'), challenge: 'localhost', defresult: null },
      { type: 'passphrase', prompt: expect.stringContaining('password'), challenge, defresult: null },
    ]);
  });

  it('may come later, while everything else goes on', async () => {
    const host = await open({ username: 'guest' });
    const later = await open(async (prompts) => {
      await delay(5);
      await using other = await Connection.open('test:///default');
      expect(await other.getHostname()).not.toBe('');
      return answers(prompts);
    });
    expect(later).toBe(host);
  });

  it('may come by any promise', async () => {
    const thenable = (prompts: readonly CredentialPrompt[]): PromiseLike<string[]> => ({
      then: (resolve) => Promise.resolve(answers(prompts)).then(resolve),
    });
    await open(thenable);
  });

  it('are given to fifty at once', async () => {
    const hosts = await Promise.all(
      Array.from({ length: 50 }, () =>
        open(async (prompts) => {
          await delay(Math.random() * 20);
          return answers(prompts);
        }),
      ),
    );
    expect(new Set(hosts).size).toBe(1);
  });
});

describe('a function that is asked', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('mine');
      },
    ],
    ['rejects', () => Promise.reject(new Error('mine'))],
  ])('and %s ends the open with its error', async (_, credentials) => {
    const error = await failure(open(credentials));
    expect(error).toHaveProperty('message', 'mine');
    expect(error).not.toBeInstanceOf(LibvirtError);
  });

  it('may throw anything', async () => {
    for (const value of [5, undefined, null, 'text']) {
      const thrower: virConnectAuth['callback'] = () => {
        throw value as unknown as Error;
      };
      const auth = { credentials: [2, 5], callback: thrower };
      const outcome = await Promise.allSettled([native.virConnectOpenAuth(uri, auth, 0)]);
      expect(outcome).toEqual([{ status: 'rejected', reason: value }]);
    }
  });

  it('and never answers is ended by a signal or a timeout, and holds no thread', async () => {
    const { pending } = native.runtime.stats();
    const aborter = new AbortController();
    const told: AbortSignal[] = [];
    const never: OpenOptions['credentials'] = (_, { signal }) => {
      told.push(signal);
      if (told.length === 8) aborter.abort(new Error('enough'));
      return new Promise<never>(() => undefined);
    };
    const opens = Array.from({ length: 8 }, () => open(never, { signal: aborter.signal }));
    for (const error of await failures(opens)) expect(error).toMatchObject({ code: 'ERR_LIBVIRT_ABANDONED' });
    expect(told.map((signal) => signal.aborted)).toEqual(Array(8).fill(true));
    expect(await failure(open(never, { timeout: 50 }))).toMatchObject({ code: 'ERR_LIBVIRT_TIMEOUT' });
    expect(native.runtime.stats().pending).toBe(pending);
    // The thread that asked is free again.
    const opening = native.virConnectOpenAuth(
      uri,
      {
        credentials: [2, 5],
        callback: () => {
          native.runtime.cancel(call);
          return new Promise<never>(() => undefined);
        },
      },
      0,
    );
    const call = native.runtime.lastCall();
    const returned = native.runtime.returned(call);
    expect(await failure(opening)).toMatchObject({ code: 'ERR_LIBVIRT_ABANDONED' });
    await returned;
  });

  it('and answers too late is not heard', async () => {
    let answer: ((given: string[]) => void) | undefined;
    const late: OpenOptions['credentials'] = () => new Promise<string[]>((resolve) => (answer = resolve));
    expect(await failure(open(late, { timeout: 50 }))).toMatchObject({ code: 'ERR_LIBVIRT_TIMEOUT' });
    answer?.(['bob']);
    expect(await open(right)).not.toBe('');
  });

  it('and never answers does not keep a worker that ends, nor the process', async () => {
    const { threads } = native.runtime.stats();
    const program = require.resolve('./fixtures/health/never.cjs');
    const worker = new Worker(program, { argv: [uri] });
    await once(worker, 'message');
    await worker.terminate();
    await whenThreadsAre(threads);
    const { ms: _, ...ending } = await runProgram('../health/never', [uri, 'exit']);
    expect(ending).toEqual({ code: 7, signal: null, stdout: 'asked\n', stderr: '' });
  });
});
