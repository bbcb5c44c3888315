import type {
  ConnectDomainEventAgentLifecycleReason,
  ConnectDomainEventAgentLifecycleState,
  ConnectDomainEventBlockJobStatus,
  ConnectDomainEventChannelLifecycleReason,
  ConnectDomainEventChannelLifecycleState,
  ConnectDomainEventDiskChangeReason,
  DomainBlockJobType,
  DomainEventCrashedDetailType,
  DomainEventDefinedDetailType,
  DomainEventGraphicsAddressType,
  DomainEventGraphicsPhase,
  DomainEventIOErrorAction,
  DomainEventPMSuspendedDetailType,
  DomainEventResumedDetailType,
  DomainEventShutdownDetailType,
  DomainEventStartedDetailType,
  DomainEventStoppedDetailType,
  DomainEventSuspendedDetailType,
  DomainEventTrayChangeReason,
  DomainEventType,
  DomainEventUndefinedDetailType,
  DomainEventWatchdogAction,
  DomainMemoryFailureActionType,
  DomainMemoryFailureFlags,
  DomainMemoryFailureRecipientType,
  DomainMetadataType,
} from '../constants.js';
import type { Domain } from '../domain.js';
import type { JobStatsParameters } from '../params/job-stats.js';

/** What all events of a machine have. One that tells nothing more has only this. */
export interface DomainEvent {
  /** The machine, as a look-up finds it. */
  readonly domain: Domain;
}

/** A change in the life of a machine, with the detail that goes with it: see {@link DomainLifecycleEvent}. */
export interface DomainLifecycleChange<Name extends keyof typeof DomainEventType, Detail> extends DomainEvent {
  readonly event: (typeof DomainEventType)[Name];
  readonly detail: Detail;
}

/**
 * A machine was defined, started, stopped and so on. `event` says which, and which enum `detail` is of: asking for
 * `event` narrows the type of `detail`.
 */
export type DomainLifecycleEvent =
  | DomainLifecycleChange<'DEFINED', DomainEventDefinedDetailType>
  | DomainLifecycleChange<'UNDEFINED', DomainEventUndefinedDetailType>
  | DomainLifecycleChange<'STARTED', DomainEventStartedDetailType>
  | DomainLifecycleChange<'SUSPENDED', DomainEventSuspendedDetailType>
  | DomainLifecycleChange<'RESUMED', DomainEventResumedDetailType>
  | DomainLifecycleChange<'STOPPED', DomainEventStoppedDetailType>
  | DomainLifecycleChange<'SHUTDOWN', DomainEventShutdownDetailType>
  | DomainLifecycleChange<'PMSUSPENDED', DomainEventPMSuspendedDetailType>
  | DomainLifecycleChange<'CRASHED', DomainEventCrashedDetailType>;

/** The guest set its clock. */
export interface DomainRTCChangeEvent extends DomainEvent {
  /** Seconds from UTC. */
  readonly utcoffset: bigint;
}

/** The watchdog fired. */
export interface DomainWatchdogEvent extends DomainEvent {
  /** What is done about it. */
  readonly action: DomainEventWatchdogAction;
}

/** A disk failed. */
export interface DomainIOErrorEvent extends DomainEvent {
  /** The file or device on the host; empty where there is none. */
  readonly srcPath: string;
  /** The disk's alias, such as `virtio-disk0`. */
  readonly devAlias: string;
  /** What is done about it. */
  readonly action: DomainEventIOErrorAction;
}

/** A disk failed, with the reason. */
export interface DomainIOErrorReasonEvent extends DomainIOErrorEvent {
  /** `enospc` when the host's disk is full; often empty. */
  readonly reason: string;
}

/** One end of a client's link to a machine's screen. */
export interface GraphicsAddress {
  readonly family: DomainEventGraphicsAddressType;
  /** The address, or the path of a socket. */
  readonly node: string;
  /** The port. */
  readonly service: string;
}

/** A name that a client of a machine's screen goes by. */
export interface GraphicsIdentity {
  /** `x509dname`, `saslUsername` or another. */
  readonly type: string;
  readonly name: string;
}

/** A client came to a machine's screen, was let in, or went. */
export interface DomainGraphicsEvent extends DomainEvent {
  readonly phase: DomainEventGraphicsPhase;
  /** The machine's end of the link. */
  readonly local: GraphicsAddress;
  /** The client's. */
  readonly remote: GraphicsAddress;
  /** How the client showed who it is. */
  readonly authScheme: string;
  /** Who it is; empty before it was let in. */
  readonly subject: readonly GraphicsIdentity[];
}

/** A job of a disk ended or became ready. */
export interface DomainBlockJobEvent extends DomainEvent {
  /** For `domain:block-job` the file or device on the host, for `domain:block-job-2` the target, such as `vda`. */
  readonly disk: string;
  readonly type: DomainBlockJobType;
  readonly status: ConnectDomainEventBlockJobStatus;
}

/** A disk has another medium. */
export interface DomainDiskChangeEvent extends DomainEvent {
  readonly oldSrcPath: string | null;
  readonly newSrcPath: string | null;
  /** The disk's alias, such as `ide0-1-0`. */
  readonly devAlias: string;
  readonly reason: ConnectDomainEventDiskChangeReason;
}

/** The tray of a drive was opened or closed. */
export interface DomainTrayChangeEvent extends DomainEvent {
  /** The drive's alias. */
  readonly devAlias: string;
  readonly reason: DomainEventTrayChangeReason;
}

/** The guest woke up or went to sleep. libvirt has no reasons yet: it is 0. */
export interface DomainPMEvent extends DomainEvent {
  readonly reason: number;
}

/** The guest's memory grew or shrank by its balloon. */
export interface DomainBalloonChangeEvent extends DomainEvent {
  /** KiB. */
  readonly actual: bigint;
}

/** What happened to a device. */
export interface DomainDeviceEvent extends DomainEvent {
  /** The device's alias, such as `net1`. */
  readonly devAlias: string;
}

/** Limits on CPUs, by libvirt's names in lower camel case. */
export interface CPUTuneChange {
  readonly cpuShares?: bigint;
  readonly vcpuPeriod?: bigint;
  readonly vcpuQuota?: bigint;
  readonly emulatorPeriod?: bigint;
  readonly emulatorQuota?: bigint;
  readonly globalPeriod?: bigint;
  readonly globalQuota?: bigint;
  readonly iothreadPeriod?: bigint;
  readonly iothreadQuota?: bigint;
  /** CPUs of the host, such as `0-3,5`. */
  readonly emulatorpin?: string;
  readonly [pin: `${'vcpupin' | 'iothreadpin'}${number}`]: string;
}

/** Limits on a disk, by libvirt's names in lower camel case. */
export interface BlockIoTuneChange {
  /** The target, such as `vda`. */
  readonly disk?: string;
  readonly groupName?: string;
  readonly [limit: `${'total' | 'read' | 'write' | 'size'}${'Bytes' | 'Iops'}Sec${string}`]: bigint;
}

/** A limit of the machine was changed; there is what changed. */
export interface DomainTunableEvent extends DomainEvent {
  readonly params: { readonly cputune?: CPUTuneChange; readonly blkdeviotune?: BlockIoTuneChange };
}

/** The guest agent came or went. */
export interface DomainAgentLifecycleEvent extends DomainEvent {
  readonly state: ConnectDomainEventAgentLifecycleState;
  readonly reason: ConnectDomainEventAgentLifecycleReason;
}

/** A migration began another pass over the memory. */
export interface DomainMigrationIterationEvent extends DomainEvent {
  /** Counted from 1. */
  readonly iteration: number;
}

/** A job of the machine ended: a migration, saving, a dump, a backup. */
export interface DomainJobCompletedEvent extends DomainEvent {
  /** What `getJobStats` tells of it, with what became of it where the libvirt says. */
  readonly params: JobStatsParameters;
}

/** Title, description or an element of metadata was changed. */
export interface DomainMetadataChangeEvent extends DomainEvent {
  readonly type: DomainMetadataType;
  /** The namespace, for an element. */
  readonly nsuri: string | null;
}

/** A disk was written beyond the threshold that `setBlockThreshold` set. */
export interface DomainBlockThresholdEvent extends DomainEvent {
  /** The target, such as `vda`, or `vda[1]` for an image under it. */
  readonly dev: string;
  /** The file; null when it is not of this host. */
  readonly path: string | null;
  /** Bytes. */
  readonly threshold: bigint;
  /** By how many bytes it was passed. */
  readonly excess: bigint;
}

/** The host found memory of the machine broken. */
export interface DomainMemoryFailureEvent extends DomainEvent {
  readonly recipient: DomainMemoryFailureRecipientType;
  readonly action: DomainMemoryFailureActionType;
  readonly flags: DomainMemoryFailureFlags;
}

/** A memory device has another size. */
export interface DomainMemoryDeviceSizeChangeEvent extends DomainEvent {
  /** The device's alias, such as `virtiomem0`. */
  readonly alias: string;
  /** KiB. */
  readonly size: bigint;
}

/** The guest gave an interface another MAC address. */
export interface DomainNICMACChangeEvent extends DomainEvent {
  /** The interface's alias, such as `net0`. */
  readonly alias: string;
  readonly oldMAC: string;
  readonly newMAC: string;
}

/** A virtual CPU was unplugged. */
export interface DomainVcpuRemovedEvent extends DomainEvent {
  readonly vcpuid: number;
}

/** The guest opened or closed its end of a channel. */
export interface DomainChannelLifecycleEvent extends DomainEvent {
  /** Such as `org.qemu.guest_agent.0`. */
  readonly channelName: string;
  readonly state: ConnectDomainEventChannelLifecycleState;
  readonly reason: ConnectDomainEventChannelLifecycleReason;
}

/** What QEMU's monitor told. libvirt gives it on as it is: names and details are QEMU's. */
export interface DomainQemuMonitorEvent extends DomainEvent {
  /** QEMU's name, such as `RTC_CHANGE`. */
  readonly event: string;
  /** When it happened, in seconds since 1970; -1: not known. */
  readonly seconds: bigint;
  /** And microseconds. */
  readonly micros: number;
  /** JSON. */
  readonly details: string | null;
}

/** The events of machines. On a connection each has `domain:` before its name. */
export interface DomainEvents {
  /** @since libvirt 0.8.0 */
  lifecycle: [event: DomainLifecycleEvent];
  /**
   * The guest rebooted, or was made to.
   *
   * @since libvirt 0.8.0
   */
  reboot: [event: DomainEvent];
  /** @since libvirt 0.8.0 */
  'rtc-change': [event: DomainRTCChangeEvent];
  /** @since libvirt 0.8.0 */
  watchdog: [event: DomainWatchdogEvent];
  /** @since libvirt 0.8.0 */
  'io-error': [event: DomainIOErrorEvent];
  /** @since libvirt 0.8.0 */
  graphics: [event: DomainGraphicsEvent];
  /** @since libvirt 0.8.1 */
  'io-error-reason': [event: DomainIOErrorReasonEvent];
  /**
   * libvirt lost control of the machine, such as by a fault in its monitor.
   *
   * @since libvirt 0.9.2
   */
  'control-error': [event: DomainEvent];
  /**
   * By the disk's file; `block-job-2` has its target, which stays the same.
   *
   * @since libvirt 0.9.4
   */
  'block-job': [event: DomainBlockJobEvent];
  /** @since libvirt 0.9.7 */
  'disk-change': [event: DomainDiskChangeEvent];
  /** @since libvirt 0.9.11 */
  'tray-change': [event: DomainTrayChangeEvent];
  /**
   * The guest woke up.
   *
   * @since libvirt 0.9.11
   */
  pmwakeup: [event: DomainPMEvent];
  /**
   * The guest went to sleep, into its memory.
   *
   * @since libvirt 0.9.11
   */
  pmsuspend: [event: DomainPMEvent];
  /** @since libvirt 0.10.0 */
  'balloon-change': [event: DomainBalloonChangeEvent];
  /**
   * The guest went to sleep, onto its disk.
   *
   * @since libvirt 1.0.0
   */
  'pmsuspend-disk': [event: DomainPMEvent];
  /**
   * The guest let go of a device.
   *
   * @since libvirt 1.1.1
   */
  'device-removed': [event: DomainDeviceEvent];
  /**
   * By the disk's target.
   *
   * @since libvirt 1.2.6
   */
  'block-job-2': [event: DomainBlockJobEvent];
  /** @since libvirt 1.2.9 */
  tunable: [event: DomainTunableEvent];
  /** @since libvirt 1.2.11 */
  'agent-lifecycle': [event: DomainAgentLifecycleEvent];
  /**
   * A device was plugged in.
   *
   * @since libvirt 1.2.15
   */
  'device-added': [event: DomainDeviceEvent];
  /** @since libvirt 1.3.2 */
  'migration-iteration': [event: DomainMigrationIterationEvent];
  /** @since libvirt 1.3.3 */
  'job-completed': [event: DomainJobCompletedEvent];
  /**
   * The guest did not let go of a device.
   *
   * @since libvirt 1.3.4
   */
  'device-removal-failed': [event: DomainDeviceEvent];
  /** @since libvirt 3.0.0 */
  'metadata-change': [event: DomainMetadataChangeEvent];
  /** @since libvirt 3.2.0 */
  'block-threshold': [event: DomainBlockThresholdEvent];
  /** @since libvirt 6.9.0 */
  'memory-failure': [event: DomainMemoryFailureEvent];
  /** @since libvirt 7.9.0 */
  'memory-device-size-change': [event: DomainMemoryDeviceSizeChangeEvent];
  /** @since libvirt 11.2.0 */
  'nic-mac-change': [event: DomainNICMACChangeEvent];
  /** @since libvirt 12.4.0 */
  'vcpu-removed': [event: DomainVcpuRemovedEvent];
  /** @since libvirt 12.4.0 */
  'channel-lifecycle': [event: DomainChannelLifecycleEvent];
  /**
   * QEMU only. {@link Connection.subscribe} can choose by QEMU's name of the event.
   *
   * @since libvirt 1.2.3
   */
  'qemu-monitor': [event: DomainQemuMonitorEvent];
}
