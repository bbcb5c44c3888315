import { ConnectionBase } from './connection-base.js';
import {
  type CellPages,
  type NodeCPUMap,
  type SecurityModel,
  fromPageCounts,
  toCellPages,
  toNodeStats,
} from './connection-node-shapes.js';
import type { NodeAllocPagesFlags, NodeSuspendTarget } from './constants.js';
import { native } from './native.js';
import { nest } from './nested.js';
import {
  type NodeCPUStats,
  type NodeMemoryParameters,
  type NodeMemorySettings,
  type NodeMemoryStats,
  type NodeSEVInfo,
  type Settable,
  toWire,
} from './params.js';

/** As many as libvirt's protocol lets through. */
const allCells = 1024;

/** The part of {@link Connection} that is about the host's CPUs and memory. */
export abstract class ConnectionNode extends ConnectionBase {
  /**
   * The host's CPUs, and which of them are online.
   *
   * @param flags - none are defined; 0
   * @see virNodeGetCPUMap
   * @since libvirt 1.0.0
   */
  getNodeCPUMap(flags = 0): Promise<NodeCPUMap> {
    return this.call((conn) => native.virNodeGetCPUMap(conn, flags));
  }

  /**
   * What a CPU of the host spent its time with, in ns.
   *
   * @param cpuNum - the number of the CPU; `NodeGetCPUStatsAllCPUs.ALL_CPUS` (the default) for the sum of all
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_INVALID_ARG` when there is no such CPU
   * @see virNodeGetCPUStats
   * @since libvirt 0.9.3
   */
  getNodeCPUStats(cpuNum = -1, flags = 0): Promise<NodeCPUStats> {
    return this.call(async (conn) => toNodeStats(await native.virNodeGetCPUStats(conn, cpuNum, flags)));
  }

  /**
   * The memory of the host or of one NUMA cell, in KiB.
   *
   * @param cellNum - the number of the cell; `NodeGetMemoryStatsAllCells.ALL_CELLS` (the default) for the host
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_INVALID_ARG` when there is no such cell
   * @see virNodeGetMemoryStats
   * @since libvirt 0.9.3
   */
  getNodeMemoryStats(cellNum = -1, flags = 0): Promise<NodeMemoryStats> {
    return this.call(async (conn) => toNodeStats(await native.virNodeGetMemoryStats(conn, cellNum, flags)));
  }

  /**
   * The host's free memory in bytes; buffers and caches do not count as free.
   *
   * @see virNodeGetFreeMemory
   * @since libvirt 0.3.3
   */
  getNodeFreeMemory(): Promise<bigint> {
    return this.call((conn) => native.virNodeGetFreeMemory(conn));
  }

  /**
   * The free memory of NUMA cells in bytes, one after another.
   *
   * @param startCell - the first cell
   * @param maxCells - how many at most; the result has no more than the host has
   * @see virNodeGetCellsFreeMemory
   * @since libvirt 0.3.3
   */
  getNodeCellsFreeMemory(startCell = 0, maxCells = allCells): Promise<bigint[]> {
    return this.call((conn) => native.virNodeGetCellsFreeMemory(conn, startCell, maxCells));
  }

  /**
   * How many pages of some sizes are free, for each NUMA cell.
   *
   * @param pages - the sizes in KiB, such as `[4, 2048]`
   * @param startCell - the first cell; -1: the whole host in place of cells
   * @param cellCount - how many cells; the result has no more than the host has
   * @param flags - none are defined; 0
   * @see virNodeGetFreePages
   * @since libvirt 1.2.6
   */
  getNodeFreePages(pages: readonly number[], startCell = 0, cellCount = 1, flags = 0): Promise<CellPages[]> {
    return this.call(async (conn) =>
      toCellPages(pages, startCell, await native.virNodeGetFreePages(conn, pages, startCell, cellCount, flags)),
    );
  }

  /**
   * Reserves huge pages on the host, or gives them back.
   *
   * @param pages - for each size in KiB how many; a size may come once
   * @param startCell - the first cell; -1: the kernel spreads them over all cells
   * @param cellCount - how many cells get as many each
   * @param flags - `NodeAllocPagesFlags.SET` when the counts are to become the whole pool; otherwise they are added
   * @returns how many cells were changed
   * @see virNodeAllocPages
   * @since libvirt 1.2.9
   */
  allocNodePages(
    pages: readonly { size: number; count: bigint | number }[],
    startCell = -1,
    cellCount = 1,
    flags: NodeAllocPagesFlags = 0,
  ): Promise<number> {
    return this.call((conn) => {
      const { sizes, counts } = fromPageCounts(pages);
      return native.virNodeAllocPages(conn, sizes, counts, startCell, cellCount, flags);
    });
  }

  /**
   * How the host looks for pages of equal content that guests can share, and what it found.
   *
   * @param flags - none are defined; 0
   * @see virNodeGetMemoryParameters
   * @since libvirt 0.10.2
   */
  getNodeMemoryParameters(flags = 0): Promise<NodeMemoryParameters> {
    return this.call(async (conn) => nest(await native.virNodeGetMemoryParameters(conn, flags)));
  }

  /**
   * Says how the host is to look for pages that guests can share. What is left out stays as it is.
   *
   * @param flags - none are defined; 0
   * @see virNodeSetMemoryParameters
   * @since libvirt 0.10.2
   */
  setNodeMemoryParameters(params: Settable<NodeMemorySettings>, flags = 0): Promise<void> {
    return this.call((conn) =>
      native.virNodeSetMemoryParameters(conn, toWire('virNodeSetMemoryParameters', 'nodeMemory', params), flags),
    );
  }

  /**
   * What the host can do to encrypt guests with AMD's SEV.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_OPERATION_UNSUPPORTED` when it cannot
   * @see virNodeGetSEVInfo
   * @since libvirt 4.5.0
   */
  getNodeSEVInfo(flags = 0): Promise<NodeSEVInfo> {
    return this.call(async (conn) => nest(await native.virNodeGetSEVInfo(conn, flags)));
  }

  /**
   * The security driver that confines guests on the host.
   *
   * @see virNodeGetSecurityModel
   * @since libvirt 0.6.1
   */
  getNodeSecurityModel(): Promise<SecurityModel> {
    return this.call((conn) => native.virNodeGetSecurityModel(conn));
  }

  /**
   * Puts the whole host to sleep, and wakes it by its clock. It sleeps some seconds after the call has returned.
   *
   * @param target - to memory, to disk or both
   * @param duration - seconds until it wakes, 60 at least
   * @param flags - none are defined; 0
   * @see virNodeSuspendForDuration
   * @since libvirt 0.9.8
   */
  suspendNodeForDuration(target: NodeSuspendTarget, duration: bigint | number, flags = 0): Promise<void> {
    return this.call((conn) => native.virNodeSuspendForDuration(conn, target, duration, flags));
  }
}
