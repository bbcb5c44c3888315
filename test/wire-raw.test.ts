import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConnectCloseReason } from '../lib/index.js';
import { native } from '../lib/native.js';
import type { virConnect } from '../lib/native-types.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch } from './helpers.js';
import { xdr } from './remote-protocol.js';

// Functions that only the raw layer has, or that the facade calls in one way only.

const { int, string } = xdr;
const scratch = new Scratch();
let daemon: FakeDaemon;

beforeEach(async () => {
  daemon = await FakeDaemon.start(scratch.file('daemon'));
});
afterEach(() => daemon.stop());
afterAll(() => {
  scratch.remove();
});

describe('UUIDs as bytes', () => {
  // No byte twice, 0 and 255 among them.
  const network = Buffer.from('00ff1122334455667788990102030405', 'hex');
  const other = Buffer.from('ff00aabbccddeef0a1a2a3a4a5a6a7a8', 'hex');
  let conn: virConnect;

  beforeEach(async () => {
    conn = await native.virConnectOpen(daemon.uri);
  });
  afterEach(() => native.virConnectClose(conn));

  it('of a network’s ports', async () => {
    const net = Buffer.concat([string('net'), network]);
    daemon.answer('lookupNetworkByName', net);
    daemon.answer('networkPortLookupByUUID', Buffer.concat([net, other]));
    const port = await native.virNetworkPortLookupByUUID(await native.virNetworkLookupByName(conn, 'net'), other);
    expect(daemon.body('networkPortLookupByUUID')).toEqual(Buffer.concat([net, other]));
    expect(native.virNetworkPortGetUUID(port)).toEqual(other);
  });

  it('of network filters', async () => {
    daemon.answer('lookupNWFilterByUUID', Buffer.concat([string('filter'), other]));
    const filter = await native.virNWFilterLookupByUUID(conn, other);
    expect(daemon.body('lookupNWFilterByUUID')).toEqual(other);
    expect(native.virNWFilterGetUUID(filter)).toEqual(other);
  });

  it('of secrets', async () => {
    daemon.answer('lookupSecretByUUID', Buffer.concat([other, int(2), string('usage')]));
    const secret = await native.virSecretLookupByUUID(conn, other);
    expect(daemon.body('lookupSecretByUUID')).toEqual(other);
    expect(native.virSecretGetUUID(secret)).toEqual(other);
  });
});

it('the administration’s close callback is taken back, and makes room for another', async () => {
  const conn = await native.virAdmConnectOpen(daemon.adminUri, 0);
  const told: string[] = [];
  const first = () => void told.push('first');
  native.virAdmConnectRegisterCloseCallback(conn, first);
  native.virAdmConnectUnregisterCloseCallback(conn, first);
  expect(() => {
    native.virAdmConnectUnregisterCloseCallback(conn, first);
  }).toThrow();
  const reason = new Promise((resolve) => {
    native.virAdmConnectRegisterCloseCallback(conn, (_conn, why) => {
      told.push('second');
      resolve(why);
    });
  });
  await daemon.stop();
  expect(await reason).toBe(ConnectCloseReason.EOF);
  expect(told).toEqual(['second']);
  await native.virAdmConnectClose(conn);
  daemon = await FakeDaemon.start(scratch.file('daemon'));
});
