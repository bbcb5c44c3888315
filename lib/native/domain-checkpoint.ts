import type { virDomain, virDomainCheckpoint } from './common.js';

export interface NativeDomainCheckpoint {
  virDomainCheckpointCreateXML(domain: virDomain, xmlDesc: string, flags: number): Promise<virDomainCheckpoint>;
  virDomainListAllCheckpoints(domain: virDomain, flags: number): Promise<virDomainCheckpoint[]>;
  virDomainCheckpointLookupByName(domain: virDomain, name: string, flags: number): Promise<virDomainCheckpoint>;
  virDomainCheckpointGetName(checkpoint: virDomainCheckpoint): string;
  virDomainCheckpointGetXMLDesc(checkpoint: virDomainCheckpoint, flags: number): Promise<string>;
  virDomainCheckpointGetParent(checkpoint: virDomainCheckpoint, flags: number): Promise<virDomainCheckpoint>;
  virDomainCheckpointListAllChildren(checkpoint: virDomainCheckpoint, flags: number): Promise<virDomainCheckpoint[]>;
  virDomainCheckpointDelete(checkpoint: virDomainCheckpoint, flags: number): Promise<void>;
}
