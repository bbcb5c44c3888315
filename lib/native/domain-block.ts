import type { MaybeNull, TypedParams, TypedParamsIn, virDomain } from './common.js';

export interface virDomainBlockJobInfo {
  type: number;
  bandwidth: number;
  cur: bigint;
  end: bigint;
}

export interface virDomainBlockStatsStruct {
  rd_req: bigint;
  rd_bytes: bigint;
  wr_req: bigint;
  wr_bytes: bigint;
  errs: bigint;
}

export interface NativeDomainBlock {
  virDomainBlockPull(dom: virDomain, disk: string, bandwidth: number, flags: number): Promise<void>;
  virDomainBlockCommit(
    dom: virDomain,
    disk: string,
    base: MaybeNull<string>,
    top: MaybeNull<string>,
    bandwidth: number,
    flags: number,
  ): Promise<void>;
  virDomainBlockRebase(
    dom: virDomain,
    disk: string,
    base: MaybeNull<string>,
    bandwidth: number,
    flags: number,
  ): Promise<void>;
  virDomainBlockCopy(
    dom: virDomain,
    disk: string,
    destxml: string,
    params: MaybeNull<TypedParamsIn>,
    flags: number,
  ): Promise<void>;
  virDomainBlockJobAbort(dom: virDomain, disk: string, flags: number): Promise<void>;
  /** null when no job runs. */
  virDomainGetBlockJobInfo(dom: virDomain, disk: string, flags: number): Promise<virDomainBlockJobInfo | null>;
  virDomainBlockJobSetSpeed(dom: virDomain, disk: string, bandwidth: number, flags: number): Promise<void>;
  virDomainBlockResize(dom: virDomain, disk: string, size: bigint | number, flags: number): Promise<void>;
  virDomainBlockStats(dom: virDomain, disk: string): Promise<virDomainBlockStatsStruct>;
  virDomainBlockStatsFlags(dom: virDomain, disk: string, flags: number): Promise<TypedParams>;
  virDomainSetBlockThreshold(domain: virDomain, dev: string, threshold: bigint | number, flags: number): Promise<void>;
  virDomainBlockPeek(
    dom: virDomain,
    disk: string,
    offset: bigint | number,
    size: number,
    flags: number,
  ): Promise<Buffer>;
  virDomainMemoryPeek(dom: virDomain, start: bigint | number, size: number, flags: number): Promise<Buffer>;
  virDomainBackupBegin(
    domain: virDomain,
    backupXML: string,
    checkpointXML: MaybeNull<string>,
    flags: number,
  ): Promise<void>;
  virDomainBackupGetXMLDesc(domain: virDomain, flags: number): Promise<string>;
}
