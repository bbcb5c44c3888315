import type { DomainMemoryModFlags, DomainModificationImpact } from './constants.js';
import { DomainVcpu } from './domain-vcpu.js';
import { native } from './native.js';
import { nest } from './nested.js';
import {
  type BlkioParameters,
  type BlockIoTuneParameters,
  type InterfaceBandwidthParameters,
  type LaunchSecurityParameters,
  type LaunchSecuritySettings,
  type MemoryParameters,
  type NumaParameters,
  type PerfParameters,
  type SchedulerParameters,
  type Settable,
  toWire,
} from './params.js';

/**
 * The part of {@link Domain} that sets and reads limits and weights.
 *
 * A getter gives every field that the driver reports; a setter changes those that it is given and leaves the others. Its
 * `flags` say what is meant: `DomainModificationImpact.LIVE`, `CONFIG` or both; 0 is the machine that runs, or else its
 * definition.
 */
export abstract class DomainTuning extends DomainVcpu {
  /**
   * The most memory that the machine can have, in KiB.
   *
   * @see virDomainGetMaxMemory
   * @since libvirt 0.0.3
   */
  getMaxMemory(): Promise<number> {
    return this.call((domain) => native.virDomainGetMaxMemory(domain));
  }

  /**
   * Sets the most memory that the machine can have.
   *
   * @param memory - in KiB
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` where the driver cannot change it while the machine runs
   * @see virDomainSetMaxMemory
   * @since libvirt 0.0.3
   */
  setMaxMemory(memory: number): Promise<void> {
    return this.call((domain) => native.virDomainSetMaxMemory(domain, memory));
  }

  /**
   * Sets the memory that the machine has. A running guest gives and takes it with its balloon, when it gets to it.
   *
   * @param memory - in KiB
   * @param flags - `DomainMemoryModFlags.MAXIMUM` sets the most that it can have
   * @see virDomainSetMemory, virDomainSetMemoryFlags
   * @since libvirt 0.1.1; with flags 0.9.0
   */
  setMemory(memory: number, flags: DomainMemoryModFlags = 0): Promise<void> {
    return this.call((domain) =>
      flags === 0 ? native.virDomainSetMemory(domain, memory) : native.virDomainSetMemoryFlags(domain, memory, flags),
    );
  }

  /**
   * Sets how often the guest's balloon tells the figures that {@link Domain.memoryStats} gives.
   *
   * @param period - in seconds; 0 for never
   * @see virDomainSetMemoryStatsPeriod
   * @since libvirt 1.1.1
   */
  setMemoryStatsPeriod(period: number, flags: DomainMemoryModFlags = 0): Promise<void> {
    return this.call((domain) => native.virDomainSetMemoryStatsPeriod(domain, period, flags));
  }

  /**
   * The kind of scheduler, such as `posix`. It decides which fields {@link Domain.getSchedulerParameters} has.
   *
   * @see virDomainGetSchedulerType
   * @since libvirt 0.2.3
   */
  getSchedulerType(): Promise<string> {
    return this.call(async (domain) => (await native.virDomainGetSchedulerType(domain)).type);
  }

  /**
   * Shares and limits of CPU time.
   *
   * @see virDomainGetSchedulerParameters, virDomainGetSchedulerParametersFlags
   * @since libvirt 0.2.3; with flags 0.9.2
   */
  getSchedulerParameters(flags: DomainModificationImpact = 0): Promise<SchedulerParameters> {
    return this.call(async (domain) =>
      nest(
        await (flags === 0
          ? native.virDomainGetSchedulerParameters(domain)
          : native.virDomainGetSchedulerParametersFlags(domain, flags)),
      ),
    );
  }

  /**
   * Sets shares and limits of CPU time. Periods and quotas are in microseconds.
   *
   * @see virDomainSetSchedulerParameters, virDomainSetSchedulerParametersFlags
   * @since libvirt 0.2.3; with flags 0.9.2
   */
  setSchedulerParameters(params: Settable<SchedulerParameters>, flags: DomainModificationImpact = 0): Promise<void> {
    return this.call((domain) =>
      flags === 0
        ? native.virDomainSetSchedulerParameters(domain, toWire('virDomainSetSchedulerParameters', 'scheduler', params))
        : native.virDomainSetSchedulerParametersFlags(
            domain,
            toWire('virDomainSetSchedulerParametersFlags', 'scheduler', params),
            flags,
          ),
    );
  }

  /**
   * Weights and limits of disk traffic on the whole host. Fields for devices are texts: `path,value,path,value`.
   *
   * @see virDomainGetBlkioParameters
   * @since libvirt 0.9.0
   */
  getBlkioParameters(flags: DomainModificationImpact = 0): Promise<BlkioParameters> {
    return this.call(async (domain) => nest(await native.virDomainGetBlkioParameters(domain, flags)));
  }

  /**
   * Sets weights and limits of disk traffic on the whole host.
   *
   * @see virDomainSetBlkioParameters
   * @since libvirt 0.9.0
   */
  setBlkioParameters(params: Settable<BlkioParameters>, flags: DomainModificationImpact = 0): Promise<void> {
    return this.call((domain) =>
      native.virDomainSetBlkioParameters(domain, toWire('virDomainSetBlkioParameters', 'blkio', params), flags),
    );
  }

  /**
   * Limits of the host's memory for the machine, in KiB. `Limits.DOMAIN_MEMORY_PARAM_UNLIMITED` means none.
   *
   * @see virDomainGetMemoryParameters
   * @since libvirt 0.8.5
   */
  getMemoryParameters(flags: DomainModificationImpact = 0): Promise<MemoryParameters> {
    return this.call(async (domain) => nest(await native.virDomainGetMemoryParameters(domain, flags)));
  }

  /**
   * Sets limits of the host's memory for the machine, in KiB. `Limits.DOMAIN_MEMORY_PARAM_UNLIMITED` lifts one.
   *
   * @see virDomainSetMemoryParameters
   * @since libvirt 0.8.5
   */
  setMemoryParameters(params: Settable<MemoryParameters>, flags: DomainModificationImpact = 0): Promise<void> {
    return this.call((domain) =>
      native.virDomainSetMemoryParameters(domain, toWire('virDomainSetMemoryParameters', 'memory', params), flags),
    );
  }

  /**
   * From which of the host's NUMA nodes the machine's memory comes; the mode is a `DomainNumatuneMemMode`.
   *
   * @see virDomainGetNumaParameters
   * @since libvirt 0.9.9
   */
  getNumaParameters(flags: DomainModificationImpact = 0): Promise<NumaParameters> {
    return this.call(async (domain) => nest(await native.virDomainGetNumaParameters(domain, flags)));
  }

  /**
   * Sets from which of the host's NUMA nodes the machine's memory comes.
   *
   * @see virDomainSetNumaParameters
   * @since libvirt 0.9.9
   */
  setNumaParameters(params: Settable<NumaParameters>, flags: DomainModificationImpact = 0): Promise<void> {
    return this.call((domain) =>
      native.virDomainSetNumaParameters(domain, toWire('virDomainSetNumaParameters', 'numa', params), flags),
    );
  }

  /**
   * The bandwidth that an interface may use: averages and peaks in KiB a second, bursts in KiB.
   *
   * @param device - the interface's name on the host, or its MAC address
   * @see virDomainGetInterfaceParameters
   * @since libvirt 0.9.9
   */
  getInterfaceParameters(device: string, flags: DomainModificationImpact = 0): Promise<InterfaceBandwidthParameters> {
    return this.call(async (domain) => nest(await native.virDomainGetInterfaceParameters(domain, device, flags)));
  }

  /**
   * Sets the bandwidth that an interface may use. An average of 0 lifts the limit of its direction.
   *
   * @param device - the interface's name on the host, or its MAC address
   * @see virDomainSetInterfaceParameters
   * @since libvirt 0.9.9
   */
  setInterfaceParameters(
    device: string,
    params: Settable<InterfaceBandwidthParameters>,
    flags: DomainModificationImpact = 0,
  ): Promise<void> {
    return this.call((domain) =>
      native.virDomainSetInterfaceParameters(
        domain,
        device,
        toWire('virDomainSetInterfaceParameters', 'interfaceBandwidth', params),
        flags,
      ),
    );
  }

  /**
   * The limits of a disk: bytes and operations a second, 0 for none.
   *
   * @param disk - its target, such as `vda`, or its path
   * @see virDomainGetBlockIoTune
   * @since libvirt 0.9.8
   */
  getBlockIoTune(disk: string, flags: DomainModificationImpact = 0): Promise<BlockIoTuneParameters> {
    return this.call(async (domain) => nest(await native.virDomainGetBlockIoTune(domain, disk, flags)));
  }

  /**
   * Sets the limits of a disk. A total goes with no limit for reads or writes alone.
   *
   * @param disk - its target, such as `vda`, or its path
   * @see virDomainSetBlockIoTune
   * @since libvirt 0.9.8
   */
  setBlockIoTune(
    disk: string,
    params: Settable<BlockIoTuneParameters>,
    flags: DomainModificationImpact = 0,
  ): Promise<void> {
    return this.call((domain) =>
      native.virDomainSetBlockIoTune(domain, disk, toWire('virDomainSetBlockIoTune', 'blockIoTune', params), flags),
    );
  }

  /**
   * Makes or changes a group of limits that disks can share.
   *
   * @param group - its name
   * @see virDomainSetThrottleGroup
   * @since libvirt 11.2.0
   */
  setThrottleGroup(
    group: string,
    params: Settable<BlockIoTuneParameters>,
    flags: DomainModificationImpact = 0,
  ): Promise<void> {
    return this.call((domain) =>
      native.virDomainSetThrottleGroup(
        domain,
        group,
        toWire('virDomainSetThrottleGroup', 'blockIoTune', params),
        flags,
      ),
    );
  }

  /**
   * Removes a group of limits that no disk uses.
   *
   * @param group - its name
   * @see virDomainDelThrottleGroup
   * @since libvirt 11.2.0
   */
  delThrottleGroup(group: string, flags: DomainModificationImpact = 0): Promise<void> {
    return this.call((domain) => native.virDomainDelThrottleGroup(domain, group, flags));
  }

  /**
   * Which events of the host's CPUs are counted for the machine; the counts are in its statistics.
   *
   * @see virDomainGetPerfEvents
   * @since libvirt 1.3.3
   */
  getPerfEvents(flags: DomainModificationImpact = 0): Promise<PerfParameters> {
    return this.call(async (domain) => nest(await native.virDomainGetPerfEvents(domain, flags)));
  }

  /**
   * Sets which events of the host's CPUs are counted for the machine.
   *
   * @see virDomainSetPerfEvents
   * @since libvirt 1.3.3
   */
  setPerfEvents(params: Settable<PerfParameters>, flags: DomainModificationImpact = 0): Promise<void> {
    return this.call((domain) =>
      native.virDomainSetPerfEvents(domain, toWire('virDomainSetPerfEvents', 'perf', params), flags),
    );
  }

  /**
   * What the owner of a machine with encrypted memory needs in order to trust it.
   *
   * @param flags - none are defined; 0
   * @see virDomainGetLaunchSecurityInfo
   * @since libvirt 4.5.0
   */
  getLaunchSecurityInfo(flags = 0): Promise<LaunchSecurityParameters> {
    return this.call(async (domain) => nest(await native.virDomainGetLaunchSecurityInfo(domain, flags)));
  }

  /**
   * Gives a secret to a machine with encrypted memory that was started paused.
   *
   * @param flags - none are defined; 0
   * @see virDomainSetLaunchSecurityState
   * @since libvirt 8.0.0
   */
  setLaunchSecurityState(params: Settable<LaunchSecuritySettings>, flags = 0): Promise<void> {
    return this.call((domain) =>
      native.virDomainSetLaunchSecurityState(
        domain,
        toWire('virDomainSetLaunchSecurityState', 'launchSecurity', params),
        flags,
      ),
    );
  }
}
