import { ChildObject } from './child.js';
import type {
  StorageVolDeleteFlags,
  StorageVolInfoFlags,
  StorageVolResizeFlags,
  StorageVolType,
  StorageVolWipeAlgorithm,
} from './constants.js';
import type { Connection } from './connection.js';
import { native } from './native.js';
import type { virConnect, virStorageVol, virStorageVolInfo } from './native-types.js';
import { StoragePool } from './storage-pool.js';

/** What a volume is, and its sizes in bytes. */
export interface StorageVolInfo {
  type: StorageVolType;
  /** What a machine sees. */
  capacity: bigint;
  /** What is really stored; with `StorageVolInfoFlags.GET_PHYSICAL` the size of the file or device. */
  allocation: bigint;
}

/**
 * A storage volume: a file, block device or the like in a {@link StoragePool}, which a machine may have as a disk.
 *
 * @see {@link https://libvirt.org/html/libvirt-libvirt-storage.html}
 */
export class StorageVol extends ChildObject<virStorageVol> {
  /**
   * Its name in the pool.
   *
   * @see virStorageVolGetName
   * @since libvirt 0.4.1
   */
  readonly name: string;
  /**
   * What tells it from all other volumes of the host: for files their path.
   *
   * @see virStorageVolGetKey
   * @since libvirt 0.4.1
   */
  readonly key: string;

  private constructor(connection: Connection, handle: virStorageVol) {
    super(connection, handle);
    this.name = native.virStorageVolGetName(handle);
    this.key = native.virStorageVolGetKey(handle);
  }

  /** @internal */
  static of(connection: Connection, handle: virStorageVol): StorageVol {
    return new StorageVol(connection, handle);
  }

  /** @internal The key needs no pool, and is the same in whatever way the volume was found. */
  protected override find(conn: virConnect): Promise<virStorageVol> {
    return native.virStorageVolLookupByKey(conn, this.key);
  }

  /** @internal */
  protected override summary(): Record<string, unknown> {
    return { name: this.name, key: this.key };
  }

  /**
   * The pool that the volume is in.
   *
   * @throws LibvirtError `VIR_ERR_NO_STORAGE_POOL` when the pool is gone
   * @see virStoragePoolLookupByVolume
   * @since libvirt 0.4.1
   */
  lookupPool(): Promise<StoragePool> {
    return this.call(async (vol) => StoragePool.of(this.connection, await native.virStoragePoolLookupByVolume(vol)));
  }

  /**
   * The path by which a machine's XML names the volume.
   *
   * @see virStorageVolGetPath
   * @since libvirt 0.4.1
   */
  getPath(): Promise<string> {
    return this.call((vol) => native.virStorageVolGetPath(vol));
  }

  /**
   * The volume's kind and sizes. It is looked at for that: no refresh of the pool is needed.
   *
   * @param flags - `StorageVolInfoFlags.GET_PHYSICAL` for the size of the file or device as `allocation`
   * @see virStorageVolGetInfo, virStorageVolGetInfoFlags
   * @since libvirt 0.4.1; with flags 3.0.0
   */
  getInfo(flags: StorageVolInfoFlags = 0): Promise<StorageVolInfo> {
    return this.call(async (vol) =>
      toInfo(await (flags === 0 ? native.virStorageVolGetInfo(vol) : native.virStorageVolGetInfoFlags(vol, flags))),
    );
  }

  /**
   * The volume's XML description: its sizes, format, owner, and what it is based on.
   *
   * @param flags - none are defined; 0
   * @see virStorageVolGetXMLDesc
   * @since libvirt 0.4.1
   */
  getXMLDesc(flags = 0): Promise<string> {
    return this.call((vol) => native.virStorageVolGetXMLDesc(vol, flags));
  }

  /**
   * Makes the volume larger or smaller. A machine that runs with it does not learn of that.
   *
   * @param capacity - the new size in bytes, or with `StorageVolResizeFlags.DELTA` the difference
   * @param flags - `StorageVolResizeFlags`; `SHRINK` must be among them where it is to become smaller
   * @throws LibvirtError `VIR_ERR_INVALID_ARG` when it would become smaller and the flags do not say so
   * @see virStorageVolResize
   * @since libvirt 0.9.10
   */
  resize(capacity: bigint | number, flags: StorageVolResizeFlags = 0): Promise<void> {
    return this.call((vol) => native.virStorageVolResize(vol, capacity, flags));
  }

  /**
   * Overwrites the volume, so that what was in it cannot be read any more. The volume itself stays.
   *
   * @param algorithm - how: with zeros, or with what the `scrub` program of the host knows
   * @param flags - none are defined; 0
   * @see virStorageVolWipe, virStorageVolWipePattern
   * @since libvirt 0.8.0; with an algorithm 0.9.10
   */
  wipe(algorithm: StorageVolWipeAlgorithm = 0, flags = 0): Promise<void> {
    return this.call((vol) =>
      algorithm === 0 ? native.virStorageVolWipe(vol, flags) : native.virStorageVolWipePattern(vol, algorithm, flags),
    );
  }

  /**
   * Deletes the volume and what is in it.
   *
   * @param flags - `StorageVolDeleteFlags`
   * @see virStorageVolDelete
   * @since libvirt 0.4.1
   */
  delete(flags: StorageVolDeleteFlags = 0): Promise<void> {
    return this.call((vol) => native.virStorageVolDelete(vol, flags));
  }
}

function toInfo({ type, ...sizes }: virStorageVolInfo): StorageVolInfo {
  return { type: type as StorageVolType, ...sizes };
}
