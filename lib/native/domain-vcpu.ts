import type { TypedParams, TypedParamsIn, virDomain } from './common.js';

export interface virVcpuInfo {
  number: number;
  state: number;
  cpuTime: bigint;
  cpu: number;
}

export interface virDomainIOThreadInfo {
  iothread_id: number;
  cpumap: number[];
}

export interface NativeDomainVcpu {
  virDomainGetVcpus(
    domain: virDomain,
    maxinfo: number,
    maplen: number,
  ): Promise<{ info: virVcpuInfo[]; cpumaps: number[][] }>;
  virDomainGetVcpusFlags(domain: virDomain, flags: number): Promise<number>;
  virDomainGetMaxVcpus(domain: virDomain): Promise<number>;
  virDomainSetVcpus(domain: virDomain, nvcpus: number): Promise<void>;
  virDomainSetVcpusFlags(domain: virDomain, nvcpus: number, flags: number): Promise<void>;
  virDomainSetVcpu(domain: virDomain, vcpumap: string, state: boolean, flags: number): Promise<void>;
  virDomainPinVcpu(domain: virDomain, vcpu: number, cpumap: readonly number[]): Promise<void>;
  virDomainPinVcpuFlags(domain: virDomain, vcpu: number, cpumap: readonly number[], flags: number): Promise<void>;
  virDomainGetVcpuPinInfo(domain: virDomain, ncpumaps: number, maplen: number, flags: number): Promise<number[][]>;
  virDomainPinEmulator(domain: virDomain, cpumap: readonly number[], flags: number): Promise<void>;
  /** `pinned` is C's return value. */
  virDomainGetEmulatorPinInfo(
    domain: virDomain,
    maplen: number,
    flags: number,
  ): Promise<{ pinned: boolean; cpumap: number[] }>;
  virDomainGetIOThreadInfo(dom: virDomain, flags: number): Promise<virDomainIOThreadInfo[]>;
  virDomainPinIOThread(domain: virDomain, iothread_id: number, cpumap: readonly number[], flags: number): Promise<void>;
  virDomainAddIOThread(domain: virDomain, iothread_id: number, flags: number): Promise<void>;
  virDomainDelIOThread(domain: virDomain, iothread_id: number, flags: number): Promise<void>;
  virDomainSetIOThreadParams(
    domain: virDomain,
    iothread_id: number,
    params: TypedParamsIn,
    flags: number,
  ): Promise<void>;
  /** With `nparams` 0 C's return value; otherwise one object for each CPU, empty for a CPU that is off. */
  virDomainGetCPUStats(
    domain: virDomain,
    nparams: number,
    start_cpu: number,
    ncpus: number,
    flags: number,
  ): Promise<number | TypedParams[]>;
  virDomainGetGuestVcpus(domain: virDomain, flags: number): Promise<TypedParams>;
  virDomainSetGuestVcpus(domain: virDomain, cpumap: string, state: boolean, flags: number): Promise<void>;
}
