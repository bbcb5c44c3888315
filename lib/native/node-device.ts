import type { MaybeNull, virConnect, virNodeDevice } from './common.js';

export interface NativeNodeDevice {
  virConnectListAllNodeDevices(conn: virConnect, flags: number): Promise<virNodeDevice[]>;
  virNodeNumOfDevices(conn: virConnect, cap: MaybeNull<string>, flags: number): Promise<number>;
  virNodeListDevices(conn: virConnect, cap: MaybeNull<string>, maxnames: number, flags: number): Promise<string[]>;
  virNodeDeviceLookupByName(conn: virConnect, name: string): Promise<virNodeDevice>;
  virNodeDeviceLookupSCSIHostByWWN(conn: virConnect, wwnn: string, wwpn: string, flags: number): Promise<virNodeDevice>;
  virNodeDeviceCreateXML(conn: virConnect, xmlDesc: string, flags: number): Promise<virNodeDevice>;
  virNodeDeviceDefineXML(conn: virConnect, xmlDesc: string, flags: number): Promise<virNodeDevice>;
  virNodeDeviceGetName(dev: virNodeDevice): string;
  virNodeDeviceGetParent(dev: virNodeDevice): Promise<string | null>;
  virNodeDeviceNumOfCaps(dev: virNodeDevice): Promise<number>;
  virNodeDeviceListCaps(dev: virNodeDevice, maxnames: number): Promise<string[]>;
  virNodeDeviceGetXMLDesc(dev: virNodeDevice, flags: number): Promise<string>;
  virNodeDeviceIsActive(dev: virNodeDevice): Promise<boolean>;
  virNodeDeviceIsPersistent(dev: virNodeDevice): Promise<boolean>;
  virNodeDeviceGetAutostart(dev: virNodeDevice): Promise<boolean>;
  virNodeDeviceSetAutostart(dev: virNodeDevice, autostart: boolean): Promise<void>;
  virNodeDeviceDettach(dev: virNodeDevice): Promise<void>;
  virNodeDeviceDetachFlags(dev: virNodeDevice, driverName: MaybeNull<string>, flags: number): Promise<void>;
  virNodeDeviceReAttach(dev: virNodeDevice): Promise<void>;
  virNodeDeviceReset(dev: virNodeDevice): Promise<void>;
  virNodeDeviceCreate(dev: virNodeDevice, flags: number): Promise<void>;
  virNodeDeviceDestroy(dev: virNodeDevice): Promise<void>;
  virNodeDeviceUndefine(dev: virNodeDevice, flags: number): Promise<void>;
  virNodeDeviceUpdate(dev: virNodeDevice, xmlDesc: string, flags: number): Promise<void>;
}
