/**
 * libvirt for Node.js: virtual machines, networks and storage.
 *
 * @packageDocumentation
 */
export { AdminClient } from './admin-client.js';
export { AdminConnection, getAdminVersion } from './admin-connection.js';
export type { AdminOpenOptions } from './admin-connection.js';
export { AdminServer } from './admin-server.js';
export { Connection } from './connection.js';
export type { CloseOptions } from './connection.js';
export type { DomainStatsRecord } from './connection-domains.js';
export type { NodeInfo } from './connection-host.js';
export type { CellPages, NodeCPUMap, PageCount, SecurityModel } from './connection-node-shapes.js';
export type { OpenOptions } from './connection-open.js';
export type {
  CredentialPrompt,
  Credentials,
  CredentialsCallback,
  CredentialsContext,
  CredentialType,
} from './credentials.js';
export { ConnectionUri } from './connection-uri.js';
export type { ConnectionUriParts, UriParam, UriScope, UriTransport } from './connection-uri.js';
export type { UriEnvironment, UriExplanation } from './connection-uri-explain.js';
export * from './constants.js';
export { Domain } from './domain.js';
export type { DomainInfo, DomainStateInfo } from './domain.js';
export type {
  BlockInfo,
  DomainInterface,
  FSInfo,
  InterfaceStats,
  IPAddress,
  MemoryStats,
} from './domain-devices-shapes.js';
export type { BlockStats } from './domain-block.js';
export type { BlockJobInfo } from './domain-block-jobs.js';
export { DomainCheckpoint } from './domain-checkpoint.js';
export type { Descriptor } from './descriptors.js';
export type { JobInfo, JobStats } from './domain-jobs.js';
export type { MonitorAnswer } from './domain-qemu.js';
export type { ShutdownOptions } from './domain-waiting.js';
export { DomainSnapshot } from './domain-snapshot.js';
export type * from './domain-stats.js';
export type * from './events/event-map.js';
export { EventIterator } from './events/iterator.js';
export { EventSubscription } from './events/subscription.js';
export type { EventOptions, SubjectOf } from './events/subscription.js';
export { LibvirtError } from './errors.js';
export type { OwnErrorCode } from './errors.js';
export { BlockJob } from './block-job.js';
export { Job } from './job.js';
export type { JobPart, JobProgress } from './job-progress.js';
export { Interface } from './interface.js';
export { toJSONSafe } from './json.js';
export type { JSONValue } from './json.js';
export type { KeepAliveOptions } from './keepalive.js';
export type { CallOptions } from './limits.js';
export { LoadError } from './load.js';
export { Network } from './network.js';
export type { DHCPLease, LeaseWaitOptions } from './network.js';
export { NWFilter } from './nwfilter.js';
export { NWFilterBinding } from './nwfilter-binding.js';
export type { ReconnectOptions } from './reconnect.js';
export { Secret } from './secret.js';
export { StoragePool } from './storage-pool.js';
export type { StoragePoolInfo } from './storage-pool.js';
export { StorageVol } from './storage-vol.js';
export type { StorageVolInfo } from './storage-vol.js';
export { ConsoleStream } from './console-stream.js';
export type { Screenshot } from './domain-streams.js';
export type { TransferOptions, TransferProgress, VolumeStreamOptions } from './stream-options.js';
export { VolumeReadStream, VolumeWriteStream } from './volume-streams.js';
export { NetworkPort } from './network-port.js';
export { NodeDevice } from './node-device.js';
export type { WaitOptions } from './waiting.js';
export { getVersion } from './version.js';
export type { Version } from './version.js';
export type { CPUSet } from './cpu-set.js';
export type { ControlInfo, DiskError, GuestTime, SecurityLabel } from './domain-guest.js';
export type { GuestVcpus, IOThread, Vcpu } from './domain-vcpu.js';
export type * from './guest-info.js';
export { typed } from './params.js';
export type { Settable } from './params.js';
export type * from './params/index.js';
