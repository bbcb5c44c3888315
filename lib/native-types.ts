/** Types of the raw layer. Names and fields are C's. */
import type { NativeConnection } from './native/connection.js';
import type { NativeDomain, NativeDomainDevices, NativeDomainQemu, NativeDomainStats } from './native/domain.js';
import type { NativeNetwork } from './native/network.js';
import type { NativeAdmin } from './native/admin.js';
import type { NativeDomainBlock } from './native/domain-block.js';
import type { NativeDomainCheckpoint } from './native/domain-checkpoint.js';
import type { NativeDomainGuest } from './native/domain-guest.js';
import type { NativeDomainJobs } from './native/domain-jobs.js';
import type { NativeDomainLxc } from './native/domain-lxc.js';
import type { NativeDomainMisc } from './native/domain-misc.js';
import type { NativeDomainSnapshot } from './native/domain-snapshot.js';
import type { NativeDomainTuning } from './native/domain-tuning.js';
import type { NativeDomainVcpu } from './native/domain-vcpu.js';
import type { NativeEvents } from './native/events.js';
import type { NativeHost } from './native/host.js';
import type { NativeInterface } from './native/interface.js';
import type { NativeNetworkPort } from './native/network-port.js';
import type { NativeNodeDevice } from './native/node-device.js';
import type { NativeNWFilter } from './native/nwfilter.js';
import type { NativeSecret } from './native/secret.js';
import type { NativeStorage } from './native/storage.js';
import type { NativeStream } from './native/stream.js';
import type { Runtime } from './native/runtime.js';

export type * from './native/common.js';
export type * from './native/connection.js';
export type * from './native/domain.js';
export type * from './native/network.js';
export type * from './native/admin.js';
export type * from './native/domain-block.js';
export type * from './native/domain-checkpoint.js';
export type * from './native/domain-guest.js';
export type * from './native/domain-jobs.js';
export type * from './native/domain-lxc.js';
export type * from './native/domain-misc.js';
export type * from './native/domain-snapshot.js';
export type * from './native/domain-tuning.js';
export type * from './native/domain-vcpu.js';
export type * from './native/events.js';
export type * from './native/host.js';
export type * from './native/interface.js';
export type * from './native/network-port.js';
export type * from './native/node-device.js';
export type * from './native/nwfilter.js';
export type * from './native/secret.js';
export type * from './native/storage.js';
export type * from './native/stream.js';
export type * from './native/runtime.js';

/** Every function of the raw layer. */
export interface Native
  extends
    NativeConnection,
    NativeDomain,
    NativeDomainDevices,
    NativeDomainQemu,
    NativeDomainStats,
    NativeNetwork,
    NativeAdmin,
    NativeDomainBlock,
    NativeDomainCheckpoint,
    NativeDomainGuest,
    NativeDomainJobs,
    NativeDomainLxc,
    NativeDomainMisc,
    NativeDomainSnapshot,
    NativeDomainTuning,
    NativeDomainVcpu,
    NativeEvents,
    NativeHost,
    NativeInterface,
    NativeNWFilter,
    NativeNetworkPort,
    NativeNodeDevice,
    NativeSecret,
    NativeStorage,
    NativeStream {
  readonly runtime: Runtime;
}
