/** What is in the memory of another process. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** How often some bytes are in the memory that a process may write, or in a part of it. */
export function copies(pid: number, wanted: Buffer, part = ''): number {
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
const PAGE = 4096;

function copiesIn(memory: number, from: number, to: number, wanted: Buffer): number {
  const piece = Buffer.alloc(PIECE + wanted.length - 1);
  let count = 0;
  for (let at = from; at < to;) {
    const size = readSome(memory, piece.subarray(0, to - at), at);
    const read = piece.subarray(0, size);
    for (let found = read.indexOf(wanted); found !== -1; found = read.indexOf(wanted, found + 1)) count += 1;
    // Behind a page that cannot be read there may be others.
    at += size === piece.length ? PIECE : size || PAGE;
  }
  return count;
}

/** Reads memory, and gives how much of it; 0 at a page that cannot be read, by which a newer glibc guards a stack. */
function readSome(memory: number, into: Buffer, at: number): number {
  try {
    return readSync(memory, into, 0, into.length, at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EIO') return 0;
    throw error;
  }
}
