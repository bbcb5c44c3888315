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

/** What a CPU spent its time with, in ns since the host started. What the host does not tell is not there. */
export interface NodeCPUStats {
  kernel?: bigint;
  user?: bigint;
  idle?: bigint;
  iowait?: bigint;
  /** Interrupts. */
  intr?: bigint;
  /** Time in guests. */
  guest?: bigint;
  /** In percent; some hypervisors tell this alone. */
  utilization?: bigint;
}

/** The memory of the host or of one cell, in KiB. A cell tells of `total` and `free` alone. */
export interface NodeMemoryStats {
  total?: bigint;
  free?: bigint;
  available?: bigint;
  buffers?: bigint;
  cached?: bigint;
}

/** What is to be known of memory pages that guests share (KSM). */
export interface NodeMemoryParameters extends NodeMemorySettings {
  /** Shared pages in use. */
  shmPagesShared?: bigint;
  /** How many places use them. */
  shmPagesSharing?: bigint;
  /** Pages that are the only ones of their content so far. */
  shmPagesUnshared?: bigint;
  /** Pages that change too fast. */
  shmPagesVolatile?: bigint;
  /** How often all memory was looked through. */
  shmFullScans?: bigint;
}

/** What can be set of it. */
export interface NodeMemorySettings {
  /** How many pages are looked at before each sleep. */
  shmPagesToScan?: number;
  /** How long the sleep is. */
  shmSleepMillisecs?: number;
  /** 1: pages of different NUMA cells become one, 0: they do not. */
  shmMergeAcrossNodes?: number;
}

/** AMD's encryption of guests, as the host has it. */
export interface NodeSEVInfo {
  /** The platform's Diffie-Hellman key, base64. */
  pdh?: string;
  /** The platform's certificates, base64. */
  certChain?: string;
  /** The identity of the first CPU, base64. */
  cpu0Id?: string;
  /** The bit of an address that says that a page is encrypted. */
  cbitpos?: number;
  /** How many bits of physical addresses are lost to encryption. */
  reducedPhysBits?: number;
  maxGuests?: number;
  maxEsGuests?: number;
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
