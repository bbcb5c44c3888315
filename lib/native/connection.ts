import type { MaybeNull, virConnect } from './common.js';

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

export interface NativeConnection {
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
}
