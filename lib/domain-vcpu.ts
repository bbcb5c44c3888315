import {
  type DomainModificationImpact,
  type DomainSetVcpuFlags,
  DomainVcpuFlags,
  ErrorNumber,
  type VcpuState,
} from './constants.js';
import { type CPUSet, fromCPUText, toCPUText } from './cpu-set.js';
import { DomainQemu } from './domain-qemu.js';
import { isErrorRecord } from './errors.js';
import type { Limits } from './limits.js';
import { native } from './native.js';
import type { TypedParams, virConnect } from './native-types.js';
import { nest } from './nested.js';
import { type CPUStatsParameters, type IOThreadParameters, type Settable, toWire } from './params.js';

/** A virtual CPU of a running machine. */
export interface Vcpu {
  /** Its number in the machine. */
  number: number;
  state: VcpuState;
  /** The CPU time that it has used, in nanoseconds. */
  cpuTime: bigint;
  /** The host's CPU that it runs on; -1 when it is off, -2 when that is not known. */
  cpu: number;
  /** The host's CPUs that it may run on. */
  cpumap: number[];
}

/** A thread for the I/O of disks. */
export interface IOThread {
  iothreadId: number;
  /** The host's CPUs that it may run on. */
  cpumap: number[];
}

/** The virtual CPUs as the guest has them. What the agent does not tell is not there. */
export interface GuestVcpus {
  /** All that the guest knows. */
  vcpus?: number[];
  /** Those that it uses. */
  online?: number[];
  /** Those that it can do without. */
  offlinable?: number[];
}

/** The remote protocol lets no more CPUs, and no more parameters of each, through at once. */
const CPUS_AT_ONCE = 128;
const PARAMS_AT_ONCE = 16;

/** Bytes for a bit of each CPU of the host, also of those that are off. */
async function mapLength(conn: virConnect, { within }: Limits): Promise<number> {
  return Math.ceil((await cpusOf(conn, within)) / 8);
}

async function cpusOf(conn: virConnect, within: Limits['within']): Promise<number> {
  try {
    return (await within(() => native.virNodeGetCPUMap(conn, 0))).total;
  } catch (error) {
    if (!isErrorRecord(error) || error.code !== ErrorNumber.NO_SUPPORT) throw error;
  }
  // The older way counts all places that CPUs may have.
  const { nodes, sockets, cores, threads } = await within(() => native.virNodeGetInfo(conn));
  return nodes * sockets * cores * threads;
}

// What a newer libvirt tells besides is left as it is.
const cpuSets = new Set(['vcpus', 'online', 'offlinable']);

function toGuestVcpus(params: TypedParams): GuestVcpus {
  return Object.fromEntries(
    Object.entries(nest(params)).map(([name, value]) => [
      name,
      typeof value === 'string' && cpuSets.has(name) ? fromCPUText(value) : value,
    ]),
  );
}

/** The part of {@link Domain} that is about virtual CPUs and threads. */
export abstract class DomainVcpu extends DomainQemu {
  /**
   * The virtual CPUs of a running machine: what they do and where they may run.
   *
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when the machine does not run
   * @see virDomainGetVcpus
   * @since libvirt 0.1.4
   */
  getVcpus(): Promise<Vcpu[]> {
    return this.calls(async (domain, limits) => {
      // The most that there may be, since CPUs may be added between the calls.
      const most = await limits.within(() => native.virDomainGetMaxVcpus(domain));
      const length = await mapLength(this.connection.link.handle, limits);
      const { info, cpumaps } = await limits.within(() => native.virDomainGetVcpus(domain, most, length));
      return info.map((one, at) => ({ ...one, state: one.state as VcpuState, cpumap: cpumaps[at] ?? [] }));
    });
  }

  /**
   * How many virtual CPUs the machine has.
   *
   * @param flags - running or defined (`LIVE`, `CONFIG`), now or at most (`MAXIMUM`), as the guest sees it (`GUEST`)
   * @see virDomainGetVcpusFlags
   * @since libvirt 0.8.5
   */
  getVcpuCount(flags: DomainVcpuFlags = 0): Promise<number> {
    return this.call((domain) => native.virDomainGetVcpusFlags(domain, flags));
  }

  /**
   * How many virtual CPUs the running machine can have at most.
   *
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when it does not run; `getVcpuCount` can do that
   * @see virDomainGetMaxVcpus
   * @since libvirt 0.2.1
   */
  getMaxVcpus(): Promise<number> {
    return this.call((domain) => native.virDomainGetMaxVcpus(domain));
  }

  /**
   * Sets how many virtual CPUs the machine has.
   *
   * @param flags - the running machine, the definition or both (`LIVE`, `CONFIG`), the limit (`MAXIMUM`)
   * @see virDomainSetVcpus, virDomainSetVcpusFlags
   * @since libvirt 0.1.4; with flags 0.8.5
   */
  setVcpus(nvcpus: number, flags: DomainVcpuFlags = 0): Promise<void> {
    return this.call((domain) =>
      flags === 0 ? native.virDomainSetVcpus(domain, nvcpus) : native.virDomainSetVcpusFlags(domain, nvcpus, flags),
    );
  }

  /**
   * Plugs certain virtual CPUs in or out.
   *
   * @param vcpus - their numbers
   * @param state - true for in
   * @see virDomainSetVcpu
   * @since libvirt 3.1.0
   */
  setVcpu(vcpus: CPUSet, state: boolean, flags: DomainSetVcpuFlags = 0): Promise<void> {
    return this.call((domain) => native.virDomainSetVcpu(domain, toCPUText('setVcpu: vcpus', vcpus), state, flags));
  }

  /**
   * Sets where a virtual CPU may run.
   *
   * @param vcpu - its number in the machine
   * @param cpumap - the numbers of the host's CPUs
   * @see virDomainPinVcpu, virDomainPinVcpuFlags
   * @since libvirt 0.1.4; with flags 0.9.3
   */
  pinVcpu(vcpu: number, cpumap: readonly number[], flags: DomainModificationImpact = 0): Promise<void> {
    return this.call((domain) =>
      flags === 0
        ? native.virDomainPinVcpu(domain, vcpu, cpumap)
        : native.virDomainPinVcpuFlags(domain, vcpu, cpumap, flags),
    );
  }

  /**
   * Where each virtual CPU may run: the numbers of the host's CPUs.
   *
   * @see virDomainGetVcpuPinInfo
   * @since libvirt 0.9.3
   */
  getVcpuPinInfo(flags: DomainModificationImpact = 0): Promise<number[][]> {
    return this.calls(async (domain, limits) => {
      const most = await limits.within(() => native.virDomainGetVcpusFlags(domain, DomainVcpuFlags.MAXIMUM | flags));
      const length = await mapLength(this.connection.link.handle, limits);
      return limits.within(() => native.virDomainGetVcpuPinInfo(domain, most, length, flags));
    });
  }

  /**
   * Sets where the emulator's own threads may run.
   *
   * @param cpumap - the numbers of the host's CPUs
   * @see virDomainPinEmulator
   * @since libvirt 0.10.0
   */
  pinEmulator(cpumap: readonly number[], flags: DomainModificationImpact = 0): Promise<void> {
    return this.call((domain) => native.virDomainPinEmulator(domain, cpumap, flags));
  }

  /**
   * Where the emulator's own threads may run: the numbers of the host's CPUs; null when they are not pinned.
   *
   * @see virDomainGetEmulatorPinInfo
   * @since libvirt 0.10.0
   */
  getEmulatorPinInfo(flags: DomainModificationImpact = 0): Promise<number[] | null> {
    return this.calls(async (domain, limits) => {
      const length = await mapLength(this.connection.link.handle, limits);
      const { pinned, cpumap } = await limits.within(() => native.virDomainGetEmulatorPinInfo(domain, length, flags));
      return pinned ? cpumap : null;
    });
  }

  /**
   * The machine's IOThreads and where they may run.
   *
   * @see virDomainGetIOThreadInfo
   * @since libvirt 1.2.14
   */
  getIOThreadInfo(flags: DomainModificationImpact = 0): Promise<IOThread[]> {
    return this.call(async (domain) =>
      (await native.virDomainGetIOThreadInfo(domain, flags)).map(({ iothread_id, cpumap }) => ({
        iothreadId: iothread_id,
        cpumap,
      })),
    );
  }

  /**
   * Sets where an IOThread may run.
   *
   * @param cpumap - the numbers of the host's CPUs
   * @see virDomainPinIOThread
   * @since libvirt 1.2.14
   */
  pinIOThread(iothreadId: number, cpumap: readonly number[], flags: DomainModificationImpact = 0): Promise<void> {
    return this.call((domain) => native.virDomainPinIOThread(domain, iothreadId, cpumap, flags));
  }

  /**
   * Adds an IOThread.
   *
   * @param iothreadId - its number, 1 or more, which no other one has
   * @see virDomainAddIOThread
   * @since libvirt 1.2.15
   */
  addIOThread(iothreadId: number, flags: DomainModificationImpact = 0): Promise<void> {
    return this.call((domain) => native.virDomainAddIOThread(domain, iothreadId, flags));
  }

  /**
   * Removes an IOThread that no device uses.
   *
   * @see virDomainDelIOThread
   * @since libvirt 1.2.15
   */
  delIOThread(iothreadId: number, flags: DomainModificationImpact = 0): Promise<void> {
    return this.call((domain) => native.virDomainDelIOThread(domain, iothreadId, flags));
  }

  /**
   * Sets how an IOThread polls, and how many workers it has.
   *
   * @see virDomainSetIOThreadParams
   * @since libvirt 4.10.0
   */
  setIOThreadParams(
    iothreadId: number,
    params: Settable<IOThreadParameters>,
    flags: DomainModificationImpact = 0,
  ): Promise<void> {
    return this.call((domain) =>
      native.virDomainSetIOThreadParams(
        domain,
        iothreadId,
        toWire('virDomainSetIOThreadParams', 'iothread', params),
        flags,
      ),
    );
  }

  /**
   * The CPU time that a running machine has used, in nanoseconds: on all CPUs of the host together, or on each.
   *
   * @param startCPU - -1 (the default) for all together, in an array of one; otherwise the first of the host's CPUs
   * @param ncpus - of how many CPUs; without it, of all from the first on. One that is off has an empty object.
   * @param flags - none are defined; 0
   * @see virDomainGetCPUStats
   * @since libvirt 0.9.10
   */
  getCPUStats(startCPU = -1, ncpus?: number, flags = 0): Promise<CPUStatsParameters[]> {
    return this.calls(async (domain, { within }) => {
      if (ncpus !== undefined && !(Number.isSafeInteger(ncpus) && ncpus >= 0)) {
        throw new RangeError('getCPUStats: ncpus must be a whole number of CPUs');
      }
      const ask = (params: number, start: number, count: number) =>
        within(() => native.virDomainGetCPUStats(domain, params, start, count, flags));
      const rowsOf = async (start: number, count: number): Promise<CPUStatsParameters[]> => {
        const rows = await ask(nparams, start, count);
        return typeof rows === 'number' ? [] : rows.map((row) => nest(row));
      };
      // C's four modes: without room for parameters it counts them, without CPUs it counts those.
      const nparams = Math.min(Number(await ask(0, startCPU, 1)), PARAMS_AT_ONCE);
      if (startCPU < 0) return rowsOf(startCPU, ncpus ?? 1);
      const there = Number(await ask(0, 0, 0));
      const end = Math.min(startCPU + (ncpus ?? there), there);
      const found: CPUStatsParameters[] = [];
      for (let cpu = startCPU; cpu < end; cpu += CPUS_AT_ONCE) {
        found.push(...(await rowsOf(cpu, Math.min(CPUS_AT_ONCE, end - cpu))));
      }
      return found;
    });
  }

  /**
   * Asks the guest agent which virtual CPUs the guest has and uses.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_AGENT_UNRESPONSIVE` when no agent answers
   * @see virDomainGetGuestVcpus
   * @since libvirt 2.0.0
   */
  getGuestVcpus(flags = 0): Promise<GuestVcpus> {
    return this.call(async (domain) => toGuestVcpus(await native.virDomainGetGuestVcpus(domain, flags)));
  }

  /**
   * Has the guest use virtual CPUs or do without them. They stay plugged in.
   *
   * @param vcpus - their numbers
   * @param state - true for use
   * @param flags - none are defined; 0
   * @see virDomainSetGuestVcpus
   * @since libvirt 2.0.0
   */
  setGuestVcpus(vcpus: CPUSet, state: boolean, flags = 0): Promise<void> {
    return this.call((domain) =>
      native.virDomainSetGuestVcpus(domain, toCPUText('setGuestVcpus: vcpus', vcpus), state, flags),
    );
  }
}
