import type { MaybeNull, TypedParamsIn, virConnect, virDomain } from './common.js';

export interface NativeDomainMisc {
  virConnectNumOfDomains(conn: virConnect): Promise<number>;
  virConnectListDomains(conn: virConnect, maxids: number): Promise<number[]>;
  virConnectNumOfDefinedDomains(conn: virConnect): Promise<number>;
  virConnectListDefinedDomains(conn: virConnect, maxnames: number): Promise<string[]>;
  virConnectDomainXMLFromNative(
    conn: virConnect,
    nativeFormat: string,
    nativeConfig: string,
    flags: number,
  ): Promise<string>;
  virConnectDomainXMLToNative(
    conn: virConnect,
    nativeFormat: string,
    domainXml: string,
    flags: number,
  ): Promise<string>;
  virDomainCreateLinux(conn: virConnect, xmlDesc: string, flags: number): Promise<virDomain>;
  virDomainCreateXMLWithFiles(
    conn: virConnect,
    xmlDesc: string,
    files: readonly number[],
    flags: number,
  ): Promise<virDomain>;
  virDomainCreateWithFiles(domain: virDomain, files: readonly number[], flags: number): Promise<void>;
  virDomainFDAssociate(domain: virDomain, name: string, fds: readonly number[], flags: number): Promise<void>;
  virDomainGetMetadata(domain: virDomain, type: number, uri: MaybeNull<string>, flags: number): Promise<string>;
  virDomainSetMetadata(
    domain: virDomain,
    type: number,
    metadata: MaybeNull<string>,
    key: MaybeNull<string>,
    uri: MaybeNull<string>,
    flags: number,
  ): Promise<void>;
  virDomainRename(dom: virDomain, new_name: string, flags: number): Promise<void>;
  virDomainGetAutostartOnce(domain: virDomain): Promise<boolean>;
  virDomainSetAutostartOnce(domain: virDomain, autostart: boolean): Promise<void>;
  virDomainSetLifecycleAction(domain: virDomain, type: number, action: number, flags: number): Promise<void>;
  virDomainStartDirtyRateCalc(domain: virDomain, seconds: number, flags: number): Promise<void>;
  virDomainAttachDevice(domain: virDomain, xml: string): Promise<void>;
  virDomainAttachDeviceFlags(domain: virDomain, xml: string, flags: number): Promise<void>;
  virDomainUpdateDeviceFlags(domain: virDomain, xml: string, flags: number): Promise<void>;
  virDomainDetachDevice(domain: virDomain, xml: string): Promise<void>;
  virDomainDetachDeviceFlags(domain: virDomain, xml: string, flags: number): Promise<void>;
  virDomainDetachDeviceAlias(domain: virDomain, alias: string, flags: number): Promise<void>;
  virDomainAnnounceInterface(
    dom: virDomain,
    device: MaybeNull<string>,
    params: MaybeNull<TypedParamsIn>,
    flags: number,
  ): Promise<void>;
  virDomainOpenGraphics(dom: virDomain, idx: number, fd: number, flags: number): Promise<void>;
  virDomainOpenGraphicsFD(dom: virDomain, idx: number, flags: number): Promise<number>;
  virDomainGraphicsReload(domain: virDomain, type: number, flags: number): Promise<void>;
}
