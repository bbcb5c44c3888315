import type {
  StoragePoolBuildFlags,
  StoragePoolCreateFlags,
  StoragePoolDeleteFlags,
  StoragePoolState,
  StorageVolCreateFlags,
  StorageXMLFlags,
} from './constants.js';
import type { Connection } from './connection.js';
import { allNames } from './names.js';
import type { StoragePoolEvents } from './events/event-map.js';
import { native } from './native.js';
import type { virConnect, virStoragePool, virStoragePoolInfo } from './native-types.js';
import { StorageVol } from './storage-vol.js';
import { mapInTurns } from './turns.js';
import { NamedObject } from './watched.js';

/** A pool's state and its sizes in bytes. Those of a pool that is not active are 0. */
export interface StoragePoolInfo {
  state: StoragePoolState;
  /** What it can hold. */
  capacity: bigint;
  /** What its volumes and others take of that. */
  allocation: bigint;
  /** What is free. */
  available: bigint;
}

/**
 * A storage pool: a directory, volume group, disk or share that volumes are made in.
 *
 * What it has is known from the last time it was started or refreshed: what others put there shows after
 * {@link refresh}.
 *
 * @see {@link https://libvirt.org/html/libvirt-libvirt-storage.html}
 */
export class StoragePool extends NamedObject<virStoragePool, StoragePoolEvents> {
  /** @internal */
  protected override readonly prefix = 'storage-pool';

  /** @internal */
  static of(connection: Connection, handle: virStoragePool): StoragePool {
    const name = native.virStoragePoolGetName(handle);
    return new StoragePool(connection, handle, name, native.virStoragePoolGetUUIDString(handle));
  }

  /** @internal */
  protected override find(conn: virConnect): Promise<virStoragePool> {
    return native.virStoragePoolLookupByUUIDString(conn, this.uuid);
  }

  /**
   * Makes what the pool is to be in: a directory, a volume group, a file system.
   *
   * @param flags - whether to overwrite what is there: `StoragePoolBuildFlags`
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when the pool is active
   * @see virStoragePoolBuild
   * @since libvirt 0.4.1
   */
  build(flags: StoragePoolBuildFlags = 0): Promise<void> {
    return this.call((pool) => native.virStoragePoolBuild(pool, flags));
  }

  /**
   * Starts the pool: it is mounted or logged in to where it needs that, and its volumes are looked for.
   *
   * @param flags - whether to build it first: `StoragePoolCreateFlags`
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when it is active already
   * @see virStoragePoolCreate
   * @since libvirt 0.4.1
   */
  create(flags: StoragePoolCreateFlags = 0): Promise<void> {
    return this.call((pool) => native.virStoragePoolCreate(pool, flags));
  }

  /**
   * Stops the pool. The volumes and what is in them stay. A pool that is not persistent is gone afterwards.
   *
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when it is not active
   * @see virStoragePoolDestroy
   * @since libvirt 0.4.1
   */
  destroy(): Promise<void> {
    return this.call((pool) => native.virStoragePoolDestroy(pool));
  }

  /**
   * Deletes what {@link build} made. For good: what is stored there is lost. The definition stays.
   *
   * @param flags - `StoragePoolDeleteFlags.ZEROED` overwrites everything with zeros as well
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when the pool is active
   * @see virStoragePoolDelete
   * @since libvirt 0.4.1
   */
  delete(flags: StoragePoolDeleteFlags = 0): Promise<void> {
    return this.call((pool) => native.virStoragePoolDelete(pool, flags));
  }

  /**
   * Removes the definition. What is stored stays.
   *
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when the pool is active
   * @see virStoragePoolUndefine
   * @since libvirt 0.4.1
   */
  undefine(): Promise<void> {
    return this.call((pool) => native.virStoragePoolUndefine(pool));
  }

  /**
   * Looks for the pool's volumes anew.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when the pool is not active
   * @see virStoragePoolRefresh
   * @since libvirt 0.4.1
   */
  refresh(flags = 0): Promise<void> {
    return this.call((pool) => native.virStoragePoolRefresh(pool, flags));
  }

  /**
   * The pool's state and sizes, as they were when it was refreshed last.
   *
   * @see virStoragePoolGetInfo
   * @since libvirt 0.4.1
   */
  getInfo(): Promise<StoragePoolInfo> {
    return this.call(async (pool) => toInfo(await native.virStoragePoolGetInfo(pool)));
  }

  /**
   * The pool's XML description.
   *
   * @param flags - `StorageXMLFlags.INACTIVE` for the definition in place of what is active
   * @see virStoragePoolGetXMLDesc
   * @since libvirt 0.4.1
   */
  getXMLDesc(flags: StorageXMLFlags = 0): Promise<string> {
    return this.call((pool) => native.virStoragePoolGetXMLDesc(pool, flags));
  }

  /**
   * Whether the pool starts when the daemon does.
   *
   * @see virStoragePoolGetAutostart
   * @since libvirt 0.4.1
   */
  getAutostart(): Promise<boolean> {
    return this.call((pool) => native.virStoragePoolGetAutostart(pool));
  }

  /**
   * Says whether the pool is to start when the daemon does.
   *
   * @throws LibvirtError `VIR_ERR_INVALID_ARG` when the pool is not persistent
   * @see virStoragePoolSetAutostart
   * @since libvirt 0.4.1
   */
  setAutostart(autostart: boolean): Promise<void> {
    return this.call((pool) => native.virStoragePoolSetAutostart(pool, autostart));
  }

  /**
   * Whether the pool is started.
   *
   * @see virStoragePoolIsActive
   * @since libvirt 0.7.3
   */
  isActive(): Promise<boolean> {
    return this.call((pool) => native.virStoragePoolIsActive(pool));
  }

  /**
   * Whether the pool has a definition that outlives its being stopped.
   *
   * @see virStoragePoolIsPersistent
   * @since libvirt 0.7.3
   */
  isPersistent(): Promise<boolean> {
    return this.call((pool) => native.virStoragePoolIsPersistent(pool));
  }

  /**
   * How many volumes the pool has.
   *
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when the pool is not active
   * @see virStoragePoolNumOfVolumes
   * @since libvirt 0.4.1
   */
  numOfVolumes(): Promise<number> {
    return this.call((pool) => native.virStoragePoolNumOfVolumes(pool));
  }

  /**
   * The names of the pool's volumes. {@link listAllVolumes} gives the volumes themselves.
   *
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when the pool is not active
   * @see virStoragePoolListVolumes
   * @since libvirt 0.4.1
   */
  listVolumes(): Promise<string[]> {
    return this.calls((pool, limits) =>
      allNames(limits, {
        count: () => native.virStoragePoolNumOfVolumes(pool),
        list: (maxnames) => native.virStoragePoolListVolumes(pool, maxnames),
      }),
    );
  }

  /**
   * The pool's volumes.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when the pool is not active
   * @see virStoragePoolListAllVolumes
   * @since libvirt 0.10.2
   */
  listAllVolumes(flags = 0): Promise<StorageVol[]> {
    return this.call(async (pool) =>
      mapInTurns(await native.virStoragePoolListAllVolumes(pool, flags), (vol) => StorageVol.of(this.connection, vol)),
    );
  }

  /**
   * The pool's volume with this name.
   *
   * @throws LibvirtError `VIR_ERR_NO_STORAGE_VOL`
   * @see virStorageVolLookupByName
   * @since libvirt 0.4.1
   */
  lookupVolByName(name: string): Promise<StorageVol> {
    return this.call(async (pool) =>
      StorageVol.of(this.connection, await native.virStorageVolLookupByName(pool, name)),
    );
  }

  /**
   * Makes a volume.
   *
   * @param flags - `StorageVolCreateFlags.PREALLOC_METADATA` writes a qcow2's tables in full
   * @throws LibvirtError `VIR_ERR_STORAGE_VOL_EXIST` when there is one with this name
   * @see virStorageVolCreateXML
   * @since libvirt 0.4.1; `StorageVolCreateFlags.VALIDATE` 8.10.0
   */
  createVolXML(xml: string, flags: StorageVolCreateFlags = 0): Promise<StorageVol> {
    return this.call(async (pool) =>
      StorageVol.of(this.connection, await native.virStorageVolCreateXML(pool, xml, flags)),
    );
  }

  /**
   * Makes a volume with the content of another, which may be in another pool of the same connection. Where the new one is
   * to be larger, the rest is empty; a smaller one is made as large as the other.
   *
   * @param xml - the new volume; its format may be another than that of `cloneVol`
   * @param cloneVol - what to copy
   * @param flags - `StorageVolCreateFlags.REFLINK` shares the blocks where the file system can
   * @throws LibvirtError `VIR_ERR_INVALID_ARG` when `cloneVol` is of another connection
   * @see virStorageVolCreateXMLFrom
   * @since libvirt 0.6.4; `StorageVolCreateFlags.VALIDATE` 8.10.0
   */
  createVolXMLFrom(xml: string, cloneVol: StorageVol, flags: StorageVolCreateFlags = 0): Promise<StorageVol> {
    return this.calls(async (pool, limits) => {
      if (!(cloneVol instanceof StorageVol)) throw new TypeError('createVolXMLFrom: cloneVol must be a StorageVol');
      const source = await cloneVol.currentHandle(limits);
      const made = await limits.within(() => native.virStorageVolCreateXMLFrom(pool, xml, source, flags));
      return StorageVol.of(this.connection, made);
    });
  }
}

function toInfo({ state, ...sizes }: virStoragePoolInfo): StoragePoolInfo {
  return { state: state as StoragePoolState, ...sizes };
}
