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

/** What libvirt asks for while a connection is opened. */
export interface virConnectCredential {
  /** virConnectCredentialType. */
  type: number;
  prompt: string;
  challenge: string | null;
  defresult: string | null;
}

/** Who answers, and what: every type that libvirt may ask for. */
export interface virConnectAuth {
  credentials: readonly number[];
  /** Gives as many strings as there are questions, or null to refuse. What it throws is what the open rejects with. */
  callback: (cred: virConnectCredential[]) => readonly string[] | null | PromiseLike<readonly string[] | null>;
}

/** Told once when the link ends; `conn` is null when nobody has the connection any more. reason: virConnectCloseReason. */
export type virConnectCloseFunc = (conn: virConnect | null, reason: number) => void;

export interface NativeConnection {
  virGetVersion(type?: MaybeNull<string>): { libVer: number; typeVer: number };
  virConnectOpen(name?: MaybeNull<string>): Promise<virConnect>;
  virConnectOpenReadOnly(name?: MaybeNull<string>): Promise<virConnect>;
  virConnectOpenAuth(name: MaybeNull<string>, auth: MaybeNull<virConnectAuth>, flags: number): Promise<virConnect>;
  virConnectClose(conn: virConnect): Promise<number>;
  /** One for each connection, which a forgotten connection takes along. */
  virConnectRegisterCloseCallback(conn: virConnect, cb: virConnectCloseFunc): Promise<void>;
  /** `cb` is the one that was registered; as there is no other, it is not compared. */
  virConnectUnregisterCloseCallback(conn: virConnect, cb: virConnectCloseFunc): Promise<void>;
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
