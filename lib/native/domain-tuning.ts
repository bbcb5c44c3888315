import type { TypedParams, TypedParamsIn, virDomain } from './common.js';

export interface NativeDomainTuning {
  virDomainGetMaxMemory(domain: virDomain): Promise<number>;
  virDomainSetMaxMemory(domain: virDomain, memory: number): Promise<void>;
  virDomainSetMemory(domain: virDomain, memory: number): Promise<void>;
  virDomainSetMemoryFlags(domain: virDomain, memory: number, flags: number): Promise<void>;
  virDomainSetMemoryStatsPeriod(domain: virDomain, period: number, flags: number): Promise<void>;
  /** `type` is C's return value. */
  virDomainGetSchedulerType(domain: virDomain): Promise<{ type: string; nparams: number }>;
  virDomainGetSchedulerParameters(domain: virDomain): Promise<TypedParams>;
  virDomainGetSchedulerParametersFlags(domain: virDomain, flags: number): Promise<TypedParams>;
  virDomainSetSchedulerParameters(domain: virDomain, params: TypedParamsIn): Promise<void>;
  virDomainSetSchedulerParametersFlags(domain: virDomain, params: TypedParamsIn, flags: number): Promise<void>;
  virDomainGetBlkioParameters(domain: virDomain, flags: number): Promise<TypedParams>;
  virDomainSetBlkioParameters(domain: virDomain, params: TypedParamsIn, flags: number): Promise<void>;
  virDomainGetMemoryParameters(domain: virDomain, flags: number): Promise<TypedParams>;
  virDomainSetMemoryParameters(domain: virDomain, params: TypedParamsIn, flags: number): Promise<void>;
  virDomainGetNumaParameters(domain: virDomain, flags: number): Promise<TypedParams>;
  virDomainSetNumaParameters(domain: virDomain, params: TypedParamsIn, flags: number): Promise<void>;
  virDomainGetInterfaceParameters(domain: virDomain, device: string, flags: number): Promise<TypedParams>;
  virDomainSetInterfaceParameters(
    domain: virDomain,
    device: string,
    params: TypedParamsIn,
    flags: number,
  ): Promise<void>;
  virDomainGetBlockIoTune(dom: virDomain, disk: string, flags: number): Promise<TypedParams>;
  virDomainSetBlockIoTune(dom: virDomain, disk: string, params: TypedParamsIn, flags: number): Promise<void>;
  virDomainSetThrottleGroup(dom: virDomain, group: string, params: TypedParamsIn, flags: number): Promise<void>;
  virDomainDelThrottleGroup(dom: virDomain, group: string, flags: number): Promise<void>;
  virDomainGetPerfEvents(domain: virDomain, flags: number): Promise<TypedParams>;
  virDomainSetPerfEvents(domain: virDomain, params: TypedParamsIn, flags: number): Promise<void>;
  virDomainGetLaunchSecurityInfo(domain: virDomain, flags: number): Promise<TypedParams>;
  virDomainSetLaunchSecurityState(domain: virDomain, params: TypedParamsIn, flags: number): Promise<void>;
}
