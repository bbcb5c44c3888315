import { ConnectionNetworks } from './connection-networks.js';
import type { ConnectListAllStoragePoolsFlags, StoragePoolCreateFlags, StoragePoolDefineFlags } from './constants.js';
import { allNames } from './names.js';
import { native } from './native.js';
import { StoragePool } from './storage-pool.js';
import { StorageVol } from './storage-vol.js';
import { mapInTurns } from './turns.js';

/** The part of {@link Connection} that finds and makes storage pools and volumes. */
export abstract class ConnectionStorage extends ConnectionNetworks {
  /**
   * What kinds of pools the host has, and which formats of volumes and options each of them takes, as XML.
   *
   * @param flags - none are defined; 0
   * @see virConnectGetStoragePoolCapabilities
   * @since libvirt 5.2.0
   */
  getStoragePoolCapabilities(flags = 0): Promise<string> {
    return this.call((conn) => native.virConnectGetStoragePoolCapabilities(conn, flags));
  }

  /**
   * Looks for what pools could be made of, such as volume groups of the host or shares of a server.
   *
   * @param type - the kind of pool: `logical`, `netfs`, …
   * @param srcSpec - where to look, as the XML of a pool's `<source>`: the kinds on the network need it
   * @param flags - none are defined; 0
   * @returns XML, `<sources>` with a `<source>` for each
   * @throws LibvirtError `VIR_ERR_NO_SUPPORT` or `VIR_ERR_INTERNAL_ERROR` when nothing can be looked for in this kind
   * @see virConnectFindStoragePoolSources
   * @since libvirt 0.4.5
   */
  findStoragePoolSources(type: string, srcSpec?: string | null, flags = 0): Promise<string> {
    return this.call((conn) => native.virConnectFindStoragePoolSources(conn, type, srcSpec, flags));
  }

  /**
   * How many storage pools are active.
   *
   * @see virConnectNumOfStoragePools
   * @since libvirt 0.4.1
   */
  numOfStoragePools(): Promise<number> {
    return this.call((conn) => native.virConnectNumOfStoragePools(conn));
  }

  /**
   * The names of the active storage pools. {@link listAllStoragePools} gives the pools themselves.
   *
   * @see virConnectListStoragePools
   * @since libvirt 0.4.1
   */
  listStoragePools(): Promise<string[]> {
    return this.calls((conn, limits) =>
      allNames(limits, {
        count: () => native.virConnectNumOfStoragePools(conn),
        list: (maxnames) => native.virConnectListStoragePools(conn, maxnames),
      }),
    );
  }

  /**
   * How many storage pools are defined and not active.
   *
   * @see virConnectNumOfDefinedStoragePools
   * @since libvirt 0.4.1
   */
  numOfDefinedStoragePools(): Promise<number> {
    return this.call((conn) => native.virConnectNumOfDefinedStoragePools(conn));
  }

  /**
   * The names of the storage pools that are defined and not active.
   *
   * @see virConnectListDefinedStoragePools
   * @since libvirt 0.4.1
   */
  listDefinedStoragePools(): Promise<string[]> {
    return this.calls((conn, limits) =>
      allNames(limits, {
        count: () => native.virConnectNumOfDefinedStoragePools(conn),
        list: (maxnames) => native.virConnectListDefinedStoragePools(conn, maxnames),
      }),
    );
  }

  /**
   * The host's storage pools.
   *
   * @param flags - only some of them: `ConnectListAllStoragePoolsFlags.ACTIVE` and others; 0 for all
   * @see virConnectListAllStoragePools
   * @since libvirt 0.10.2
   */
  listAllStoragePools(flags: ConnectListAllStoragePoolsFlags = 0): Promise<StoragePool[]> {
    return this.call(async (conn) =>
      mapInTurns(await native.virConnectListAllStoragePools(conn, flags), (pool) => StoragePool.of(this.base, pool)),
    );
  }

  /**
   * The storage pool with this name.
   *
   * @throws LibvirtError `VIR_ERR_NO_STORAGE_POOL`
   * @see virStoragePoolLookupByName
   * @since libvirt 0.4.1
   */
  lookupStoragePoolByName(name: string): Promise<StoragePool> {
    return this.call(async (conn) => StoragePool.of(this.base, await native.virStoragePoolLookupByName(conn, name)));
  }

  /**
   * The storage pool with this UUID.
   *
   * @throws LibvirtError `VIR_ERR_NO_STORAGE_POOL`
   * @see virStoragePoolLookupByUUIDString
   * @since libvirt 0.4.1
   */
  lookupStoragePoolByUUID(uuid: string): Promise<StoragePool> {
    return this.call(async (conn) =>
      StoragePool.of(this.base, await native.virStoragePoolLookupByUUIDString(conn, uuid)),
    );
  }

  /**
   * The active storage pool whose volumes are in this place.
   *
   * @param path - the target of the pool's XML, such as `/var/lib/libvirt/images`
   * @throws LibvirtError `VIR_ERR_NO_STORAGE_POOL`
   * @see virStoragePoolLookupByTargetPath
   * @since libvirt 4.1.0
   */
  lookupStoragePoolByTargetPath(path: string): Promise<StoragePool> {
    return this.call(async (conn) =>
      StoragePool.of(this.base, await native.virStoragePoolLookupByTargetPath(conn, path)),
    );
  }

  /**
   * Defines a storage pool, or changes the definition of the one with the same UUID. It is not started.
   *
   * @param flags - `StoragePoolDefineFlags.VALIDATE` checks the XML against its schema
   * @see virStoragePoolDefineXML
   * @since libvirt 0.4.1; `StoragePoolDefineFlags.VALIDATE` 7.7.0
   */
  defineStoragePoolXML(xml: string, flags: StoragePoolDefineFlags = 0): Promise<StoragePool> {
    return this.call(async (conn) => StoragePool.of(this.base, await native.virStoragePoolDefineXML(conn, xml, flags)));
  }

  /**
   * Starts a storage pool that has no definition: it is gone when it is stopped.
   *
   * @param flags - whether to build it first: `StoragePoolCreateFlags`
   * @see virStoragePoolCreateXML
   * @since libvirt 0.4.1
   */
  createStoragePoolXML(xml: string, flags: StoragePoolCreateFlags = 0): Promise<StoragePool> {
    return this.call(async (conn) => StoragePool.of(this.base, await native.virStoragePoolCreateXML(conn, xml, flags)));
  }

  /**
   * The volume with this key, in whichever active pool it is.
   *
   * @throws LibvirtError `VIR_ERR_NO_STORAGE_VOL`
   * @see virStorageVolLookupByKey
   * @since libvirt 0.4.1
   */
  lookupStorageVolByKey(key: string): Promise<StorageVol> {
    return this.call(async (conn) => StorageVol.of(this.base, await native.virStorageVolLookupByKey(conn, key)));
  }

  /**
   * The volume with this path, in whichever active pool it is.
   *
   * @throws LibvirtError `VIR_ERR_NO_STORAGE_VOL`
   * @see virStorageVolLookupByPath
   * @since libvirt 0.4.1
   */
  lookupStorageVolByPath(path: string): Promise<StorageVol> {
    return this.call(async (conn) => StorageVol.of(this.base, await native.virStorageVolLookupByPath(conn, path)));
  }
}
