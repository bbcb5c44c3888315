import { inspect } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Connection, type Secret, SecretUsageType } from '../lib/index.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch, failure, failures } from './helpers.js';
import { xdr } from './remote-protocol.js';

const scratch = new Scratch();
const uuid = '11111111-2222-4333-8444-888888888888';

afterAll(() => {
  scratch.remove();
});

describe('a driver without secrets', () => {
  it('refuses each call by the name of its function', async () => {
    await using connection = await Connection.open('test:///default');
    const calls: [string, () => Promise<unknown>][] = [
      ['virConnectNumOfSecrets', () => connection.numOfSecrets()],
      ['virConnectNumOfSecrets', () => connection.listSecrets()],
      ['virConnectListAllSecrets', () => connection.listAllSecrets()],
      ['virSecretLookupByUUIDString', () => connection.lookupSecretByUUID(uuid)],
      ['virSecretLookupByUsage', () => connection.lookupSecretByUsage(SecretUsageType.VOLUME, '/a')],
      ['virSecretDefineXML', () => connection.defineSecretXML('<secret/>')],
    ];
    for (const [operation, call] of calls) {
      expect(await failure(call())).toMatchObject({ code: 'VIR_ERR_NO_SUPPORT', operation });
    }
  });

  it('is not asked when XML or names have a NUL in them', async () => {
    await using connection = await Connection.open('test:///default');
    for (const error of await failures([
      connection.lookupSecretByUUID(`${uuid}\0`),
      connection.defineSecretXML('<secret/>\0'),
      connection.lookupSecretByUsage(SecretUsageType.VOLUME, '/a\0'),
    ])) {
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toHaveProperty('message', expect.stringMatching(/^virSecret\w+: argument [23] .*NUL/));
    }
  });
});

describe('a secret', () => {
  let daemon: FakeDaemon;
  let connection: Connection;

  beforeEach(async () => {
    daemon = await FakeDaemon.start(scratch.file('daemon'));
    connection = await Connection.open(daemon.uri);
  });
  afterEach(async () => {
    await connection.close();
    await daemon.stop();
  });

  const lookup = (usageType: number, usageID: string): Promise<Secret> => {
    daemon.answer('lookupSecretByUUID', Buffer.concat([xdr.uuid(uuid), xdr.int(usageType), xdr.string(usageID)]));
    return connection.lookupSecretByUUID(uuid);
  };

  it.each([
    [SecretUsageType.VOLUME, '/disks/größe'],
    [SecretUsageType.NONE, ''],
    [77, 'of a kind that is newer than this'],
  ])('is for what the daemon says: %p %p', async (usageType, usageID) => {
    const secret = await lookup(usageType, usageID);
    expect([secret.uuid, await secret.getUsageType(), await secret.getUsageID()]).toEqual([uuid, usageType, usageID]);
    expect(inspect(secret)).toBe(`Secret { uuid: '${uuid}' }`);
  });

  it('refuses what is no bytes, and asks nobody', async () => {
    const secret = await lookup(0, '');
    const { length } = daemon.requests;
    for (const value of ['text', null, undefined, 5, [1, 2], {}, new ArrayBuffer(2)]) {
      const error = await failure(secret.setValue(value as Uint8Array));
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toHaveProperty('message', expect.stringMatching(/^virSecretSetValue: argument 2 \(value\)/));
    }
    expect(daemon.requests).toHaveLength(length);
  });

  it('is not sent when it is longer than the protocol allows', async () => {
    const secret = await lookup(0, '');
    const { length } = daemon.requests;
    const error = await failure(secret.setValue(Buffer.alloc(65537, 's3cret')));
    expect(error).toMatchObject({ code: 'VIR_ERR_RPC', operation: 'virSecretSetValue' });
    expect(inspect(error)).not.toContain('s3cret');
    expect(daemon.requests).toHaveLength(length);
  });

  it('is found again after the connection was made anew', async () => {
    const secret = await lookup(2, 'before');
    daemon.answer('lookupSecretByUUID', Buffer.concat([xdr.uuid(uuid), xdr.int(2), xdr.string('after')]));
    expect(await secret.getUsageID()).toBe('before');
    Object.assign(connection.link, { generation: connection.link.generation + 1 });
    expect(await secret.getUsageID()).toBe('after');
    expect(daemon.requestCount('lookupSecretByUUID')).toBe(2);
  });

  it('keeps its identity when the connection is closed', async () => {
    const secret = await lookup(0, '');
    await connection.close();
    expect(secret.uuid).toBe(uuid);
    for (const error of await failures([
      secret.getValue(),
      secret.setValue(Buffer.from('a')),
      secret.getUsageID(),
      secret.getUsageType(),
    ])) {
      expect(error).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
    }
  });
});
