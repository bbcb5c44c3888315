import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Program } from './fixtures/faults/run.js';

/** How often some bytes are in the memory that a process may write, or in a part of it. */
function copies(pid: number, wanted: Buffer, part: string): number {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    return readFileSync(`/proc/${pid}/maps`, 'utf8')
      .split('\n')
      .filter((line) => line.endsWith(part))
      .map((line) => /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line))
      .filter((range) => range !== null)
      .map(([, from = '', to = '']) => copiesIn(memory, Number(`0x${from}`), Number(`0x${to}`), wanted))
      .reduce((sum, count) => sum + count, 0);
  } finally {
    closeSync(memory);
  }
}

const PIECE = 1 << 20;

function copiesIn(memory: number, from: number, to: number, wanted: Buffer): number {
  const piece = Buffer.alloc(PIECE + wanted.length - 1);
  let count = 0;
  for (let at = from; at < to; at += PIECE) {
    const read = piece.subarray(0, readable(memory, piece.subarray(0, to - at), at));
    for (let found = read.indexOf(wanted); found !== -1; found = read.indexOf(wanted, found + 1)) count += 1;
  }
  return count;
}

/** How many bytes could be read: none of those that are only reserved. */
function readable(memory: number, piece: Buffer, at: number): number {
  try {
    return readSync(memory, piece, 0, piece.length, at);
  } catch {
    return 0;
  }
}

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
