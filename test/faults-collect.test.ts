import { describe, expect, it, jest } from '@jest/globals';
import { native } from '../lib/native.js';
import { runOften, runProgram } from './fixtures/faults/run.js';
import { failures } from './helpers.js';

jest.setTimeout(150_000);

const count = 20_000;

interface Outcome {
  /** How many calls were pending when garbage was collected. */
  pending: number;
  outcomes: Record<string, number>;
  /** How many handles more there were in the end than in the beginning. */
  handles: number;
  /** How many calls were pending in the end. */
  left: number;
}

async function collect(how: string): Promise<Outcome> {
  const { stdout, ...ending } = await runProgram('collect', [how], ['--expose-gc']);
  expect(ending).toMatchObject({ code: 0, signal: null, stderr: '' });
  return JSON.parse(stdout) as Outcome;
}

const total = ({ outcomes }: Outcome): number => Object.values(outcomes).reduce((sum, number) => sum + number, 0);

describe('20,000 calls pending while their objects are collected', () => {
  it.each([
    ['raw', '<domain'],
    ['facade', '<domain'],
    ['lookups', 'found'],
  ])('all succeed, and every handle goes back (%s)', async (how, result) => {
    expect(await collect(how)).toEqual({ pending: count, outcomes: { [result]: count }, handles: 0, left: 0 });
  });

  it('all settle when the connection is closed in the middle', async () => {
    const outcome = await collect('closed');
    expect(outcome).toMatchObject({ handles: 0, left: 0 });
    expect(total(outcome)).toBe(count);
    const { '<domain': done = 0, ERR_LIBVIRT_CLOSED: closed = 0 } = outcome.outcomes;
    expect(done + closed).toBe(count);
    expect(closed).toBeGreaterThan(0);
  });

  it('all settle when one signal ends them', async () => {
    const outcome = await collect('aborted');
    expect(outcome).toMatchObject({ pending: count, handles: 0, left: 0 });
    const { '<domain': done = 0, ERR_LIBVIRT_ABANDONED: abandoned = 0, enough = 0 } = outcome.outcomes;
    expect(done + abandoned + enough).toBe(count);
    expect(done).toBeGreaterThan(100);
    expect(done).toBeLessThan(count);
  });
});

describe('short lists and garbage collection', () => {
  it('do not meet on the wrong thread', async () => {
    for (const { ms: _, ...ending } of await runOften(2, 'lists', [], ['--expose-gc']))
      expect(ending).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  });
});

describe('closing the raw layer', () => {
  it('happens once, however often it is called', async () => {
    const conn = await native.virConnectOpen('test:///default');
    const [first, ...others] = await Promise.allSettled(Array.from({ length: 5 }, () => native.virConnectClose(conn)));
    expect(first).toEqual({ status: 'fulfilled', value: 0 });
    for (const other of others) {
      expect(other).toMatchObject({ status: 'rejected', reason: { code: 'ERR_LIBVIRT_CLOSED' } });
    }
  });

  it('makes every function refuse what was found', async () => {
    const conn = await native.virConnectOpen('test:///default');
    const domain = await native.virDomainLookupByName(conn, 'test');
    await native.virConnectClose(conn);
    const calls = [
      native.virConnectGetHostname(conn),
      native.virConnectClose(conn),
      native.virDomainGetXMLDesc(domain, 0),
      native.virDomainListGetStats([domain], 0, 0),
      native.runtime.ping(conn),
    ];
    for (const error of await failures(calls)) expect(error).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
  });
});
