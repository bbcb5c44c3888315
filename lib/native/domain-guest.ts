import type { MaybeNull, TypedParams, virDomain } from './common.js';

export interface virSecurityLabel {
  label: string;
  enforcing: boolean;
}

export interface virDomainControlInfo {
  state: number;
  details: number;
  stateTime: bigint;
}

export interface virDomainDiskError {
  disk: string;
  error: number;
}

export interface NativeDomainGuest {
  virDomainGetGuestInfo(domain: virDomain, types: number, flags: number): Promise<TypedParams>;
  virDomainFSFreeze(dom: virDomain, mountpoints: MaybeNull<readonly string[]>, flags: number): Promise<number>;
  virDomainFSThaw(dom: virDomain, mountpoints: MaybeNull<readonly string[]>, flags: number): Promise<number>;
  virDomainFSTrim(
    dom: virDomain,
    mountPoint: MaybeNull<string>,
    minimum: bigint | number,
    flags: number,
  ): Promise<void>;
  virDomainSetUserPassword(dom: virDomain, user: string, password: string, flags: number): Promise<void>;
  virDomainGetTime(dom: virDomain, flags: number): Promise<{ seconds: bigint; nseconds: number }>;
  virDomainSetTime(dom: virDomain, seconds: bigint | number, nseconds: number, flags: number): Promise<void>;
  virDomainAuthorizedSSHKeysGet(domain: virDomain, user: string, flags: number): Promise<string[]>;
  virDomainAuthorizedSSHKeysSet(
    domain: virDomain,
    user: string,
    keys: MaybeNull<readonly string[]>,
    flags: number,
  ): Promise<void>;
  virDomainGetHostname(domain: virDomain, flags: number): Promise<string>;
  virDomainAgentSetResponseTimeout(domain: virDomain, timeout: number, flags: number): Promise<void>;
  virDomainSendKey(
    domain: virDomain,
    codeset: number,
    holdtime: number,
    keycodes: readonly number[],
    flags: number,
  ): Promise<void>;
  virDomainSendProcessSignal(
    domain: virDomain,
    pid_value: bigint | number,
    signum: number,
    flags: number,
  ): Promise<void>;
  virDomainInjectNMI(domain: virDomain, flags: number): Promise<void>;
  virDomainPMSuspendForDuration(
    dom: virDomain,
    target: number,
    duration: bigint | number,
    flags: number,
  ): Promise<void>;
  virDomainPMWakeup(dom: virDomain, flags: number): Promise<void>;
  virDomainGetMessages(domain: virDomain, flags: number): Promise<string[]>;
  virDomainGetSecurityLabel(domain: virDomain): Promise<virSecurityLabel>;
  virDomainGetSecurityLabelList(domain: virDomain): Promise<virSecurityLabel[]>;
  virDomainGetControlInfo(domain: virDomain, flags: number): Promise<virDomainControlInfo>;
  virDomainGetDiskErrors(dom: virDomain, flags: number): Promise<virDomainDiskError[]>;
}
