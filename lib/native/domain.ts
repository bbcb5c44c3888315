import type { TypedParams, virConnect, virDomain } from './common.js';

export interface virDomainInfo {
  state: number;
  maxMem: number;
  memory: number;
  nrVirtCpu: number;
  cpuTime: bigint;
}

export interface virDomainInterfaceStatsStruct {
  rx_bytes: bigint;
  rx_packets: bigint;
  rx_errs: bigint;
  rx_drop: bigint;
  tx_bytes: bigint;
  tx_packets: bigint;
  tx_errs: bigint;
  tx_drop: bigint;
}

export interface virDomainIPAddress {
  type: number;
  addr: string;
  prefix: number;
}

export interface virDomainInterface {
  name: string;
  hwaddr: string | null;
  addrs: virDomainIPAddress[];
}

export interface virDomainMemoryStatStruct {
  tag: number;
  val: bigint;
}

export interface virDomainBlockInfo {
  capacity: bigint;
  allocation: bigint;
  physical: bigint;
}

export interface virDomainFSInfo {
  mountpoint: string;
  name: string;
  fstype: string | null;
  devAlias: string[];
}

export interface virDomainStatsRecord {
  dom: virDomain;
  params: TypedParams;
}

export interface NativeDomain {
  virConnectListAllDomains(conn: virConnect, flags: number): Promise<virDomain[]>;
  virDomainLookupByID(conn: virConnect, id: number): Promise<virDomain>;
  virDomainLookupByName(conn: virConnect, name: string): Promise<virDomain>;
  virDomainLookupByUUID(conn: virConnect, uuid: Buffer): Promise<virDomain>;
  virDomainLookupByUUIDString(conn: virConnect, uuidstr: string): Promise<virDomain>;
  virDomainDefineXML(conn: virConnect, xml: string): Promise<virDomain>;
  virDomainDefineXMLFlags(conn: virConnect, xml: string, flags: number): Promise<virDomain>;
  virDomainCreateXML(conn: virConnect, xmlDesc: string, flags: number): Promise<virDomain>;
  virDomainGetName(domain: virDomain): string;
  virDomainGetUUID(domain: virDomain): Buffer;
  virDomainGetUUIDString(domain: virDomain): string;
  virDomainGetID(domain: virDomain): number;
  virDomainCreate(domain: virDomain): Promise<void>;
  virDomainCreateWithFlags(domain: virDomain, flags: number): Promise<void>;
  virDomainSuspend(domain: virDomain): Promise<void>;
  virDomainResume(domain: virDomain): Promise<void>;
  virDomainShutdown(domain: virDomain): Promise<void>;
  virDomainShutdownFlags(domain: virDomain, flags: number): Promise<void>;
  virDomainReboot(domain: virDomain, flags: number): Promise<void>;
  virDomainReset(domain: virDomain, flags: number): Promise<void>;
  virDomainDestroy(domain: virDomain): Promise<void>;
  virDomainDestroyFlags(domain: virDomain, flags: number): Promise<void>;
  virDomainUndefine(domain: virDomain): Promise<void>;
  virDomainUndefineFlags(domain: virDomain, flags: number): Promise<void>;
  virDomainGetXMLDesc(domain: virDomain, flags: number): Promise<string>;
  virDomainGetInfo(domain: virDomain): Promise<virDomainInfo>;
  virDomainGetState(domain: virDomain, flags: number): Promise<{ state: number; reason: number }>;
  virDomainGetOSType(domain: virDomain): Promise<string>;
  virDomainGetAutostart(domain: virDomain): Promise<boolean>;
  virDomainSetAutostart(domain: virDomain, autostart: boolean): Promise<void>;
  virDomainIsActive(domain: virDomain): Promise<boolean>;
  virDomainIsPersistent(domain: virDomain): Promise<boolean>;
  virDomainIsUpdated(domain: virDomain): Promise<boolean>;
}

export interface NativeDomainDevices {
  virDomainInterfaceAddresses(domain: virDomain, source: number, flags: number): Promise<virDomainInterface[]>;
  virDomainInterfaceStats(domain: virDomain, device: string): Promise<virDomainInterfaceStatsStruct>;
  virDomainMemoryStats(domain: virDomain, nr_stats: number, flags: number): Promise<virDomainMemoryStatStruct[]>;
  virDomainGetBlockInfo(domain: virDomain, disk: string, flags: number): Promise<virDomainBlockInfo>;
  virDomainGetFSInfo(domain: virDomain, flags: number): Promise<virDomainFSInfo[]>;
}

export interface NativeDomainStats {
  virConnectGetAllDomainStats(conn: virConnect, stats: number, flags: number): Promise<virDomainStatsRecord[]>;
  virDomainListGetStats(doms: virDomain[], stats: number, flags: number): Promise<virDomainStatsRecord[]>;
}

export interface NativeDomainQemu {
  virDomainQemuMonitorCommand(domain: virDomain, cmd: string, flags: number): Promise<string>;
  virDomainQemuAgentCommand(domain: virDomain, cmd: string, timeout: number, flags: number): Promise<string>;
  virDomainQemuMonitorCommandWithFiles(
    domain: virDomain,
    cmd: string,
    infiles: readonly number[],
    flags: number,
  ): Promise<{ result: string; outfiles: number[] }>;
  virDomainQemuAttach(conn: virConnect, pid_value: number, flags: number): Promise<virDomain>;
}
