/** What a binary asks of the system that loads it, read from the names of versions that are in it as text. */
import { readFileSync } from 'node:fs';

/** Greater than 0 when the first is the newer one: 2.4 is older than 2.31. */
export const compareVersions = (a, b) => a.localeCompare(b, 'en', { numeric: true });

const newest = (versions) => [...new Set(versions)].sort(compareVersions).at(-1) ?? 'none';

/** @returns {{ glibc: string, glibcxx: string, libvirt: string[], stripped: boolean }} the newest version of each that it needs */
export function inspect(file) {
  const text = readFileSync(file, 'latin1');
  const all = (prefix) =>
    [...text.matchAll(new RegExp(`\\0${prefix}_(\\d+(?:\\.\\d+)+)(?=\\0)`, 'g'))].map(([, v]) => v);
  return {
    glibc: newest(all('GLIBC')),
    glibcxx: newest(all('GLIBCXX')),
    libvirt: all('LIBVIRT(?:_QEMU|_LXC|_ADMIN)?'),
    stripped: !text.includes('\0.symtab\0'),
  };
}
