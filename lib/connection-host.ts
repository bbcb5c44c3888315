import { ConnectionBase } from './connection-base.js';
import { native } from './native.js';

/** The host as libvirt sees it. */
export interface NodeInfo {
  /** The CPU's architecture, such as `x86_64`. */
  model: string;
  /** Memory in KiB. */
  memory: number;
  /** Active CPUs. */
  cpus: number;
  /** The CPUs' expected frequency in MHz; 0 when it is not known. */
  mhz: number;
  /** NUMA cells. */
  nodes: number;
  /** Sockets of each cell. */
  sockets: number;
  /** Cores of each socket. */
  cores: number;
  /** Threads of each core. */
  threads: number;
}

/** The part of {@link Connection} that is about the link and the host. */
export abstract class ConnectionHost extends ConnectionBase {
  /**
   * Whether nobody can listen in: the link is encrypted or does not leave the host.
   *
   * @see virConnectIsSecure
   * @since libvirt 0.7.3
   */
  isSecure(): Promise<boolean> {
    return this.call((conn) => native.virConnectIsSecure(conn));
  }

  /**
   * Whether the link is encrypted.
   *
   * @see virConnectIsEncrypted
   * @since libvirt 0.7.3
   */
  isEncrypted(): Promise<boolean> {
    return this.call((conn) => native.virConnectIsEncrypted(conn));
  }

  /**
   * The URI as libvirt has it, the same as the property `uri`.
   *
   * @see virConnectGetURI
   * @since libvirt 0.3.0
   */
  getURI(): Promise<string> {
    return this.call((conn) => native.virConnectGetURI(conn));
  }

  /**
   * The driver's name, such as `QEMU`, `Test` or `LXC`.
   *
   * @see virConnectGetType
   * @since libvirt 0.0.3
   */
  getType(): Promise<string> {
    return this.call((conn) => native.virConnectGetType(conn));
  }

  /**
   * The hypervisor's version: `major * 1000000 + minor * 1000 + release`.
   *
   * @see virConnectGetVersion
   * @since libvirt 0.0.3
   */
  getVersion(): Promise<number> {
    return this.call((conn) => native.virConnectGetVersion(conn));
  }

  /**
   * The version of libvirt on the other side: `major * 1000000 + minor * 1000 + release`.
   *
   * @see virConnectGetLibVersion
   * @since libvirt 0.7.3
   */
  getLibVersion(): Promise<number> {
    return this.call((conn) => native.virConnectGetLibVersion(conn));
  }

  /**
   * The host's name.
   *
   * @see virConnectGetHostname
   * @since libvirt 0.3.0
   */
  getHostname(): Promise<string> {
    return this.call((conn) => native.virConnectGetHostname(conn));
  }

  /**
   * What the host and its hypervisor can do: an XML document.
   *
   * @see virConnectGetCapabilities
   * @since libvirt 0.2.1
   */
  getCapabilities(): Promise<string> {
    return this.call((conn) => native.virConnectGetCapabilities(conn));
  }

  /**
   * The host's CPUs and memory.
   *
   * @see virNodeGetInfo
   * @since libvirt 0.1.0
   */
  getNodeInfo(): Promise<NodeInfo> {
    return this.call((conn) => native.virNodeGetInfo(conn));
  }
}
