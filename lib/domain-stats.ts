import type { DiskStats } from './domain-stats-block.js';
import type { TypedParams } from './native-types.js';
import { nest, type NestedShape } from './nested.js';

export type * from './domain-stats-block.js';

/**
 * Statistics of a domain. What was not asked for, what the driver does not know and what a domain has only while it
 * runs is not there. Names are libvirt's, each step in lower camel case; a field newer than these types is there too, under its
 * name. Counters begin at 0 with the domain's process. Where the entries of a list were counted but have no figures,
 * libvirt's count stands beside it (`netCount`).
 */
export interface DomainStats {
  state?: StateStats;
  cpu?: CPUStats;
  balloon?: BalloonStats;
  vcpu?: VcpusStats;
  net?: NetStats[];
  /** The number of interfaces, where it is not the length of `net`. */
  netCount?: number;
  /** Disks, and with `BACKING` every image of their chains. */
  block?: DiskStats[];
  /** The number of disks, where it is not the length of `block`. */
  blockCount?: number;
  perf?: PerfStats;
  /** @since 4.10.0 */
  iothread?: IOThreadStats[];
  /** The number of IOThreads, where it is not the length of `iothread`: not every QEMU tells about polling. */
  iothreadCount?: number;
  /** @since 6.0.0 */
  memory?: BandwidthStats;
  /** @since 7.2.0 */
  dirtyrate?: DirtyRateStats;
  /**
   * What the hypervisor counts for the whole domain, by its own names.
   * @since 8.9.0
   */
  vm?: Record<string, CustomStat>;
}

/** The state, and why. */
export interface StateStats {
  /** A `DomainState`. */
  state?: number;
  /** Why it is in this state; the enum depends on the state. */
  reason?: number;
}

/** CPU time. */
export interface CPUStats {
  /** CPU time of the whole domain, in ns. */
  time?: bigint;
  /** CPU time in user space, in ns. */
  user?: bigint;
  /** CPU time in the kernel, in ns. */
  system?: bigint;
  /** CPU time that went into polling before a halted vCPU was put to sleep, in ns. */
  haltpoll?: {
    /** The poll was worth it: an interrupt came. */
    success?: { time?: bigint };
    /** The vCPU had to give way in the end. */
    fail?: { time?: bigint };
  };
  cache?: { monitor?: CacheMonitorStats[] };
  /** @since 12.4.0 */
  energy?: { monitor?: EnergyMonitorStats[] };
}

/** A monitor of the host for some vCPUs. */
export interface MonitorStats {
  index: number;
  name?: string;
  /** The vCPUs that are watched, as in `0-2,5`. */
  vcpus?: string;
}

/** A monitor of caches. */
export interface CacheMonitorStats extends MonitorStats {
  bank?: {
    index: number;
    /** The host's id of the cache. */
    id?: number;
    /** Bytes of the last-level cache in use. */
    bytes?: number;
  }[];
}

/** A monitor of energy. */
export interface EnergyMonitorStats extends MonitorStats {
  pkg?: {
    index: number;
    /** The kernel's id of the package. */
    id?: number;
  }[];
}

/** Memory; all amounts are in KiB. Most of it comes from the guest's balloon driver. */
export interface BalloonStats {
  /** What the guest has now. */
  current?: bigint;
  /** What it may have. */
  maximum?: bigint;
  /** Read from swap. */
  swapIn?: bigint;
  /** Written to swap. */
  swapOut?: bigint;
  /** Page faults that needed the disk (a number, not KiB). */
  majorFault?: bigint;
  /** All other page faults (a number, not KiB). */
  minorFault?: bigint;
  /** What the guest leaves unused. */
  unused?: bigint;
  /** What the guest can see and use. */
  available?: bigint;
  /** What the balloon could take without making the guest swap. */
  usable?: bigint;
  /** When the guest reported last, in seconds since 1970. */
  lastUpdate?: bigint;
  /** What could be freed without I/O, mostly caches of disks. */
  diskCaches?: bigint;
  /** Huge pages that the guest got (a number, not KiB). */
  hugetlbPgalloc?: bigint;
  /** Huge pages that it asked for in vain (a number, not KiB). */
  hugetlbPgfail?: bigint;
  /** What the domain's process holds in the host's memory. */
  rss?: bigint;
}

/** The vCPUs. */
export interface VcpusStats {
  /** How many are online. */
  current?: number;
  /** How many there may be. */
  maximum?: number;
  /** Those that are online: `index` is the number of the vCPU, and has holes after unplugging. */
  list: VcpuStats[];
}

/** One vCPU. */
export interface VcpuStats {
  /** The number of the vCPU. */
  index: number;
  /** A `VcpuState`. */
  state?: number;
  /** CPU time it has used, in ns. */
  time?: bigint;
  /** Time it wanted to run while the host ran something else, in ns. */
  wait?: bigint;
  /** Idle, or switched off: which of them depends on the architecture. */
  halted?: boolean;
  /** Time it stood in the scheduler's queue, in ns; the guest sees it as stolen. */
  delay?: bigint;
  /** What the hypervisor counts for each vCPU, by its own names, as {@link CustomStat}. */
  [name: string]: CustomStat | number | bigint | boolean | undefined;
}

/** A figure under a name of the hypervisor's own. Units and meaning are the hypervisor's. */
export interface CustomStat {
  /** The value now. */
  cur?: number | bigint | boolean;
  /** The highest value. */
  max?: number | bigint | boolean;
  /** The sum. */
  sum?: number | bigint | boolean;
}

/** One interface. */
export interface NetStats {
  index: number;
  /** The host's interface: `vnet0`. */
  name?: string;
  /** Received by the guest. */
  rx?: NetCounters;
  /** Sent by the guest. */
  tx?: NetCounters;
}

/** What went through an interface. */
export interface NetCounters {
  bytes?: bigint;
  /** Packets. */
  pkts?: bigint;
  /** Errors. */
  errs?: bigint;
  /** Packets dropped. */
  drop?: bigint;
}

/** Counts by the host's performance events, for those that were switched on. Plain numbers unless said otherwise. */
export interface PerfStats {
  /** Bytes of L3 cache in use. */
  cmt?: bigint;
  /** Memory bandwidth over all sockets, in bytes/s. */
  mbmt?: bigint;
  /** Memory bandwidth of this socket, in bytes/s. */
  mbml?: bigint;
  cacheMisses?: bigint;
  cacheReferences?: bigint;
  instructions?: bigint;
  cpuCycles?: bigint;
  branchInstructions?: bigint;
  branchMisses?: bigint;
  busCycles?: bigint;
  /** Cycles in which nothing could be fetched or decoded. */
  stalledCyclesFrontend?: bigint;
  /** Cycles in which nothing could be carried out. */
  stalledCyclesBackend?: bigint;
  /** Cycles at the nominal clock, whatever the clock was. */
  refCpuCycles?: bigint;
  /** The CPU's clock. */
  cpuClock?: bigint;
  /** The task's clock. */
  taskClock?: bigint;
  pageFaults?: bigint;
  contextSwitches?: bigint;
  /** Moves from one host CPU to another. */
  cpuMigrations?: bigint;
  /** Page faults without I/O. */
  pageFaultsMin?: bigint;
  /** Page faults with I/O. */
  pageFaultsMaj?: bigint;
  alignmentFaults?: bigint;
  emulationFaults?: bigint;
}

/** How an IOThread polls. The list leaves out threads that the hypervisor says nothing about. */
export interface IOThreadStats {
  /** The thread's id in the domain's XML. */
  index: number;
  /** The longest it polls, in ns; 0 is never. */
  pollMaxNs?: bigint;
  /** The factor by which polling grows; 0 leaves it to the hypervisor. A bigint from 2^32 on. */
  pollGrow?: number | bigint;
  /** The divisor by which it shrinks; 0 leaves it to the hypervisor. A bigint from 2^32 on. */
  pollShrink?: number | bigint;
  /**
   * How much the last interval weighs, as a shift; 0 is the hypervisor's default.
   * @since 12.7.0
   */
  pollWeight?: number;
}

/** What the host measures of the memory's use. */
export interface BandwidthStats {
  bandwidth?: { monitor?: BandwidthMonitorStats[] };
}

/** A monitor of memory bandwidth. */
export interface BandwidthMonitorStats extends MonitorStats {
  node?: {
    index: number;
    /** The host's id of the memory controller. */
    id?: number;
    /** Bytes moved so far: through the controller of the CPU's own socket, and through all of them. */
    bytes?: { local?: bigint; total?: bigint };
  }[];
}

/** The last measurement that `startDirtyRateCalc` began. */
export interface DirtyRateStats {
  /** A `DomainDirtyRateStatus`. */
  calcStatus?: number;
  /** When it began, in seconds since 1970. */
  calcStartTime?: bigint;
  /** How long it took, in seconds. */
  calcPeriod?: number;
  /** `page-sampling`, `dirty-bitmap` or `dirty-ring`. */
  calcMode?: string;
  /** MiB written per second; only once it is measured. */
  megabytesPerSecond?: bigint;
  /** The same for each vCPU, where the mode tells. */
  vcpu?: { index: number; megabytesPerSecond?: bigint }[];
}

const LIST: NestedShape = { as: 'list' };
const NAMES: NestedShape = { as: 'names' };

function names(fields: Record<string, NestedShape>): NestedShape {
  return { as: 'names', fields: new Map(Object.entries(fields)) };
}

function list(fields: Record<string, NestedShape>): NestedShape {
  return { as: 'list', each: names(fields) };
}

const BINS = names({ bin: LIST });

const SHAPE = names({
  state: NAMES,
  cpu: names({
    haltpoll: names({ success: NAMES, fail: NAMES }),
    cache: names({ monitor: list({ bank: LIST }) }),
    energy: names({ monitor: list({ pkg: LIST }) }),
  }),
  balloon: NAMES,
  vcpu: { as: 'group', each: NAMES },
  net: list({ rx: NAMES, tx: NAMES }),
  block: list({
    rd: NAMES,
    wr: NAMES,
    fl: NAMES,
    limits: NAMES,
    timed_group: LIST,
    latency_histogram: names({ read: BINS, write: BINS, zone_append: BINS, flush: BINS }),
  }),
  perf: NAMES,
  iothread: LIST,
  memory: names({ bandwidth: names({ monitor: list({ node: { as: 'list', each: names({ bytes: NAMES }) } }) }) }),
  dirtyrate: names({ vcpu: LIST }),
  vm: NAMES,
});

/**
 * @internal The statistics of a domain from typed parameters, by the rules of `nest`. What the types say of lists and
 * groups holds whatever fields are there; the values are taken as they come.
 */
export function toDomainStats(flat: Readonly<TypedParams>): DomainStats {
  return nest(flat, SHAPE);
}
