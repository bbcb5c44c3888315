import type { virNodeStat } from './native-types.js';
import { camelCase } from './nested.js';

/** The CPUs of the host. */
export interface NodeCPUMap {
  /** How many there are. */
  total: number;
  /** How many are online. */
  online: number;
  /** The numbers of those that are online. */
  cpumap: number[];
}

/** The security driver that confines guests. Both are empty when there is none. */
export interface SecurityModel {
  /** Such as `selinux` or `apparmor`. */
  model: string;
  /** The domain of interpretation of its labels. */
  doi: string;
}

/** Pages of one size. */
export interface PageCount {
  /** The size of a page in KiB. */
  size: number;
  count: bigint;
}

/** The free pages of a NUMA cell. */
export interface CellPages {
  cell: number;
  pages: PageCount[];
}

export function toNodeStats(stats: readonly virNodeStat[]): Record<string, bigint> {
  return Object.fromEntries(stats.map(({ field, value }) => [camelCase(field), value]));
}

/** libvirt gives the counts of the first cell, then those of the next; cells that the host does not have are left out. */
export function toCellPages(sizes: readonly number[], startCell: number, counts: readonly bigint[]): CellPages[] {
  const cells = Array.from({ length: Math.floor(counts.length / sizes.length) }, (_, i) => i);
  return cells.map((i) => ({
    cell: startCell + i,
    pages: sizes.map((size, n) => ({ size, count: counts[i * sizes.length + n] ?? 0n })),
  }));
}

/** What C takes as two arrays. No array at all is refused by the raw layer, with the names of function and argument. */
export function fromPageCounts(pages: readonly { size: number; count: bigint | number }[]): {
  sizes: readonly number[];
  counts: readonly (bigint | number)[];
} {
  const given: unknown = pages;
  if (!Array.isArray(given)) return { sizes: given as number[], counts: given as number[] };
  return { sizes: pages.map(({ size }) => size), counts: pages.map(({ count }) => count) };
}
