/** Types of the raw layer. Names and fields are C's. */

declare const kind: unique symbol;

/** A libvirt object: opaque, freed when nothing refers to it any more or when its connection is closed. */
export interface Handle<K extends string> {
  readonly [kind]: K;
}
export type virConnect = Handle<'virConnect'>;
export type virDomain = Handle<'virDomain'>;
export type virNetwork = Handle<'virNetwork'>;

/** What a failed call rejects with: the fields of virError, or one of the library's own codes. */
export interface ErrorRecord {
  /** virErrorNumber, or `ERR_LIBVIRT_CLOSED`, `ERR_LIBVIRT_CANCELLED`, `ERR_LIBVIRT_ABANDONED`. */
  code: number | string;
  /** virErrorDomain. */
  domain?: number;
  /** virErrorLevel. */
  level?: number;
  message: string;
  str1?: string | null;
  str2?: string | null;
  str3?: string | null;
  int1?: number;
  int2?: number;
  /** Whether the link to the daemon was dead after the failure. */
  disconnected?: boolean;
  /** The C function. */
  operation: string;
}

/** What the facade needs of the machinery beyond libvirt's functions. */
export interface Runtime {
  /** The number of the call that was made last in this environment. */
  lastCall(): number;
  /**
   * Releases whoever waits for a call. `removed`: it had not started and will not; `released`: it runs on, and nobody
   * learns how it ends; `settled`: it was over already.
   */
  cancel(call: number): 'removed' | 'released' | 'settled';
  /** Releases everybody who waits for a call of a connection that is being closed. */
  abandon(conn: virConnect): void;
  /** The link is gone: rejects every call of the connection, those that run and those to come. */
  lose(conn: virConnect, message: string): void;
  /** Asks the daemon for a sign of life, past the queue; the process does not wait for the answer. */
  ping(conn: virConnect): Promise<number>;
  /** How many calls of a connection may run at once (4). */
  setMaxCalls(conn: virConnect, maxCalls: number): void;
  /** The process's threads and handles, and this environment's pending calls. */
  stats(): { threads: number; handles: number; pending: number };
  /** Every bound function: what it takes, and how it is queued. */
  functions(): {
    name: string;
    class: 'wait' | 'quick' | 'local';
    /** Not in the libvirt that is loaded. */
    missing: boolean;
    parameters: { name: string; type: string; nullable: boolean }[];
  }[];
}

export interface virNodeInfo {
  model: string;
  memory: number;
  cpus: number;
  mhz: number;
  nodes: number;
  sockets: number;
  cores: number;
  threads: number;
}

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

export interface virNetworkDHCPLease {
  iface: string;
  expirytime: bigint;
  type: number;
  mac: string | null;
  iaid: string | null;
  ipaddr: string;
  prefix: number;
  hostname: string | null;
  clientid: string | null;
}

/** A value of a typed parameter, by its wire type; a field that comes more than once is an array. */
export type TypedScalar = number | bigint | boolean | string | null;
export type TypedParams = Record<string, TypedScalar | TypedScalar[]>;

export interface virDomainStatsRecord {
  dom: virDomain;
  params: TypedParams;
}

type MaybeNull<T> = T | null | undefined;

export interface Native {
  readonly runtime: Runtime;

  virGetVersion(type?: MaybeNull<string>): { libVer: number; typeVer: number };

  virConnectOpen(name?: MaybeNull<string>): Promise<virConnect>;
  virConnectOpenReadOnly(name?: MaybeNull<string>): Promise<virConnect>;
  virConnectClose(conn: virConnect): Promise<number>;
  virConnectGetURI(conn: virConnect): string;
  virConnectIsAlive(conn: virConnect): boolean;
  virConnectSetKeepAlive(conn: virConnect, interval: number, count: number): number;
  virConnectIsSecure(conn: virConnect): Promise<boolean>;
  virConnectIsEncrypted(conn: virConnect): Promise<boolean>;
  virConnectGetType(conn: virConnect): Promise<string>;
  virConnectGetVersion(conn: virConnect): Promise<number>;
  virConnectGetLibVersion(conn: virConnect): Promise<number>;
  virConnectGetHostname(conn: virConnect): Promise<string>;
  virConnectGetCapabilities(conn: virConnect): Promise<string>;
  virNodeGetInfo(conn: virConnect): Promise<virNodeInfo>;

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
  virDomainInterfaceAddresses(domain: virDomain, source: number, flags: number): Promise<virDomainInterface[]>;
  virDomainInterfaceStats(domain: virDomain, device: string): Promise<virDomainInterfaceStatsStruct>;
  virDomainMemoryStats(domain: virDomain, nr_stats: number, flags: number): Promise<virDomainMemoryStatStruct[]>;
  virDomainGetBlockInfo(domain: virDomain, disk: string, flags: number): Promise<virDomainBlockInfo>;
  virDomainGetFSInfo(domain: virDomain, flags: number): Promise<virDomainFSInfo[]>;
  virConnectGetAllDomainStats(conn: virConnect, stats: number, flags: number): Promise<virDomainStatsRecord[]>;
  virDomainListGetStats(doms: virDomain[], stats: number, flags: number): Promise<virDomainStatsRecord[]>;
  virDomainQemuMonitorCommand(domain: virDomain, cmd: string, flags: number): Promise<string>;
  virDomainQemuAgentCommand(domain: virDomain, cmd: string, timeout: number, flags: number): Promise<string>;

  virConnectListAllNetworks(conn: virConnect, flags: number): Promise<virNetwork[]>;
  virNetworkLookupByName(conn: virConnect, name: string): Promise<virNetwork>;
  virNetworkLookupByUUID(conn: virConnect, uuid: Buffer): Promise<virNetwork>;
  virNetworkLookupByUUIDString(conn: virConnect, uuidstr: string): Promise<virNetwork>;
  virNetworkDefineXML(conn: virConnect, xml: string): Promise<virNetwork>;
  virNetworkDefineXMLFlags(conn: virConnect, xml: string, flags: number): Promise<virNetwork>;
  virNetworkCreateXML(conn: virConnect, xmlDesc: string): Promise<virNetwork>;
  virNetworkCreateXMLFlags(conn: virConnect, xmlDesc: string, flags: number): Promise<virNetwork>;
  virNetworkGetName(network: virNetwork): string;
  virNetworkGetUUID(network: virNetwork): Buffer;
  virNetworkGetUUIDString(network: virNetwork): string;
  virNetworkCreate(network: virNetwork): Promise<void>;
  virNetworkDestroy(network: virNetwork): Promise<void>;
  virNetworkUndefine(network: virNetwork): Promise<void>;
  virNetworkGetXMLDesc(network: virNetwork, flags: number): Promise<string>;
  virNetworkGetBridgeName(network: virNetwork): Promise<string>;
  virNetworkGetAutostart(network: virNetwork): Promise<boolean>;
  virNetworkSetAutostart(network: virNetwork, autostart: boolean): Promise<void>;
  virNetworkIsActive(network: virNetwork): Promise<boolean>;
  virNetworkIsPersistent(network: virNetwork): Promise<boolean>;
  virNetworkGetDHCPLeases(network: virNetwork, mac: MaybeNull<string>, flags: number): Promise<virNetworkDHCPLease[]>;
}
