import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Connection,
  ConnectListAllSecretsFlags,
  type Secret,
  SecretDefineFlags,
  SecretUsageType,
} from '../lib/index.js';
import { failure, failures } from './helpers.js';
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
});
