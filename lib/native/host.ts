import type { MaybeNull, TypedParams, TypedParamsIn, virConnect } from './common.js';

/** virNodeCPUStats and virNodeMemoryStats. */
export interface virNodeStat {
  field: string;
  value: bigint;
}

export interface virSecurityModel {
  model: string;
  doi: string;
}

type Text = MaybeNull<string>;

export interface NativeHost {
  virConnectGetDomainCapabilities(
    conn: virConnect,
    emulatorbin: Text,
    arch: Text,
    machine: Text,
    virttype: Text,
    flags: number,
  ): Promise<string>;
  virConnectGetSysinfo(conn: virConnect, flags: number): Promise<string>;
  virConnectGetMaxVcpus(conn: virConnect, type?: Text): Promise<number>;
  virConnectGetCPUModelNames(conn: virConnect, arch: string, flags: number): Promise<string[]>;
  virConnectCompareCPU(conn: virConnect, xmlDesc: string, flags: number): Promise<number>;
  virConnectCompareHypervisorCPU(
    conn: virConnect,
    emulator: Text,
    arch: Text,
    machine: Text,
    virttype: Text,
    xmlCPU: string,
    flags: number,
  ): Promise<number>;
  virConnectBaselineCPU(conn: virConnect, xmlCPUs: readonly string[], flags: number): Promise<string>;
  virConnectBaselineHypervisorCPU(
    conn: virConnect,
    emulator: Text,
    arch: Text,
    machine: Text,
    virttype: Text,
    xmlCPUs: readonly string[],
    flags: number,
  ): Promise<string>;
  virConnectSetIdentity(conn: virConnect, params: TypedParamsIn, flags: number): Promise<void>;
  /** `total` is C's return value, `cpumap` the numbers of the CPUs that are online. */
  virNodeGetCPUMap(conn: virConnect, flags: number): Promise<{ total: number; cpumap: number[]; online: number }>;
  virNodeGetCPUStats(conn: virConnect, cpuNum: number, flags: number): Promise<virNodeStat[]>;
  virNodeGetMemoryStats(conn: virConnect, cellNum: number, flags: number): Promise<virNodeStat[]>;
  virNodeGetFreeMemory(conn: virConnect): Promise<bigint>;
  virNodeGetCellsFreeMemory(conn: virConnect, startCell: number, maxCells: number): Promise<bigint[]>;
  /** A count for each size of each cell: those of the first cell, then those of the next. */
  virNodeGetFreePages(
    conn: virConnect,
    pages: readonly number[],
    startcell: number,
    cellcount: number,
    flags: number,
  ): Promise<bigint[]>;
  virNodeAllocPages(
    conn: virConnect,
    pageSizes: readonly number[],
    pageCounts: readonly (bigint | number)[],
    startCell: number,
    cellCount: number,
    flags: number,
  ): Promise<number>;
  virNodeGetMemoryParameters(conn: virConnect, flags: number): Promise<TypedParams>;
  virNodeSetMemoryParameters(conn: virConnect, params: TypedParamsIn, flags: number): Promise<void>;
  virNodeGetSEVInfo(conn: virConnect, flags: number): Promise<TypedParams>;
  virNodeGetSecurityModel(conn: virConnect): Promise<virSecurityModel>;
  virNodeSuspendForDuration(conn: virConnect, target: number, duration: bigint | number, flags: number): Promise<void>;
}
