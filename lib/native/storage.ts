import type { MaybeNull, virConnect, virStoragePool, virStorageVol } from './common.js';

export interface virStoragePoolInfo {
  state: number;
  capacity: bigint;
  allocation: bigint;
  available: bigint;
}

export interface virStorageVolInfo {
  type: number;
  capacity: bigint;
  allocation: bigint;
}

export interface NativeStorage {
  virConnectGetStoragePoolCapabilities(conn: virConnect, flags: number): Promise<string>;
  virConnectFindStoragePoolSources(
    conn: virConnect,
    type: string,
    srcSpec: MaybeNull<string>,
    flags: number,
  ): Promise<string>;
  virConnectNumOfStoragePools(conn: virConnect): Promise<number>;
  virConnectListStoragePools(conn: virConnect, maxnames: number): Promise<string[]>;
  virConnectNumOfDefinedStoragePools(conn: virConnect): Promise<number>;
  virConnectListDefinedStoragePools(conn: virConnect, maxnames: number): Promise<string[]>;
  virConnectListAllStoragePools(conn: virConnect, flags: number): Promise<virStoragePool[]>;
  virStoragePoolLookupByName(conn: virConnect, name: string): Promise<virStoragePool>;
  virStoragePoolLookupByUUID(conn: virConnect, uuid: Buffer): Promise<virStoragePool>;
  virStoragePoolLookupByUUIDString(conn: virConnect, uuidstr: string): Promise<virStoragePool>;
  virStoragePoolLookupByVolume(vol: virStorageVol): Promise<virStoragePool>;
  virStoragePoolLookupByTargetPath(conn: virConnect, path: string): Promise<virStoragePool>;
  virStoragePoolCreateXML(conn: virConnect, xmlDesc: string, flags: number): Promise<virStoragePool>;
  virStoragePoolDefineXML(conn: virConnect, xml: string, flags: number): Promise<virStoragePool>;
  virStoragePoolGetName(pool: virStoragePool): string;
  virStoragePoolGetUUID(pool: virStoragePool): Buffer;
  virStoragePoolGetUUIDString(pool: virStoragePool): string;
  virStoragePoolBuild(pool: virStoragePool, flags: number): Promise<void>;
  virStoragePoolCreate(pool: virStoragePool, flags: number): Promise<void>;
  virStoragePoolDestroy(pool: virStoragePool): Promise<void>;
  virStoragePoolDelete(pool: virStoragePool, flags: number): Promise<void>;
  virStoragePoolUndefine(pool: virStoragePool): Promise<void>;
  virStoragePoolRefresh(pool: virStoragePool, flags: number): Promise<void>;
  virStoragePoolGetInfo(pool: virStoragePool): Promise<virStoragePoolInfo>;
  virStoragePoolGetXMLDesc(pool: virStoragePool, flags: number): Promise<string>;
  virStoragePoolGetAutostart(pool: virStoragePool): Promise<boolean>;
  virStoragePoolSetAutostart(pool: virStoragePool, autostart: boolean): Promise<void>;
  virStoragePoolIsActive(pool: virStoragePool): Promise<boolean>;
  virStoragePoolIsPersistent(pool: virStoragePool): Promise<boolean>;
  virStoragePoolNumOfVolumes(pool: virStoragePool): Promise<number>;
  virStoragePoolListVolumes(pool: virStoragePool, maxnames: number): Promise<string[]>;
  virStoragePoolListAllVolumes(pool: virStoragePool, flags: number): Promise<virStorageVol[]>;
  virStorageVolLookupByName(pool: virStoragePool, name: string): Promise<virStorageVol>;
  virStorageVolLookupByKey(conn: virConnect, key: string): Promise<virStorageVol>;
  virStorageVolLookupByPath(conn: virConnect, path: string): Promise<virStorageVol>;
  virStorageVolCreateXML(pool: virStoragePool, xmlDesc: string, flags: number): Promise<virStorageVol>;
  virStorageVolCreateXMLFrom(
    pool: virStoragePool,
    xmlDesc: string,
    clonevol: virStorageVol,
    flags: number,
  ): Promise<virStorageVol>;
  virStorageVolGetName(vol: virStorageVol): string;
  virStorageVolGetKey(vol: virStorageVol): string;
  virStorageVolGetPath(vol: virStorageVol): Promise<string>;
  virStorageVolGetXMLDesc(vol: virStorageVol, flags: number): Promise<string>;
  virStorageVolGetInfo(vol: virStorageVol): Promise<virStorageVolInfo>;
  virStorageVolGetInfoFlags(vol: virStorageVol, flags: number): Promise<virStorageVolInfo>;
  virStorageVolResize(vol: virStorageVol, capacity: number | bigint, flags: number): Promise<void>;
  virStorageVolWipe(vol: virStorageVol, flags: number): Promise<void>;
  virStorageVolWipePattern(vol: virStorageVol, algorithm: number, flags: number): Promise<void>;
  virStorageVolDelete(vol: virStorageVol, flags: number): Promise<void>;
}
