import type { MaybeNull, TypedParams, TypedParamsIn, virAdmClient, virAdmConnect, virAdmServer } from './common.js';

/** Told once when the link ends; `conn` is null when nobody has the connection any more. reason: virConnectCloseReason. */
export type virAdmConnectCloseFunc = (conn: virAdmConnect | null, reason: number) => void;

export interface NativeAdmin {
  virAdmGetVersion(): bigint;
  virAdmConnectOpen(name: MaybeNull<string>, flags: number): Promise<virAdmConnect>;
  virAdmConnectClose(conn: virAdmConnect): Promise<number>;
  virAdmConnectRegisterCloseCallback(conn: virAdmConnect, cb: virAdmConnectCloseFunc): void;
  virAdmConnectUnregisterCloseCallback(conn: virAdmConnect, cb: virAdmConnectCloseFunc): void;
  virAdmConnectGetURI(conn: virAdmConnect): string;
  virAdmConnectIsAlive(conn: virAdmConnect): boolean;
  virAdmConnectGetLibVersion(conn: virAdmConnect): Promise<bigint>;
  virAdmConnectGetLoggingOutputs(conn: virAdmConnect, flags: number): Promise<string>;
  virAdmConnectSetLoggingOutputs(conn: virAdmConnect, outputs: MaybeNull<string>, flags: number): Promise<void>;
  virAdmConnectGetLoggingFilters(conn: virAdmConnect, flags: number): Promise<string>;
  virAdmConnectSetLoggingFilters(conn: virAdmConnect, filters: MaybeNull<string>, flags: number): Promise<void>;
  virAdmConnectSetDaemonTimeout(conn: virAdmConnect, timeout: number, flags: number): Promise<void>;
  virAdmConnectDaemonShutdown(conn: virAdmConnect, flags: number): Promise<void>;
  virAdmConnectListServers(conn: virAdmConnect, flags: number): Promise<virAdmServer[]>;
  virAdmConnectLookupServer(conn: virAdmConnect, name: string, flags: number): Promise<virAdmServer>;
  virAdmServerGetName(srv: virAdmServer): string;
  virAdmServerGetThreadPoolParameters(srv: virAdmServer, flags: number): Promise<TypedParams>;
  virAdmServerSetThreadPoolParameters(srv: virAdmServer, params: TypedParamsIn, flags: number): Promise<void>;
  virAdmServerGetClientLimits(srv: virAdmServer, flags: number): Promise<TypedParams>;
  virAdmServerSetClientLimits(srv: virAdmServer, params: TypedParamsIn, flags: number): Promise<void>;
  virAdmServerUpdateTlsFiles(srv: virAdmServer, flags: number): Promise<void>;
  virAdmServerListClients(srv: virAdmServer, flags: number): Promise<virAdmClient[]>;
  virAdmServerLookupClient(srv: virAdmServer, id: bigint | number, flags: number): Promise<virAdmClient>;
  virAdmClientGetID(client: virAdmClient): bigint;
  virAdmClientGetTimestamp(client: virAdmClient): bigint;
  virAdmClientGetTransport(client: virAdmClient): number;
  virAdmClientGetInfo(client: virAdmClient, flags: number): Promise<TypedParams>;
  virAdmClientClose(client: virAdmClient, flags: number): Promise<void>;
}
