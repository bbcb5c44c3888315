import type { virConnect, virNWFilter, virNWFilterBinding } from './common.js';

export interface NativeNWFilter {
  virConnectNumOfNWFilters(conn: virConnect): Promise<number>;
  virConnectListNWFilters(conn: virConnect, maxnames: number): Promise<string[]>;
  virConnectListAllNWFilters(conn: virConnect, flags: number): Promise<virNWFilter[]>;
  virNWFilterLookupByName(conn: virConnect, name: string): Promise<virNWFilter>;
  virNWFilterLookupByUUID(conn: virConnect, uuid: Buffer): Promise<virNWFilter>;
  virNWFilterLookupByUUIDString(conn: virConnect, uuidstr: string): Promise<virNWFilter>;
  virNWFilterDefineXML(conn: virConnect, xmlDesc: string): Promise<virNWFilter>;
  virNWFilterDefineXMLFlags(conn: virConnect, xmlDesc: string, flags: number): Promise<virNWFilter>;
  virNWFilterGetName(nwfilter: virNWFilter): string;
  virNWFilterGetUUID(nwfilter: virNWFilter): Buffer;
  virNWFilterGetUUIDString(nwfilter: virNWFilter): string;
  virNWFilterGetXMLDesc(nwfilter: virNWFilter, flags: number): Promise<string>;
  virNWFilterUndefine(nwfilter: virNWFilter): Promise<void>;
  virConnectListAllNWFilterBindings(conn: virConnect, flags: number): Promise<virNWFilterBinding[]>;
  virNWFilterBindingLookupByPortDev(conn: virConnect, portdev: string): Promise<virNWFilterBinding>;
  virNWFilterBindingCreateXML(conn: virConnect, xml: string, flags: number): Promise<virNWFilterBinding>;
  virNWFilterBindingGetPortDev(binding: virNWFilterBinding): string;
  virNWFilterBindingGetFilterName(binding: virNWFilterBinding): string;
  virNWFilterBindingGetXMLDesc(binding: virNWFilterBinding, flags: number): Promise<string>;
  virNWFilterBindingDelete(binding: virNWFilterBinding): Promise<void>;
}
