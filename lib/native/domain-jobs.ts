import type { MaybeNull, TypedParams, TypedParamsIn, virConnect, virDomain } from './common.js';

export interface virDomainJobInfo {
  type: number;
  timeElapsed: bigint;
  timeRemaining: bigint;
  dataTotal: bigint;
  dataProcessed: bigint;
  dataRemaining: bigint;
  memTotal: bigint;
  memProcessed: bigint;
  memRemaining: bigint;
  fileTotal: bigint;
  fileProcessed: bigint;
  fileRemaining: bigint;
}

export interface NativeDomainJobs {
  virDomainSave(domain: virDomain, to: string): Promise<void>;
  virDomainSaveFlags(domain: virDomain, to: string, dxml: MaybeNull<string>, flags: number): Promise<void>;
  virDomainSaveParams(domain: virDomain, params: TypedParamsIn, flags: number): Promise<void>;
  virDomainRestore(conn: virConnect, from: string): Promise<void>;
  virDomainRestoreFlags(conn: virConnect, from: string, dxml: MaybeNull<string>, flags: number): Promise<void>;
  virDomainRestoreParams(conn: virConnect, params: TypedParamsIn, flags: number): Promise<void>;
  virDomainSaveImageGetXMLDesc(conn: virConnect, file: string, flags: number): Promise<string>;
  virDomainSaveImageDefineXML(conn: virConnect, file: string, dxml: string, flags: number): Promise<void>;
  virDomainManagedSave(dom: virDomain, flags: number): Promise<void>;
  virDomainHasManagedSaveImage(dom: virDomain, flags: number): Promise<boolean>;
  virDomainManagedSaveRemove(dom: virDomain, flags: number): Promise<void>;
  virDomainManagedSaveGetXMLDesc(domain: virDomain, flags: number): Promise<string>;
  virDomainManagedSaveDefineXML(domain: virDomain, dxml: string, flags: number): Promise<void>;
  virDomainCoreDump(domain: virDomain, to: string, flags: number): Promise<void>;
  virDomainCoreDumpWithFormat(domain: virDomain, to: string, dumpformat: number, flags: number): Promise<void>;
  virDomainGetJobInfo(domain: virDomain): Promise<virDomainJobInfo>;
  virDomainGetJobStats(domain: virDomain, flags: number): Promise<{ type: number; params: TypedParams }>;
  virDomainAbortJob(domain: virDomain): Promise<void>;
  virDomainAbortJobFlags(domain: virDomain, flags: number): Promise<void>;
  virDomainMigrate(
    domain: virDomain,
    dconn: virConnect,
    flags: number,
    dname: MaybeNull<string>,
    uri: MaybeNull<string>,
    bandwidth: number,
  ): Promise<virDomain>;
  virDomainMigrate2(
    domain: virDomain,
    dconn: virConnect,
    dxml: MaybeNull<string>,
    flags: number,
    dname: MaybeNull<string>,
    uri: MaybeNull<string>,
    bandwidth: number,
  ): Promise<virDomain>;
  virDomainMigrate3(
    domain: virDomain,
    dconn: virConnect,
    params: MaybeNull<TypedParamsIn>,
    flags: number,
  ): Promise<virDomain>;
  virDomainMigrateToURI(
    domain: virDomain,
    duri: string,
    flags: number,
    dname: MaybeNull<string>,
    bandwidth: number,
  ): Promise<void>;
  virDomainMigrateToURI2(
    domain: virDomain,
    dconnuri: MaybeNull<string>,
    miguri: MaybeNull<string>,
    dxml: MaybeNull<string>,
    flags: number,
    dname: MaybeNull<string>,
    bandwidth: number,
  ): Promise<void>;
  virDomainMigrateToURI3(
    domain: virDomain,
    dconnuri: MaybeNull<string>,
    params: MaybeNull<TypedParamsIn>,
    flags: number,
  ): Promise<void>;
  virDomainMigrateGetMaxSpeed(domain: virDomain, flags: number): Promise<number>;
  virDomainMigrateSetMaxSpeed(domain: virDomain, bandwidth: number, flags: number): Promise<void>;
  virDomainMigrateGetMaxDowntime(domain: virDomain, flags: number): Promise<bigint>;
  virDomainMigrateSetMaxDowntime(domain: virDomain, downtime: bigint | number, flags: number): Promise<void>;
  virDomainMigrateGetCompressionCache(domain: virDomain, flags: number): Promise<bigint>;
  virDomainMigrateSetCompressionCache(domain: virDomain, cacheSize: bigint | number, flags: number): Promise<void>;
  virDomainMigrateStartPostCopy(domain: virDomain, flags: number): Promise<void>;
}
