import type { virConnect, virInterface } from './common.js';

export interface NativeInterface {
  virConnectListAllInterfaces(conn: virConnect, flags: number): Promise<virInterface[]>;
  virConnectNumOfInterfaces(conn: virConnect): Promise<number>;
  virConnectListInterfaces(conn: virConnect, maxnames: number): Promise<string[]>;
  virConnectNumOfDefinedInterfaces(conn: virConnect): Promise<number>;
  virConnectListDefinedInterfaces(conn: virConnect, maxnames: number): Promise<string[]>;
  virInterfaceLookupByName(conn: virConnect, name: string): Promise<virInterface>;
  virInterfaceLookupByMACString(conn: virConnect, mac: string): Promise<virInterface>;
  virInterfaceDefineXML(conn: virConnect, xmlDesc: string, flags: number): Promise<virInterface>;
  virInterfaceChangeBegin(conn: virConnect, flags: number): Promise<void>;
  virInterfaceChangeCommit(conn: virConnect, flags: number): Promise<void>;
  virInterfaceChangeRollback(conn: virConnect, flags: number): Promise<void>;
  virInterfaceGetName(iface: virInterface): string;
  virInterfaceGetMACString(iface: virInterface): string;
  virInterfaceGetXMLDesc(iface: virInterface, flags: number): Promise<string>;
  virInterfaceIsActive(iface: virInterface): Promise<boolean>;
  virInterfaceCreate(iface: virInterface, flags: number): Promise<void>;
  virInterfaceDestroy(iface: virInterface, flags: number): Promise<void>;
  virInterfaceUndefine(iface: virInterface): Promise<void>;
}
