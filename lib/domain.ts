import type { Connection } from './connection.js';
import type {
  DomainCreateFlags,
  DomainDestroyFlagsValues,
  DomainRebootFlagValues,
  DomainShutdownFlagValues,
  DomainState,
  DomainUndefineFlagsValues,
  DomainXMLFlags,
} from './constants.js';
import { DomainStreams } from './domain-streams.js';
import { type ShutdownOptions, shutdownAndWait, waitForState } from './domain-waiting.js';
import { native } from './native.js';
import type { virDomain } from './native-types.js';
import { type WaitOptions, waitOptions } from './waiting.js';

/** What a machine has and uses. */
export interface DomainInfo {
  state: DomainState;
  /** The most memory that it may have, in KiB. */
  maxMem: number;
  /** The memory that it has, in KiB. */
  memory: number;
  nrVirtCpu: number;
  /** The CPU time that it has used, in nanoseconds. */
  cpuTime: bigint;
}

/** A machine's state and how it came to be in it. */
export interface DomainStateInfo {
  state: DomainState;
  /** A constant of the enum that goes with the state: `DomainRunningReason`, `DomainShutoffReason`, … */
  reason: number;
}

/**
 * A domain: what libvirt calls a machine, virtual or a container.
 *
 * @see {@link https://libvirt.org/html/libvirt-libvirt-domain.html}
 */
export class Domain extends DomainStreams {
  /** @internal */
  static of(connection: Connection, handle: virDomain): Domain {
    return new Domain(connection, handle, native.virDomainGetName(handle), native.virDomainGetUUIDString(handle));
  }

  /**
   * Starts a defined machine, or restores it when it has a managed save image.
   *
   * @param flags - for instance `DomainCreateFlags.START_PAUSED`
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when it runs already
   * @see virDomainCreate, virDomainCreateWithFlags
   * @since libvirt 0.1.1; with flags 0.8.2
   */
  create(flags: DomainCreateFlags = 0): Promise<void> {
    return this.call((domain) =>
      flags === 0 ? native.virDomainCreate(domain) : native.virDomainCreateWithFlags(domain, flags),
    );
  }

  /**
   * Stops the machine's CPUs; its memory stays.
   *
   * @see virDomainSuspend
   * @since libvirt 0.0.3
   */
  suspend(): Promise<void> {
    return this.call((domain) => native.virDomainSuspend(domain));
  }

  /**
   * Lets a suspended machine run on.
   *
   * @see virDomainResume
   * @since libvirt 0.0.3
   */
  resume(): Promise<void> {
    return this.call((domain) => native.virDomainResume(domain));
  }

  /**
   * Asks the guest to shut down. It resolves when the guest was asked, not when it is off; a guest may ignore it.
   *
   * @param flags - which ways of asking are tried, such as `DomainShutdownFlagValues.ACPI_POWER_BTN`; 0 leaves the choice
   * to the driver: QEMU's asks the guest's agent where there is one, and presses the power button (ACPI) where there is
   * none or it fails
   * @see virDomainShutdown, virDomainShutdownFlags
   * @since libvirt 0.0.3; with flags 0.9.10
   */
  shutdown(flags: DomainShutdownFlagValues = 0): Promise<void> {
    return this.call((domain) =>
      flags === 0 ? native.virDomainShutdown(domain) : native.virDomainShutdownFlags(domain, flags),
    );
  }

  /**
   * Asks the guest to reboot. It resolves when the guest was asked.
   *
   * @see virDomainReboot
   * @since libvirt 0.1.0
   */
  reboot(flags: DomainRebootFlagValues = 0): Promise<void> {
    return this.call((domain) => native.virDomainReboot(domain, flags));
  }

  /**
   * Resets the machine as its reset button would; the guest is not asked.
   *
   * @param flags - none are defined; 0
   * @see virDomainReset
   * @since libvirt 0.9.7
   */
  reset(flags = 0): Promise<void> {
    return this.call((domain) => native.virDomainReset(domain, flags));
  }

  /**
   * Ends the machine at once, as pulling its plug would. A machine that is not persistent is gone afterwards.
   *
   * @param flags - `DomainDestroyFlagsValues.GRACEFUL` never kills a process that does not end by itself
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when it does not run
   * @see virDomainDestroy, virDomainDestroyFlags
   * @since libvirt 0.0.3; with flags 0.9.4
   */
  destroy(flags: DomainDestroyFlagsValues = 0): Promise<void> {
    return this.call((domain) =>
      flags === 0 ? native.virDomainDestroy(domain) : native.virDomainDestroyFlags(domain, flags),
    );
  }

  /**
   * Removes the definition. A machine that runs goes on until it stops.
   *
   * @param flags - what may go with it: managed save image, snapshots' metadata, NVRAM
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when something would be left behind that no flag names
   * @see virDomainUndefine, virDomainUndefineFlags
   * @since libvirt 0.1.1; with flags 0.9.4
   */
  undefine(flags: DomainUndefineFlagsValues = 0): Promise<void> {
    return this.call((domain) =>
      flags === 0 ? native.virDomainUndefine(domain) : native.virDomainUndefineFlags(domain, flags),
    );
  }

  /**
   * The machine's XML description.
   *
   * @param flags - `DomainXMLFlags.INACTIVE` for the definition in place of what runs, `SECURE` with passwords
   * @see virDomainGetXMLDesc
   * @since libvirt 0.0.3
   */
  getXMLDesc(flags: DomainXMLFlags = 0): Promise<string> {
    return this.call((domain) => native.virDomainGetXMLDesc(domain, flags));
  }

  /**
   * State, memory, number of CPUs, CPU time.
   *
   * @see virDomainGetInfo
   * @since libvirt 0.0.3
   */
  getInfo(): Promise<DomainInfo> {
    return this.call((domain) => native.virDomainGetInfo(domain) as Promise<DomainInfo>);
  }

  /**
   * The state and its reason.
   *
   * @param flags - none are defined; 0
   * @see virDomainGetState
   * @since libvirt 0.9.2
   */
  getState(flags = 0): Promise<DomainStateInfo> {
    return this.call((domain) => native.virDomainGetState(domain, flags) as Promise<DomainStateInfo>);
  }

  /**
   * The number that the host knows a running machine by; null when it does not run. Read anew at each call, since a
   * machine gets another one each time it starts.
   *
   * @see virDomainGetID
   * @since libvirt 0.0.3
   */
  getID(): Promise<number | null> {
    return this.calls(async (_domain, { within }) => {
      const { handle } = this.connection.link;
      const found = await within(() => native.virDomainLookupByUUIDString(handle, this.uuid));
      const id = await within(() => native.virDomainGetID(found));
      return id === -1 ? null : id;
    });
  }

  /**
   * The kind of guest: `hvm` for full virtualisation, `linux` or `xen` for paravirtualisation, `exe` for containers.
   *
   * @see virDomainGetOSType
   * @since libvirt 0.0.3
   */
  getOSType(): Promise<string> {
    return this.call((domain) => native.virDomainGetOSType(domain));
  }

  /**
   * Whether the machine starts when the daemon does.
   *
   * @see virDomainGetAutostart
   * @since libvirt 0.2.1
   */
  getAutostart(): Promise<boolean> {
    return this.call((domain) => native.virDomainGetAutostart(domain));
  }

  /**
   * Says whether the machine is to start when the daemon does.
   *
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when it is not persistent
   * @see virDomainSetAutostart
   * @since libvirt 0.2.1
   */
  setAutostart(autostart: boolean): Promise<void> {
    return this.call((domain) => native.virDomainSetAutostart(domain, autostart));
  }

  /**
   * Whether the machine runs or is paused.
   *
   * @see virDomainIsActive
   * @since libvirt 0.7.3
   */
  isActive(): Promise<boolean> {
    return this.call((domain) => native.virDomainIsActive(domain));
  }

  /**
   * Whether the machine has a definition that outlives its being stopped.
   *
   * @see virDomainIsPersistent
   * @since libvirt 0.7.3
   */
  isPersistent(): Promise<boolean> {
    return this.call((domain) => native.virDomainIsPersistent(domain));
  }

  /**
   * Whether the definition was changed while the machine ran.
   *
   * @see virDomainIsUpdated
   * @since libvirt 0.8.6
   */
  isUpdated(): Promise<boolean> {
    return this.call((domain) => native.virDomainIsUpdated(domain));
  }

  /**
   * Waits until the machine is in a state. libvirt's events wake it, and it reads the state after they are listened to: a
   * change in between is not missed. A state that is left again at once may be.
   *
   * A machine that is not persistent is gone when it is off: that counts as `DomainState.SHUTOFF`, with the reason 0.
   *
   * @param state - a constant of `DomainState`, or several of which one is enough
   * @throws LibvirtError `ERR_LIBVIRT_TIMEOUT`; `VIR_ERR_NO_DOMAIN` when it is gone and another state was waited for
   * @since libvirt 0.9.2
   */
  async waitForState(state: DomainState | readonly DomainState[], options: WaitOptions = {}): Promise<DomainStateInfo> {
    return await waitForState(this, state, waitOptions('waitForState', this.options, options));
  }

  /**
   * Asks the guest to shut down and waits until the machine is off. One that is off already is left alone.
   *
   * @returns `shutdown` when the guest did it, `destroy` when the fallback had to
   * @throws LibvirtError `ERR_LIBVIRT_TIMEOUT` when it is not off in time and there is no fallback; `ERR_LIBVIRT_ABANDONED`
   * when the signal comes while the fallback is under way
   * @example
   * ```ts
   * await domain.shutdownAndWait({ timeout: 30_000, fallback: 'destroy' });
   * ```
   * @since libvirt 0.9.2
   */
  async shutdownAndWait(options: ShutdownOptions = {}): Promise<'shutdown' | 'destroy'> {
    return await shutdownAndWait(this, waitOptions('shutdownAndWait', this.options, options));
  }
}
