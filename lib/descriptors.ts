import type { FileHandle } from 'node:fs/promises';
import { Socket } from 'node:net';
import { closeSync } from 'node:fs';

/**
 * An open file: its descriptor's number in this process, or what `open()` of `node:fs/promises` gives. A call takes a
 * duplicate when it is made, so that it may be closed right after that, and stays its owner's to close.
 */
export type Descriptor = number | FileHandle;

function refuse(place: string, expected: string): never {
  throw new TypeError(`${place} must be ${expected}`);
}

/** @internal The number of a descriptor. Whether it is open the raw layer finds out, which duplicates it. */
export function numberOf(place: string, descriptor: unknown): number {
  if (typeof descriptor === 'number') return descriptor;
  if (typeof descriptor !== 'object' || descriptor === null || !('fd' in descriptor)) {
    return refuse(place, 'the number of a file descriptor or a FileHandle');
  }
  const { fd } = descriptor;
  if (typeof fd !== 'number') return refuse(place, 'the number of a file descriptor or a FileHandle');
  if (fd < 0) return refuse(place, 'open, but is a FileHandle that was closed');
  return fd;
}

/** @internal */
export function numbersOf(place: string, descriptors: unknown): number[] {
  if (!Array.isArray(descriptors)) return refuse(place, 'an array of file descriptors');
  return descriptors.map((descriptor, i) => numberOf(`${place}[${String(i)}]`, descriptor));
}

/** @internal A socket over a descriptor that nobody else owns; it is closed when it can be none. */
export function toSocket(fd: number): Socket {
  try {
    return new Socket({ fd, readable: true, writable: true });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
