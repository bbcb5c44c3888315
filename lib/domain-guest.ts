import type {
  DomainAgentResponseTimeoutValues,
  DomainAuthorizedSSHKeysSetFlags,
  DomainControlErrorReason,
  DomainControlState,
  DomainDiskErrorCode,
  DomainGetHostnameFlags,
  DomainGuestInfoTypes,
  DomainMessageType,
  DomainProcessSignal,
  DomainSetTimeFlags,
  DomainSetUserPasswordFlags,
  KeycodeSet,
  NodeSuspendTarget,
} from './constants.js';
import { DomainTuning } from './domain-tuning.js';
import { type GuestInfo, toGuestInfo } from './guest-info.js';
import { native } from './native.js';

/** The time in a guest. */
export interface GuestTime {
  /** Since 1970. */
  seconds: bigint;
  nseconds: number;
}

/** The label that a machine's process has on the host. */
export interface SecurityLabel {
  label: string;
  /** Whether the host's policy is enforced; else what breaks it is only logged. */
  enforcing: boolean;
}

/** The state of the way to control a machine: its monitor. */
export interface ControlInfo {
  state: DomainControlState;
  /** What is wrong, where something is. */
  details: DomainControlErrorReason;
  /** How long it has been so, in milliseconds. */
  stateTime: bigint;
}

/** A disk that stopped working. */
export interface DiskError {
  /** Its target, such as `vda`. */
  disk: string;
  error: DomainDiskErrorCode;
}

/** The part of {@link Domain} that talks to the guest. Most of it needs the guest agent. */
export abstract class DomainGuest extends DomainTuning {
  /**
   * What the guest agent tells about the guest.
   *
   * @param types - what to ask for; 0 for all that this libvirt and this agent know. What is named and not known fails
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_AGENT_UNRESPONSIVE` when no agent answers, `VIR_ERR_ARGUMENT_UNSUPPORTED` when the
   * machine has no channel for one
   * @see virDomainGetGuestInfo
   * @since libvirt 5.7.0
   */
  getGuestInfo(types: DomainGuestInfoTypes = 0, flags = 0): Promise<GuestInfo> {
    return this.call(async (domain) => toGuestInfo(await native.virDomainGetGuestInfo(domain, types, flags)));
  }

  /**
   * Has the guest write out its file systems and hold all writes to them, until {@link Domain.fsThaw}.
   *
   * @param mountpoints - where they are mounted in the guest; without it, all. An empty array is none
   * @param flags - none are defined; 0
   * @returns how many were frozen
   * @see virDomainFSFreeze
   * @since libvirt 1.2.5
   */
  fsFreeze(mountpoints?: readonly string[] | null, flags = 0): Promise<number> {
    // In C an empty list stands for all.
    return this.call((domain) => (isEmpty(mountpoints) ? 0 : native.virDomainFSFreeze(domain, mountpoints, flags)));
  }

  /**
   * Lets the guest write to its file systems again.
   *
   * @param mountpoints - where they are mounted in the guest; without it, all. An empty array is none
   * @param flags - none are defined; 0
   * @returns how many were thawed
   * @see virDomainFSThaw
   * @since libvirt 1.2.5
   */
  fsThaw(mountpoints?: readonly string[] | null, flags = 0): Promise<number> {
    return this.call((domain) => (isEmpty(mountpoints) ? 0 : native.virDomainFSThaw(domain, mountpoints, flags)));
  }

  /**
   * Has the guest tell its disks which blocks are unused.
   *
   * @param mountpoint - where the file system is mounted in the guest; without it, all
   * @param minimum - the least run of unused bytes that is worth it
   * @param flags - none are defined; 0
   * @see virDomainFSTrim
   * @since libvirt 1.0.1
   */
  fsTrim(mountpoint?: string | null, minimum: bigint | number = 0, flags = 0): Promise<void> {
    return this.call((domain) => native.virDomainFSTrim(domain, mountpoint, minimum, flags));
  }

  /**
   * Sets a user's password in the guest.
   *
   * @param flags - `DomainSetUserPasswordFlags.ENCRYPTED` when it is a hash as the guest stores it
   * @see virDomainSetUserPassword
   * @since libvirt 1.2.16
   */
  setUserPassword(user: string, password: string, flags: DomainSetUserPasswordFlags = 0): Promise<void> {
    return this.call((domain) => native.virDomainSetUserPassword(domain, user, password, flags));
  }

  /**
   * The time in the guest.
   *
   * @param flags - none are defined; 0
   * @see virDomainGetTime
   * @since libvirt 1.2.5
   */
  getTime(flags = 0): Promise<GuestTime> {
    return this.call((domain) => native.virDomainGetTime(domain, flags));
  }

  /**
   * Sets the time in the guest.
   *
   * @param seconds - since 1970
   * @param flags - `DomainSetTimeFlags.SYNC` takes the guest's clock of hardware in place of the time given
   * @see virDomainSetTime
   * @since libvirt 1.2.5
   */
  setTime(seconds: bigint | number, nseconds = 0, flags: DomainSetTimeFlags = 0): Promise<void> {
    return this.call((domain) => native.virDomainSetTime(domain, seconds, nseconds, flags));
  }

  /**
   * The public keys with which one can log in as a user of the guest.
   *
   * @param flags - none are defined; 0
   * @see virDomainAuthorizedSSHKeysGet
   * @since libvirt 6.10.0
   */
  authorizedSSHKeysGet(user: string, flags = 0): Promise<string[]> {
    return this.call((domain) => native.virDomainAuthorizedSSHKeysGet(domain, user, flags));
  }

  /**
   * Sets the public keys with which one can log in as a user of the guest. Without a flag they take the place of those
   * that are there; an empty array or null removes all.
   *
   * @param flags - `DomainAuthorizedSSHKeysSetFlags.APPEND` adds them, `REMOVE` removes them
   * @see virDomainAuthorizedSSHKeysSet
   * @since libvirt 6.10.0
   */
  authorizedSSHKeysSet(
    user: string,
    keys: readonly string[] | null,
    flags: DomainAuthorizedSSHKeysSetFlags = 0,
  ): Promise<void> {
    return this.call((domain) => native.virDomainAuthorizedSSHKeysSet(domain, user, keys, flags));
  }

  /**
   * The guest's name for itself.
   *
   * @param flags - who is asked: `DomainGetHostnameFlags.AGENT` or `LEASE`; 0 leaves it to the driver
   * @throws LibvirtError `VIR_ERR_NO_HOSTNAME` when nobody knows it
   * @see virDomainGetHostname
   * @since libvirt 0.10.0
   */
  getHostname(flags: DomainGetHostnameFlags = 0): Promise<string> {
    return this.call((domain) => native.virDomainGetHostname(domain, flags));
  }

  /**
   * Sets how long libvirt waits for the guest agent.
   *
   * @param timeout - in seconds, or a `DomainAgentResponseTimeoutValues`
   * @param flags - none are defined; 0
   * @see virDomainAgentSetResponseTimeout
   * @since libvirt 5.10.0
   */
  agentSetResponseTimeout(timeout: DomainAgentResponseTimeoutValues, flags = 0): Promise<void> {
    return this.call((domain) => native.virDomainAgentSetResponseTimeout(domain, timeout, flags));
  }

  /**
   * Presses keys of the machine's keyboard, all at once.
   *
   * @param codeset - which codes they are
   * @param holdtime - for how long, in milliseconds
   * @param keycodes - at most 16
   * @param flags - none are defined; 0
   * @see virDomainSendKey
   * @since libvirt 0.9.3
   */
  sendKey(codeset: KeycodeSet, holdtime: number, keycodes: readonly number[], flags = 0): Promise<void> {
    return this.call((domain) => native.virDomainSendKey(domain, codeset, holdtime, keycodes, flags));
  }

  /**
   * Sends a signal to a process in a container.
   *
   * @param pid - its number in the container; 1 is the first process
   * @param flags - none are defined; 0
   * @see virDomainSendProcessSignal
   * @since libvirt 1.0.1
   */
  sendProcessSignal(pid: bigint | number, signum: DomainProcessSignal, flags = 0): Promise<void> {
    return this.call((domain) => native.virDomainSendProcessSignal(domain, pid, signum, flags));
  }

  /**
   * Sends the guest an interrupt that it cannot mask.
   *
   * @param flags - none are defined; 0
   * @see virDomainInjectNMI
   * @since libvirt 0.9.2
   */
  injectNMI(flags = 0): Promise<void> {
    return this.call((domain) => native.virDomainInjectNMI(domain, flags));
  }

  /**
   * Has the guest go to sleep.
   *
   * @param target - to memory, to disk, or both
   * @param duration - in seconds, until it is woken; 0 for until something wakes it
   * @param flags - none are defined; 0
   * @see virDomainPMSuspendForDuration
   * @since libvirt 0.9.10
   */
  pmSuspendForDuration(target: NodeSuspendTarget, duration: bigint | number = 0, flags = 0): Promise<void> {
    return this.call((domain) => native.virDomainPMSuspendForDuration(domain, target, duration, flags));
  }

  /**
   * Wakes a guest that sleeps.
   *
   * @param flags - none are defined; 0
   * @see virDomainPMWakeup
   * @since libvirt 0.9.11
   */
  pmWakeup(flags = 0): Promise<void> {
    return this.call((domain) => native.virDomainPMWakeup(domain, flags));
  }

  /**
   * What libvirt has to say about the machine: deprecated or unsupported things in use.
   *
   * @param types - which kinds; 0 for all
   * @see virDomainGetMessages
   * @since libvirt 7.1.0
   */
  getMessages(types: DomainMessageType = 0): Promise<string[]> {
    return this.call((domain) => native.virDomainGetMessages(domain, types));
  }

  /**
   * The label of the machine's process: that of the host's first security model.
   *
   * @see virDomainGetSecurityLabel
   * @since libvirt 0.6.1
   */
  getSecurityLabel(): Promise<SecurityLabel> {
    return this.call((domain) => native.virDomainGetSecurityLabel(domain));
  }

  /**
   * The labels of the machine's process, one for each security model of the host.
   *
   * @see virDomainGetSecurityLabelList
   * @since libvirt 0.10.0
   */
  getSecurityLabelList(): Promise<SecurityLabel[]> {
    return this.call((domain) => native.virDomainGetSecurityLabelList(domain));
  }

  /**
   * Whether libvirt can control the machine, or what it waits for. It answers even when that takes long.
   *
   * @param flags - none are defined; 0
   * @see virDomainGetControlInfo
   * @since libvirt 0.9.3
   */
  getControlInfo(flags = 0): Promise<ControlInfo> {
    return this.call((domain) => native.virDomainGetControlInfo(domain, flags) as Promise<ControlInfo>);
  }

  /**
   * The disks that stopped working; none when all is well.
   *
   * @param flags - none are defined; 0
   * @see virDomainGetDiskErrors
   * @since libvirt 0.9.10
   */
  getDiskErrors(flags = 0): Promise<DiskError[]> {
    return this.call(async (domain) => (await native.virDomainGetDiskErrors(domain, flags)) as DiskError[]);
  }
}

function isEmpty(list: unknown): boolean {
  return Array.isArray(list) && list.length === 0;
}
