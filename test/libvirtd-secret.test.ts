import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Connection,
  ConnectListAllSecretsFlags,
  type Secret,
  SecretDefineFlags,
  SecretUsageType,
} from '../lib/index.js';
import { failure, failures } from './helpers.js';
import { eventually } from './libvirtd-helpers.js';
import { describeWithTestbed } from './testbed/index.js';
import { isSince, itSince } from './versions.js';

jest.setTimeout(60_000); // machines that are busy with other suites, too

const otherUUID = '11111111-2222-4333-8444-555555555555';

describeWithTestbed('secrets of a real libvirtd', (bed) => {
  let connection: Connection;
  let secret: Secret;

  const secretXML = (usage = '', attributes = ''): string => `<secret ${attributes}>${usage}</secret>`;
  const volume = (of: string): string => `<usage type='volume'><volume>${of}</volume></usage>`;

  beforeEach(async () => {
    connection = await Connection.open(bed().uri);
    secret = await connection.defineSecretXML(secretXML(volume('/disks/größe')));
  });
  afterEach(async () => {
    for (const one of await connection.listAllSecrets()) await one.undefine();
    await connection.close();
  });

  describe('what is refused', () => {
    const isRefused = async (call: () => Promise<unknown>, code: string): Promise<void> => {
      expect(await failure(call())).toMatchObject({ name: 'LibvirtError', code });
      expect(await connection.listSecrets()).toEqual([secret.uuid]);
      expect(await failure(secret.getValue())).toMatchObject({ code: 'VIR_ERR_NO_SECRET' });
    };

    it.each([
      ['a secret that is not there', () => connection.lookupSecretByUUID(otherUUID), 'VIR_ERR_NO_SECRET'],
      ['a UUID that is none', () => connection.lookupSecretByUUID('nobody'), 'VIR_ERR_INVALID_ARG'],
      [
        'the same for another kind of thing',
        () => connection.lookupSecretByUsage(SecretUsageType.CEPH, '/disks/größe'),
        'VIR_ERR_NO_SECRET',
      ],
      ['text that is no XML', () => connection.defineSecretXML('<secret'), 'VIR_ERR_XML_DETAIL'],
      ['XML of something else', () => connection.defineSecretXML('<domain/>'), 'VIR_ERR_XML_ERROR'],
      [
        'a second secret for a thing',
        () => connection.defineSecretXML(secretXML(volume('/disks/größe'))),
        'VIR_ERR_INTERNAL_ERROR',
      ],
      ['a value that nobody gave', () => secret.getValue(), 'VIR_ERR_NO_SECRET'],
      ['a value without a byte', () => secret.setValue(Buffer.alloc(0)), 'VIR_ERR_INVALID_ARG'],
      ['a value that is too long', () => secret.setValue(Buffer.alloc(65537)), 'VIR_ERR_RPC'],
      ['a flag that nobody knows', () => secret.setValue(Buffer.from('a'), 1 << 20), 'VIR_ERR_INVALID_ARG'],
    ])('%s', (_, call, code) => isRefused(call, code));

    itSince('7.7.0', 'nonsense, when it is looked for', () =>
      isRefused(
        () => connection.defineSecretXML(secretXML('<nonsense/>'), SecretDefineFlags.VALIDATE),
        'VIR_ERR_XML_INVALID_SCHEMA',
      ),
    );

    it('reading the value of a private one, though it may be set', async () => {
      const mine = await connection.defineSecretXML(secretXML('', "private='yes'"));
      await mine.setValue(Buffer.from('mine'));
      expect(await failure(mine.getValue())).toMatchObject({ code: 'VIR_ERR_INVALID_SECRET' });
    });

    it('reading and changing it on a connection that may only look', async () => {
      await secret.setValue(Buffer.from('mine'));
      await using looker = await Connection.open(bed().uriFor('qemu', '/system', bed().readOnlySocket), {
        readOnly: true,
      });
      const seen = await looker.lookupSecretByUUID(secret.uuid);
      for (const error of await failures([seen.getValue(), seen.setValue(Buffer.from('a')), seen.undefine()])) {
        expect(error).toMatchObject({ code: 'VIR_ERR_OPERATION_DENIED' });
      }
      expect((await secret.getValue()).toString()).toBe('mine');
    });
  });

  it('are found by UUID, by what they are for, and in lists', async () => {
    const { EPHEMERAL, NO_EPHEMERAL, PRIVATE, NO_PRIVATE } = ConnectListAllSecretsFlags;
    const passing = await connection.defineSecretXML(secretXML('', "ephemeral='yes' private='yes'"));
    for (const found of [
      await connection.lookupSecretByUUID(secret.uuid.toUpperCase()),
      await connection.lookupSecretByUsage(SecretUsageType.VOLUME, '/disks/größe'),
    ]) {
      expect([found.uuid, found.connection]).toEqual([secret.uuid, connection]);
    }
    const uuids = async (flags?: number) => (await connection.listAllSecrets(flags)).map(({ uuid }) => uuid).sort();
    const all = [secret.uuid, passing.uuid].sort();
    expect(await uuids()).toEqual(all);
    expect((await connection.listSecrets()).sort()).toEqual(all);
    expect(await connection.numOfSecrets()).toBe(2);
    for (const flag of [EPHEMERAL, PRIVATE]) expect(await uuids(flag)).toEqual([passing.uuid]);
    for (const flag of [NO_EPHEMERAL, NO_PRIVATE]) expect(await uuids(flag)).toEqual([secret.uuid]);
  });

  it('say what they are for', async () => {
    const looked = isSince('7.7.0') ? SecretDefineFlags.VALIDATE : 0;
    const usages = [
      [SecretUsageType.VOLUME, '/disks/größe', secret],
      [SecretUsageType.NONE, '', await connection.defineSecretXML(secretXML(), looked)],
      [
        SecretUsageType.CEPH,
        'a pool',
        await connection.defineSecretXML(secretXML("<usage type='ceph'><name>a pool</name></usage>")),
      ],
      [
        SecretUsageType.TLS,
        'a key',
        await connection.defineSecretXML(secretXML("<usage type='tls'><name>a key</name></usage>")),
      ],
    ] as const;
    for (const [type, id, one] of usages)
      expect([await one.getUsageType(), await one.getUsageID()]).toEqual([type, id]);
    const xml = await secret.getXMLDesc();
    for (const part of [secret.uuid, '/disks/größe']) expect(xml).toContain(part);
  });

  it.each([
    ['with NULs in it', Buffer.from([0, 1, 0, 255, 0xc3, 0x28, 0])],
    ['of one NUL', Buffer.from([0])],
    ['of every byte', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
    ['that is as long as can be', Buffer.alloc(65536, 'x\0')],
  ])('have a value %s, and give it back as it was', async (_, value) => {
    await secret.setValue(value);
    const given = await secret.getValue();
    expect(given.equals(value)).toBe(true);
    const printed = await bed().exec('virsh', ['-q', '-c', 'qemu:///system', 'secret-get-value', secret.uuid]);
    expect(printed.stdout.trim()).toBe(value.toString('base64'));
    // Ours, not a window on something that others see.
    given.fill(0);
    expect((await secret.getValue()).equals(value)).toBe(true);
  });

  it('take any view of bytes, and what it shows when the call is made', async () => {
    const memory = new Uint8Array([9, 9, 1, 0, 2, 9]);
    const setting = secret.setValue(memory.subarray(2, 5));
    memory.fill(7);
    await setting;
    expect([...(await secret.getValue())]).toEqual([1, 0, 2]);
  });

  it.each([['text'], [null], [undefined], [5], [[1, 2]], [new ArrayBuffer(4)]])('do not take %p', async (value) => {
    expect(await failure(secret.setValue(value as unknown as Uint8Array))).toBeInstanceOf(TypeError);
  });

  it('keep their value when they are defined anew, and lose it when they are undefined', async () => {
    await secret.setValue(Buffer.from('mine'));
    const xml = await secret.getXMLDesc();
    const again = await connection.defineSecretXML(xml);
    expect([again.uuid, (await again.getValue()).toString()]).toEqual([secret.uuid, 'mine']);
    const files = () => readdirSync(bed().pathOf('/etc/libvirt/secrets')).filter((name) => name.includes(secret.uuid));
    expect(files().length).toBeGreaterThan(0);
    await secret.undefine();
    expect(files()).toEqual([]);
    for (const error of await failures([secret.getValue(), secret.getXMLDesc(), secret.undefine()])) {
      expect(error).toMatchObject({ code: 'VIR_ERR_NO_SECRET' });
    }
    const anew = await connection.defineSecretXML(xml);
    expect(await failure(anew.getValue())).toMatchObject({ code: 'VIR_ERR_NO_SECRET' });
  });

  it('have one value of those that are set at once, never a mixture', async () => {
    const values = Array.from({ length: 10 }, (_, i) => Buffer.alloc(30_000, i + 1));
    const reads: Promise<Buffer>[] = [];
    await secret.setValue(values[0] ?? Buffer.alloc(1));
    await Promise.all(
      values.map((value) => {
        reads.push(secret.getValue());
        return secret.setValue(value);
      }),
    );
    for (const read of await Promise.all(reads)) expect(values.some((value) => value.equals(read))).toBe(true);
  });

  it('leave no copy of a value in the memory of the process', async () => {
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
    const child = spawn(process.execPath, ['-e', program, bed().uri, secret.uuid], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      const next = async (): Promise<string> => String((await lines.next()).value);
      const pattern = Buffer.from(Buffer.from(await next(), 'hex').map((byte) => ~byte));
      const copies = (): number => occurrences(child.pid ?? 0, Buffer.concat([pattern, pattern, pattern, pattern]));
      expect(copies()).toBeGreaterThan(0);
      child.stdin.write('\n');
      expect(await next()).toBe('VIR_ERR_RPC');
      // The promise settles before the thread that made the call wipes what it copied.
      await eventually('no copy is left', () => Promise.resolve(copies() === 0));
      child.stdin.write('\n');
    } finally {
      child.kill();
    }
  });
});

const PAGE = 4096;

/** Reads memory, and gives how much of it; 0 at a page that cannot be read, by which a newer glibc guards a stack. */
function readSome(memory: number, into: Buffer, at: bigint): number {
  try {
    return readSync(memory, into, 0, into.length, at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EIO') return 0;
    throw error;
  }
}

/** How often something is in the memory of another process. */
function occurrences(pid: number, wanted: Buffer): number {
  const memory = openSync(`/proc/${String(pid)}/mem`, 'r');
  const chunk = Buffer.alloc(1024 * 1024);
  let count = 0;
  try {
    for (const line of readFileSync(`/proc/${String(pid)}/maps`, 'utf8').split('\n')) {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
      if (from === undefined || to === undefined) continue;
      const end = BigInt(`0x${to}`);
      for (let at = BigInt(`0x${from}`), read = 0; at < end; at += BigInt(read === 0 ? PAGE : read)) {
        read = readSome(memory, chunk.subarray(0, Math.min(chunk.length, Number(end - at))), at);
        const seen = chunk.subarray(0, read);
        for (let found = seen.indexOf(wanted); found >= 0; found = seen.indexOf(wanted, found + wanted.length))
          count += 1;
      }
    }
  } finally {
    closeSync(memory);
  }
  return count;
}
