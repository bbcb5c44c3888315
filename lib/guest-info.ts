import type { TypedParams } from './native-types.js';
import { nest, type NestedShape } from './nested.js';

/**
 * What the guest agent tells about the guest. What was not asked for and what the agent or the guest does not know is
 * not there. Names are libvirt's, each step in lower camel case; a field newer than these types is there too, under its
 * name.
 *
 * All of it is the guest's word: check it before you rely on it.
 */
export interface GuestInfo {
  user?: GuestUser[];
  os?: GuestOS;
  timezone?: GuestTimezone;
  hostname?: string;
  fs?: GuestFilesystem[];
  /** @since 7.0.0 */
  disk?: GuestDisk[];
  /** @since 7.10.0 */
  if?: GuestInterface[];
  /** @since 11.2.0 */
  load?: GuestLoad;
  /** @since 12.7.0 */
  device?: GuestDevice[];
}

/** Somebody who is logged in. */
export interface GuestUser {
  index: number;
  name?: string;
  /** The user's domain, on Windows. */
  domain?: string;
  /** In milliseconds since 1970. */
  loginTime?: bigint;
}

/** The operating system; the names are those of `os-release` where the guest has one. */
export interface GuestOS {
  /** For programs: `debian`. */
  id?: string;
  /** For people: `Debian GNU/Linux`. */
  name?: string;
  /** The name with the version, for people. */
  prettyName?: string;
  /** For people. */
  version?: string;
  /** For programs: `13`. */
  versionId?: string;
  kernelRelease?: string;
  kernelVersion?: string;
  /** The hardware's name: `x86_64`. */
  machine?: string;
  /** The edition, for people. */
  variant?: string;
  /** The edition, for programs. */
  variantId?: string;
}

/** The time zone that the guest is set to. */
export interface GuestTimezone {
  name?: string;
  /** Seconds east of UTC. */
  offset?: number;
}

/** A mounted filesystem. */
export interface GuestFilesystem {
  index: number;
  mountpoint?: string;
  /** The device in the guest: `sda1`. */
  name?: string;
  fstype?: string;
  /** Its size, in bytes. */
  totalBytes?: bigint;
  /** What is used of it, in bytes. */
  usedBytes?: bigint;
  /** The disks under it. */
  disk?: {
    index: number;
    /** The disk's target in the domain's XML: `vda`. */
    alias?: string;
    serial?: string;
    /** The device node in the guest. */
    device?: string;
  }[];
}

/** A disk as the guest sees it. */
export interface GuestDisk {
  index: number;
  /** The device node, on Windows the device's UNC name. */
  name?: string;
  /** A partition, not a whole disk. */
  partition?: boolean;
  /** What it lies on: the physical volumes of a logical one, the disk under an encrypted one. */
  dependency?: { index: number; name?: string }[];
  serial?: string;
  /** The disk's target in the domain's XML: `vda`. */
  alias?: string;
  /** A second name in the guest, such as the device mapper's. */
  guestAlias?: string;
  /** The bus, as the guest calls it. */
  guestBus?: string;
}

/** A network interface as the guest sees it. */
export interface GuestInterface {
  index: number;
  name?: string;
  hwaddr?: string;
  addr?: {
    index: number;
    /** `ipv4` or `ipv6`. */
    type?: string;
    addr?: string;
    /** The length of the network's prefix, in bits. */
    prefix?: number;
  }[];
}

/** Load averages over 1, 5 and 15 minutes. */
export interface GuestLoad {
  '1m'?: number;
  '5m'?: number;
  '15m'?: number;
}

/** A device with a driver, on Windows. */
export interface GuestDevice {
  index: number;
  driverName?: string;
  /** When the driver was released, in seconds since 1970. */
  driverDate?: bigint;
  driverVersion?: string;
  /** How the device is known: with `pci` it has `pciVendor` and `pciDevice`. */
  idType?: string;
  pciVendor?: number;
  pciDevice?: number;
}

const LIST: NestedShape = { as: 'list' };
const NAMES: NestedShape = { as: 'names' };

function listWith(name: string): NestedShape {
  return { as: 'list', each: { as: 'names', fields: new Map([[name, LIST]]) } };
}

const SHAPE: NestedShape = {
  as: 'names',
  fields: new Map([
    ['user', LIST],
    ['os', NAMES],
    ['timezone', NAMES],
    ['fs', listWith('disk')],
    ['disk', listWith('dependency')],
    ['if', listWith('addr')],
    ['load', NAMES],
    ['device', LIST],
  ]),
};

/**
 * @internal The guest's information from typed parameters, by the rules of `nest`. What the types say of lists and
 * groups holds whatever fields are there; the values are taken as they come.
 */
export function toGuestInfo(flat: Readonly<TypedParams>): GuestInfo {
  return nest(flat, SHAPE);
}
