import { DomainMemoryStatTags, type IPAddrType } from './constants.js';
import type {
  virDomainFSInfo,
  virDomainInterface,
  virDomainInterfaceStatsStruct,
  virDomainMemoryStatStruct,
} from './native-types.js';

/** An address of a machine's interface. */
export interface IPAddress {
  type: IPAddrType;
  /** The address itself, such as `192.168.122.2`. */
  addr: string;
  /** The length of its network part in bits. */
  prefix: number;
}

/** A machine's interface with its addresses. */
export interface DomainInterface {
  /** Its name: on the host when leases or ARP were asked, in the guest when the agent was. */
  name: string;
  /** Its MAC address. */
  hwaddr: string | null;
  addrs: IPAddress[];
}

/** What went through an interface, seen from the machine. -1 stands for what the host does not count. */
export interface InterfaceStats {
  rxBytes: bigint;
  rxPackets: bigint;
  rxErrs: bigint;
  rxDrop: bigint;
  txBytes: bigint;
  txPackets: bigint;
  txErrs: bigint;
  txDrop: bigint;
}

/** A disk's size in bytes. */
export interface BlockInfo {
  /** What the guest sees. */
  capacity: bigint;
  /** What is really stored. */
  allocation: bigint;
  /** What the host keeps for it: the size of the file or device. */
  physical: bigint;
}

/** A file system that is mounted in a guest. */
export interface FSInfo {
  mountpoint: string;
  /** The device's name in the guest. */
  name: string;
  fstype: string | null;
  /** The targets of the machine's disks that it lies on, such as `vda`. */
  devAlias: string[];
}

/** What is known of a machine's memory: in KiB, but for the counts of faults and pages and for `lastUpdate`. */
export interface MemoryStats {
  /** Read back from swap. */
  swapIn?: bigint;
  /** Written to swap. */
  swapOut?: bigint;
  /** Page faults that needed the disk. */
  majorFault?: bigint;
  /** Page faults that did not. */
  minorFault?: bigint;
  /** What the guest does not use at all. */
  unused?: bigint;
  /** What the guest has. */
  available?: bigint;
  /** The balloon's size: what the machine has now. */
  actualBalloon?: bigint;
  /** What the machine's process holds of the host's memory. */
  rss?: bigint;
  /** What the guest could give away without swapping. */
  usable?: bigint;
  /** When the guest reported last, in seconds since 1970. */
  lastUpdate?: bigint;
  /** What the guest keeps as a cache of its disks. */
  diskCaches?: bigint;
  /** Huge pages that the guest allocated. */
  hugetlbPgalloc?: bigint;
  /** Huge pages that the guest could not allocate. */
  hugetlbPgfail?: bigint;
  /** A tag newer than this package, under its number. */
  [tag: `tag${number}`]: bigint;
}

/** More than libvirt has tags: what a newer one adds is kept. */
export const memoryStatCount = 64;

/** @internal */
export function toInterface(raw: virDomainInterface): DomainInterface {
  return raw as DomainInterface;
}

/** @internal */
export function toFSInfo(raw: virDomainFSInfo): FSInfo {
  return raw;
}

/** @internal */
export function toInterfaceStats(raw: virDomainInterfaceStatsStruct): InterfaceStats {
  return {
    rxBytes: raw.rx_bytes,
    rxPackets: raw.rx_packets,
    rxErrs: raw.rx_errs,
    rxDrop: raw.rx_drop,
    txBytes: raw.tx_bytes,
    txPackets: raw.tx_packets,
    txErrs: raw.tx_errs,
    txDrop: raw.tx_drop,
  };
}

const memoryStatNames = new Map<number, string>(
  Object.entries(DomainMemoryStatTags).map(([name, tag]) => [
    tag,
    name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
  ]),
);

/** @internal */
export function toMemoryStats(raw: virDomainMemoryStatStruct[]): MemoryStats {
  return Object.fromEntries(raw.map(({ tag, val }) => [memoryStatNames.get(tag) ?? `tag${String(tag)}`, val]));
}
