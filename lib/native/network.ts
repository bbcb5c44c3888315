import type { MaybeNull, virConnect, virNetwork } from './common.js';

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

export interface NativeNetwork {
  virConnectListAllNetworks(conn: virConnect, flags: number): Promise<virNetwork[]>;
  virConnectNumOfNetworks(conn: virConnect): Promise<number>;
  virConnectListNetworks(conn: virConnect, maxnames: number): Promise<string[]>;
  virConnectNumOfDefinedNetworks(conn: virConnect): Promise<number>;
  virConnectListDefinedNetworks(conn: virConnect, maxnames: number): Promise<string[]>;
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
  virNetworkUpdate(
    network: virNetwork,
    command: number,
    section: number,
    parentIndex: number,
    xml: string,
    flags: number,
  ): Promise<void>;
  virNetworkGetMetadata(network: virNetwork, type: number, uri: MaybeNull<string>, flags: number): Promise<string>;
  virNetworkSetMetadata(
    network: virNetwork,
    type: number,
    metadata: MaybeNull<string>,
    key: MaybeNull<string>,
    uri: MaybeNull<string>,
    flags: number,
  ): Promise<void>;
}
