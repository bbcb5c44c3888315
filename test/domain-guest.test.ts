import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Connection,
  type Domain,
  DomainControlState,
  DomainProcessSignal,
  KeycodeSet,
  NodeSuspendTarget,
} from '../lib/index.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch, failure, machineXML } from './helpers.js';
import { xdr } from './remote-protocol.js';
import { itSince } from './versions.js';

const scratch = new Scratch();
const host = scratch.host(machineXML({ name: 'on' }) + machineXML({ name: 'off', state: 5 }));

let connection: Connection;
let domain: Domain;
let off: Domain;

beforeEach(async () => {
  connection = await Connection.open(host);
  [domain, off] = await Promise.all([connection.lookupDomainByName('on'), connection.lookupDomainByName('off')]);
});
afterEach(() => connection.close());
afterAll(() => {
  scratch.remove();
});

describe('calls that cannot be', () => {
  const keys = (count: number) => Array.from({ length: count }, () => 30);
  it.each<[string, () => Promise<unknown>, string]>([
    ['no machine that runs', () => off.fsFreeze(), 'VIR_ERR_OPERATION_INVALID'],
    ['no guest to ask', () => domain.getGuestInfo(), 'VIR_ERR_NO_SUPPORT'],
    ['no keys of users', () => domain.authorizedSSHKeysGet('root'), 'VIR_ERR_NO_SUPPORT'],
    ['no keys to set', () => domain.authorizedSSHKeysSet('root', null), 'VIR_ERR_NO_SUPPORT'],
    ['no timeout', () => domain.agentSetResponseTimeout(-2), 'VIR_ERR_NO_SUPPORT'],
    ['no sleep', () => domain.pmSuspendForDuration(NodeSuspendTarget.MEM), 'VIR_ERR_NO_SUPPORT'],
    ['no waking', () => domain.pmWakeup(), 'VIR_ERR_NO_SUPPORT'],
    ['no labels', () => domain.getSecurityLabelList(), 'VIR_ERR_NO_SUPPORT'],
    ['no key at all', () => domain.sendKey(KeycodeSet.LINUX, 0, []), 'VIR_ERR_INVALID_ARG'],
    [
      'another process than the first',
      () => domain.sendProcessSignal(7, DomainProcessSignal.TERM),
      'VIR_ERR_INVALID_ARG',
    ],
    ['a file system that is not there', () => domain.fsTrim('/nowhere'), 'VIR_ERR_OPERATION_INVALID'],
    ['flags', () => domain.getTime(1), 'VIR_ERR_INVALID_ARG'],
  ])('%s', async (_, call, code) => {
    expect(await failure(call())).toMatchObject({ name: 'LibvirtError', code });
  });

  it.each<[string, () => Promise<unknown>, string, string]>([
    ['17 keys', () => domain.sendKey(KeycodeSet.LINUX, 0, keys(17)), 'RangeError', 'at most 16'],
    ['a key below 0', () => domain.sendKey(KeycodeSet.LINUX, 0, [-1]), 'RangeError', 'keycodes'],
    ['a key that is a text', () => domain.sendKey(KeycodeSet.LINUX, 0, ['a'] as never), 'TypeError', 'keycodes'],
    ['a mount point that is none', () => domain.fsFreeze([1] as never), 'TypeError', 'mountpoints'],
    ['one text for many', () => domain.fsThaw('/' as never), 'TypeError', 'mountpoints'],
    ['a NUL', () => domain.setUserPassword('root', 'se\0cret'), 'TypeError', 'password'],
    ['a fraction of a second', () => domain.setTime(0.5), 'RangeError', 'seconds'],
  ])('%s', async (_, call, name, words) => {
    const error = await failure(call());
    expect(error).toMatchObject({ name, message: expect.stringContaining(words) });
    expect(error).toMatchObject({ message: expect.not.stringContaining('cret') });
  });
});

it('16 keys are pressed at once', async () => {
  await domain.sendKey(KeycodeSet.LINUX, 50, Array<number>(16).fill(30));
});

it('file systems are frozen and thawed, all, some or none', async () => {
  const [first, ...others] = await domain.getFSInfo();
  const all = 1 + others.length;
  expect(all).toBeGreaterThan(1);
  expect(await domain.fsFreeze([])).toBe(0);
  expect(await domain.fsFreeze([first?.mountpoint ?? ''])).toBe(1);
  expect(await domain.fsThaw([])).toBe(0);
  expect(await domain.fsThaw(null)).toBe(1);
  expect(await domain.fsFreeze()).toBe(all);
  expect(await domain.fsThaw([first?.mountpoint ?? ''])).toBe(1);
  expect(await domain.fsThaw()).toBe(all - 1);
  await domain.fsTrim();
  await domain.fsTrim(first?.mountpoint, 2n ** 40n);
});

it('the guest has a time, a name and a password', async () => {
  await domain.setTime(2n ** 40n, 5);
  await domain.setTime(1, 0);
  const { seconds, nseconds } = await domain.getTime();
  expect([typeof seconds, typeof nseconds]).toEqual(['bigint', 'number']);
  expect(await domain.getHostname()).toContain('on');
  await domain.setUserPassword('root', 'secret');
  await domain.injectNMI();
  await domain.sendProcessSignal(1n, DomainProcessSignal.HUP);
});

// The test driver of 9.0 has them, that of 7.0 not.
itSince('9.0.0', 'the machine’s process answers, has messages or none and a label', async () => {
  expect(await domain.getControlInfo()).toEqual({ state: DomainControlState.OK, details: 0, stateTime: 0n });
  expect(await domain.getMessages()).toEqual([]);
  expect(await domain.getSecurityLabel()).toMatchObject({ label: expect.any(String), enforcing: true });
});

it('disks of the machine have errors', async () => {
  expect((await domain.getDiskErrors()).map(({ disk }) => disk)).toEqual(['vda']);
});

it('takes answers that no real driver gives here', async () => {
  const daemon = await FakeDaemon.start(scratch.file('guest'));
  const { int, string } = xdr;
  try {
    const uuid = '11111111-2222-4333-8444-555555555555';
    daemon.answer('lookupDomainByName', Buffer.concat([string('m'), xdr.uuid(uuid), int(1)]));
    const remote = await Connection.open(daemon.uri);
    const machine = await remote.lookupDomainByName('m');
    const label = (text: string, enforcing: number) => {
      // Characters of a label travel as an array of numbers, with its NUL.
      const letters = [...Buffer.from(`${text}\0`)].map((letter) => int(letter));
      return Buffer.concat([int(letters.length), ...letters, int(enforcing)]);
    };
    daemon.answer('getSecurityLabelList', Buffer.concat([int(2), label('dac', 1), label('+0:+0', 0), int(2)]));
    expect(await machine.getSecurityLabelList()).toEqual([
      { label: 'dac', enforcing: true },
      { label: '+0:+0', enforcing: false },
    ]);
    daemon.answer('getSecurityLabelList', Buffer.concat([int(0), int(0)]));
    expect(await machine.getSecurityLabelList()).toEqual([]);

    // Three disks might fail, two did; then none might.
    daemon.answer('getDiskErrors', (request) =>
      request.readInt32BE(28) === 0
        ? Buffer.concat([int(0), int(3)])
        : Buffer.concat([int(2), string('vda'), int(1), string('vdb'), int(2), int(2)]),
    );
    expect(await machine.getDiskErrors()).toEqual([
      { disk: 'vda', error: 1 },
      { disk: 'vdb', error: 2 },
    ]);
    const before = daemon.requestCount('getDiskErrors');
    daemon.answer('getDiskErrors', Buffer.concat([int(0), int(0)]));
    expect(await machine.getDiskErrors()).toEqual([]);
    expect(daemon.requestCount('getDiskErrors')).toBe(before + 1);
    await remote.close();
  } finally {
    await daemon.stop();
  }
});
