import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Connection, ErrorDomain, ErrorLevel, ErrorNumber, LibvirtError } from '../lib/index.js';
import { FakeDaemon, type RemoteError } from './fake-daemon.js';
import { Scratch, failure } from './helpers.js';

const scratch = new Scratch();
let daemon: FakeDaemon;
let remote: Connection;
let local: Connection;

beforeAll(async () => {
  daemon = await FakeDaemon.start(scratch.file('daemon'));
  remote = await Connection.open(daemon.uri);
  local = await Connection.open('test:///default');
});
afterAll(async () => {
  await Promise.all([remote.close(), local.close()]);
  await daemon.stop();
  scratch.remove();
});

const answer: RemoteError = {
  code: ErrorNumber.AGENT_UNRESPONSIVE,
  domain: ErrorDomain.QEMU,
  message: 'Größe: 机器 😀',
  str1: 'one %s',
  str2: 'two',
  str3: null,
  int1: 2 ** 31 - 1,
  int2: -(2 ** 31),
};

describe('a LibvirtError', () => {
  it('has all that the daemon said', async () => {
    daemon.refuse('getNodeInfo', answer);
    const error = await failure(remote.getNodeInfo());
    expect(error).toBeInstanceOf(LibvirtError);
    expect(error).toBeInstanceOf(Error);
    const { name, message, code, errno, domain, level, operation, str1, str2, str3, int1, int2, hints } =
      error as LibvirtError;
    expect({ name, message, code, errno, domain, level, operation, str1, str2, str3, int1, int2, hints }).toEqual({
      name: 'LibvirtError',
      message: answer.message,
      code: 'VIR_ERR_AGENT_UNRESPONSIVE',
      errno: answer.code,
      domain: answer.domain,
      level: ErrorLevel.ERROR,
      operation: 'virNodeGetInfo',
      str1: 'one %s',
      str2: 'two',
      str3: null,
      int1: answer.int1,
      int2: answer.int2,
      hints: [],
    });
  });

  it('has a code for a number that is newer than the package', async () => {
    daemon.refuse('getNodeInfo', { ...answer, code: 9999 });
    expect(await failure(remote.getNodeInfo())).toMatchObject({ code: 'VIR_ERR_9999', errno: 9999 });
  });

  it('keeps errors of calls at the same time apart', async () => {
    const names = Array.from({ length: 200 }, (_, i) => `nobody-${i}`);
    const errors = await Promise.all(names.map((name) => failure(local.with({}).lookupDomainByName(name))));
    for (const error of errors) expect(error).toMatchObject({ code: 'VIR_ERR_NO_DOMAIN' });
    const uuids = names.map((_, i) => `${String(i).padStart(8, '0')}-0000-4000-8000-000000000000`);
    const others = await Promise.all(uuids.map((uuid) => failure(local.lookupDomainByUUID(uuid))));
    for (const error of others) expect(error).toMatchObject({ operation: 'virDomainLookupByUUIDString' });
    // A call that succeeds after a failure carries nothing of it.
    expect(await local.getHostname()).toMatch(/\S/);
  });

  it.each([
    [
      'awaited',
      async () => {
        await local.lookupDomainByName('nobody');
      },
    ],
    [
      'through a view',
      async () => {
        await local.with({ timeout: 1000 }).lookupDomainByName('nobody');
      },
    ],
    [
      'while opening',
      async () => {
        await Connection.open(`test+unix:///default?socket=${scratch.file('no')}`);
      },
    ],
  ])('has the line of its caller in its stack: %s', async (_, call) => {
    const error = (await failure(call())) as LibvirtError;
    expect(error.stack).toMatch(/^LibvirtError: /);
    expect(error.stack).toMatch(/errors\.test\.ts:\d+:\d+/);
  });

  it('is one too when another copy of the package made it', async () => {
    let copy: { LibvirtError: typeof LibvirtError; Connection: typeof Connection } | undefined;
    jest.isolateModules(() => {
      // eslint-disable-next-line @typescript-eslint/no-require-imports
      copy = require('../lib/index.js') as typeof copy;
    });
    if (copy === undefined) throw new Error('no copy');
    expect(copy.LibvirtError).not.toBe(LibvirtError);
    const other = await copy.Connection.open('test:///default');
    const error = await failure(other.lookupDomainByName('nobody'));
    expect(Object.getPrototypeOf(error)).toBe(copy.LibvirtError.prototype);
    expect(error).toBeInstanceOf(LibvirtError);
    expect(await failure(local.lookupDomainByName('nobody'))).toBeInstanceOf(copy.LibvirtError);
    await other.close();
  });

  it('is nothing that only looks like one', () => {
    for (const value of [new Error('x'), { code: 'VIR_ERR_NO_DOMAIN' }, null, undefined, 'LibvirtError', 5]) {
      expect(value).not.toBeInstanceOf(LibvirtError);
    }
    class Special extends LibvirtError {}
    const record = { code: 42, operation: 'virDomainCreate', message: 'text' };
    expect(new Special(record)).toBeInstanceOf(Special);
    expect(new Special(record)).toBeInstanceOf(LibvirtError);
    expect(new LibvirtError(record)).not.toBeInstanceOf(Special);
    expect(Object.keys(new LibvirtError(record))).not.toContain('brand');
  });
});

describe('a lost link', () => {
  it('rejects what runs and what comes later with ERR_LIBVIRT_DISCONNECTED and the cause', async () => {
    const dying = await FakeDaemon.start(scratch.file('dying'));
    const connection = await Connection.open(dying.uri);
    dying.hold('getCapabilities');
    const calls = Array.from({ length: 5 }, () => failure(connection.getCapabilities()));
    await dying.whenHeld('getCapabilities', 3);
    await dying.stop();
    for (const error of [...(await Promise.all(calls)), await failure(connection.getHostname())]) {
      expect(error).toBeInstanceOf(LibvirtError);
      expect(error).toMatchObject({ code: 'ERR_LIBVIRT_DISCONNECTED', errno: undefined });
      const { cause, message } = error as LibvirtError;
      expect(cause).toBeInstanceOf(LibvirtError);
      expect(cause).toMatchObject({ domain: ErrorDomain.RPC });
      expect(message).toContain((cause as LibvirtError).message);
    }
    expect(await connection.isAlive()).toBe(false);
    await connection.close();
  });
});
