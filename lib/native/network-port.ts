import type { TypedParams, TypedParamsIn, virNetwork, virNetworkPort } from './common.js';

export interface NativeNetworkPort {
  virNetworkListAllPorts(network: virNetwork, flags: number): Promise<virNetworkPort[]>;
  virNetworkPortLookupByUUID(net: virNetwork, uuid: Buffer): Promise<virNetworkPort>;
  virNetworkPortLookupByUUIDString(net: virNetwork, uuidstr: string): Promise<virNetworkPort>;
  virNetworkPortCreateXML(net: virNetwork, xmldesc: string, flags: number): Promise<virNetworkPort>;
  virNetworkPortGetUUID(port: virNetworkPort): Buffer;
  virNetworkPortGetUUIDString(port: virNetworkPort): string;
  virNetworkPortGetXMLDesc(port: virNetworkPort, flags: number): Promise<string>;
  virNetworkPortGetParameters(port: virNetworkPort, flags: number): Promise<TypedParams>;
  virNetworkPortSetParameters(port: virNetworkPort, params: TypedParamsIn, flags: number): Promise<void>;
  virNetworkPortDelete(port: virNetworkPort, flags: number): Promise<void>;
}
