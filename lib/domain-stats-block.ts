/** The statistics of disks, a part of those of a domain. */

/** One disk, or one image of its chain. */
export interface DiskStats {
  index: number;
  /** The disk's target: `vda`. Images of one chain share it. */
  name?: string;
  /** The file or device; not there for network disks and empty drives. */
  path?: string;
  /** Which image of the chain, where chains were asked for. */
  backingIndex?: number;
  /** Reads. */
  rd?: BlockCounters;
  /** Writes. */
  wr?: BlockCounters;
  /** Flushes. */
  fl?: Omit<BlockCounters, 'bytes'>;
  /** Xen only: requests that had to wait, because its ring was full. */
  errors?: bigint;
  /** The end of the highest sector written, in bytes. */
  allocation?: bigint;
  /** The size that the guest sees, in bytes. */
  capacity?: bigint;
  /** The size of the file or device, in bytes. */
  physical?: bigint;
  /** The offset in bytes beyond which a write makes the block threshold event. */
  threshold?: bigint;
  /** @since 11.10.0 */
  limits?: BlockLimits;
  /**
   * Figures of the last intervals, one entry for each that the domain's XML sets up.
   * @since 11.10.0
   */
  timedGroup?: BlockTimedGroup[];
  /** @since 12.1.0 */
  latencyHistogram?: {
    read?: LatencyHistogram;
    write?: LatencyHistogram;
    zoneAppend?: LatencyHistogram;
    flush?: LatencyHistogram;
  };
}

/** What was asked of a disk. */
export interface BlockCounters {
  /** Requests. */
  reqs?: bigint;
  bytes?: bigint;
  /** Time spent on them, in ns. */
  times?: bigint;
}

/** What the host's storage asks of requests, in bytes unless said otherwise. */
export interface BlockLimits {
  /** Offsets and lengths are multiples of it. */
  requestAlignment?: bigint;
  discardMax?: bigint;
  /** The best alignment for discarding. */
  discardAlignment?: bigint;
  writeZeroesMax?: bigint;
  /** The best alignment for zeroing. */
  writeZeroesAlignment?: bigint;
  transferOptimal?: bigint;
  transferMax?: bigint;
  /** The hardware's limit, for requests that go round the I/O scheduler. */
  transferHwMax?: bigint;
  /** Elements of a scatter/gather list (a number). */
  iovMax?: bigint;
  /** The same for requests that go round the I/O scheduler (a number). */
  iovHwMax?: bigint;
  /** Memory aligned like this needs no bounce buffer. */
  memoryAlignmentMinimal?: bigint;
  /** The alignment of bounce buffers. */
  memoryAlignmentOptimal?: bigint;
}

/** Latencies are in ns; a queue depth is the mean number of requests waiting. */
export interface BlockTimedGroup {
  index: number;
  /** The interval's length, in seconds. */
  interval?: bigint;
  rdLatencyMin?: bigint;
  rdLatencyMax?: bigint;
  rdLatencyAvg?: bigint;
  rdQueueDepthAvg?: number;
  wrLatencyMin?: bigint;
  wrLatencyMax?: bigint;
  wrLatencyAvg?: bigint;
  wrQueueDepthAvg?: number;
  zoneAppendLatencyMin?: bigint;
  zoneAppendLatencyMax?: bigint;
  zoneAppendLatencyAvg?: bigint;
  zoneAppendQueueDepthAvg?: number;
  flushLatencyMin?: bigint;
  flushLatencyMax?: bigint;
  flushLatencyAvg?: bigint;
}

/** How long requests took. */
export interface LatencyHistogram {
  bin?: {
    index: number;
    /** The shortest latency of this bin, in ns; it ends where the next one starts. */
    start?: bigint;
    /** How many requests took so long. */
    value?: bigint;
  }[];
}
