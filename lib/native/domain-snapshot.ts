import type { virDomain, virDomainSnapshot } from './common.js';

export interface NativeDomainSnapshot {
  virDomainSnapshotCreateXML(domain: virDomain, xmlDesc: string, flags: number): Promise<virDomainSnapshot>;
  virDomainListAllSnapshots(domain: virDomain, flags: number): Promise<virDomainSnapshot[]>;
  virDomainSnapshotNum(domain: virDomain, flags: number): Promise<number>;
  virDomainSnapshotListNames(domain: virDomain, nameslen: number, flags: number): Promise<string[]>;
  virDomainSnapshotLookupByName(domain: virDomain, name: string, flags: number): Promise<virDomainSnapshot>;
  virDomainHasCurrentSnapshot(domain: virDomain, flags: number): Promise<boolean>;
  virDomainSnapshotCurrent(domain: virDomain, flags: number): Promise<virDomainSnapshot>;
  virDomainSnapshotGetName(snapshot: virDomainSnapshot): string;
  virDomainSnapshotGetXMLDesc(snapshot: virDomainSnapshot, flags: number): Promise<string>;
  virDomainSnapshotGetParent(snapshot: virDomainSnapshot, flags: number): Promise<virDomainSnapshot>;
  virDomainSnapshotListAllChildren(snapshot: virDomainSnapshot, flags: number): Promise<virDomainSnapshot[]>;
  virDomainSnapshotNumChildren(snapshot: virDomainSnapshot, flags: number): Promise<number>;
  virDomainSnapshotListChildrenNames(snapshot: virDomainSnapshot, nameslen: number, flags: number): Promise<string[]>;
  virDomainSnapshotIsCurrent(snapshot: virDomainSnapshot, flags: number): Promise<boolean>;
  virDomainSnapshotHasMetadata(snapshot: virDomainSnapshot, flags: number): Promise<boolean>;
  virDomainRevertToSnapshot(snapshot: virDomainSnapshot, flags: number): Promise<void>;
  virDomainSnapshotDelete(snapshot: virDomainSnapshot, flags: number): Promise<void>;
}
