import type { virConnect, virSecret } from './common.js';

export interface NativeSecret {
  virConnectNumOfSecrets(conn: virConnect): Promise<number>;
  virConnectListSecrets(conn: virConnect, maxuuids: number): Promise<string[]>;
  virConnectListAllSecrets(conn: virConnect, flags: number): Promise<virSecret[]>;
  virSecretLookupByUUID(conn: virConnect, uuid: Buffer): Promise<virSecret>;
  virSecretLookupByUUIDString(conn: virConnect, uuidstr: string): Promise<virSecret>;
  virSecretLookupByUsage(conn: virConnect, usageType: number, usageID: string): Promise<virSecret>;
  virSecretDefineXML(conn: virConnect, xml: string, flags: number): Promise<virSecret>;
  virSecretGetUUID(secret: virSecret): Buffer;
  virSecretGetUUIDString(secret: virSecret): string;
  virSecretGetUsageType(secret: virSecret): number;
  virSecretGetUsageID(secret: virSecret): string;
  virSecretGetXMLDesc(secret: virSecret, flags: number): Promise<string>;
  virSecretGetValue(secret: virSecret, flags: number): Promise<Buffer>;
  virSecretSetValue(secret: virSecret, value: Uint8Array, flags: number): Promise<void>;
  virSecretUndefine(secret: virSecret): Promise<void>;
}
