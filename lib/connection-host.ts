import { ConnectionNode } from './connection-node.js';
import type {
  ConnectBaselineCPUFlags,
  ConnectCompareCPUFlags,
  ConnectGetDomainCapabilitiesFlags,
  CPUCompareResult,
} from './constants.js';
import { native } from './native.js';
import { type Identity, type Settable, toWire } from './params.js';

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

/** The part of {@link Connection} that is about the link, the host and the hypervisor. */
export abstract class ConnectionHost extends ConnectionNode {
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

  /**
   * What machines of a kind can have: an XML document.
   *
   * @param emulatorbin - the emulator's path
   * @param arch - the guest's architecture, such as `x86_64`
   * @param machine - the machine type, such as `q35`
   * @param virttype - how it is run, such as `kvm` or `qemu`
   * @param flags - `ConnectGetDomainCapabilitiesFlags`
   * @see virConnectGetDomainCapabilities
   * @since libvirt 1.2.7
   */
  getDomainCapabilities(
    emulatorbin?: string | null,
    arch?: string | null,
    machine?: string | null,
    virttype?: string | null,
    flags: ConnectGetDomainCapabilitiesFlags = 0,
  ): Promise<string> {
    return this.call((conn) =>
      native.virConnectGetDomainCapabilities(conn, emulatorbin, arch, machine, virttype, flags),
    );
  }

  /**
   * What the host's firmware tells of its maker, board and memory: an XML document.
   *
   * @param flags - none are defined; 0
   * @see virConnectGetSysinfo
   * @since libvirt 0.8.8
   */
  getSysinfo(flags = 0): Promise<string> {
    return this.call((conn) => native.virConnectGetSysinfo(conn, flags));
  }

  /**
   * How many CPUs a machine can have.
   *
   * @param type - the kind of machine, such as `kvm`
   * @see virConnectGetMaxVcpus
   * @since libvirt 0.2.1
   */
  getMaxVcpus(type?: string | null): Promise<number> {
    return this.call((conn) => native.virConnectGetMaxVcpus(conn, type));
  }

  /**
   * The names of the CPU models that libvirt knows for an architecture. None means that every name will do.
   *
   * @param arch - such as `x86_64`
   * @param flags - none are defined; 0
   * @see virConnectGetCPUModelNames
   * @since libvirt 1.1.3
   */
  getCPUModelNames(arch: string, flags = 0): Promise<string[]> {
    return this.call((conn) => native.virConnectGetCPUModelNames(conn, arch, flags));
  }

  /**
   * Whether the host's CPU can do what a CPU in XML can.
   *
   * @param flags - `ConnectCompareCPUFlags.FAIL_INCOMPATIBLE` rejects where it cannot
   * @see virConnectCompareCPU
   * @since libvirt 0.7.5
   */
  compareCPU(xml: string, flags: ConnectCompareCPUFlags = 0): Promise<CPUCompareResult> {
    return this.call((conn) => native.virConnectCompareCPU(conn, xml, flags) as Promise<CPUCompareResult>);
  }

  /**
   * Whether the hypervisor can give a machine what a CPU in XML can.
   *
   * @param flags - `ConnectCompareCPUFlags.FAIL_INCOMPATIBLE` rejects where it cannot
   * @see virConnectCompareHypervisorCPU
   * @since libvirt 4.4.0
   */
  compareHypervisorCPU(
    emulator: string | null,
    arch: string | null,
    machine: string | null,
    virttype: string | null,
    xml: string,
    flags: ConnectCompareCPUFlags = 0,
  ): Promise<CPUCompareResult> {
    return this.call(
      async (conn) =>
        (await native.virConnectCompareHypervisorCPU(
          conn,
          emulator,
          arch,
          machine,
          virttype,
          xml,
          flags,
        )) as CPUCompareResult,
    );
  }

  /**
   * The greatest CPU that several hosts have in common: XML.
   *
   * @param xmlCPUs - the hosts' CPUs, from their capabilities
   * @param flags - `ConnectBaselineCPUFlags`
   * @throws LibvirtError `VIR_ERR_CPU_INCOMPATIBLE` when they have nothing in common
   * @see virConnectBaselineCPU
   * @since libvirt 0.7.7
   */
  baselineCPU(xmlCPUs: readonly string[], flags: ConnectBaselineCPUFlags = 0): Promise<string> {
    return this.call((conn) => native.virConnectBaselineCPU(conn, xmlCPUs, flags));
  }

  /**
   * The greatest CPU that the hypervisor can give to machines on each of several hosts: XML.
   *
   * @param xmlCPUs - the hosts' CPUs, from their domain capabilities
   * @param flags - `ConnectBaselineCPUFlags`
   * @see virConnectBaselineHypervisorCPU
   * @since libvirt 4.4.0
   */
  baselineHypervisorCPU(
    emulator: string | null,
    arch: string | null,
    machine: string | null,
    virttype: string | null,
    xmlCPUs: readonly string[],
    flags: ConnectBaselineCPUFlags = 0,
  ): Promise<string> {
    return this.call((conn) =>
      native.virConnectBaselineHypervisorCPU(conn, emulator, arch, machine, virttype, xmlCPUs, flags),
    );
  }

  /**
   * Says in whose name the connection works from now on. The daemon allows it to those whom it trusts, and asks its
   * access rules about that identity.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_NO_SUPPORT` when there is no daemon
   * @see virConnectSetIdentity
   * @since libvirt 5.8.0
   */
  setIdentity(identity: Settable<Identity>, flags = 0): Promise<void> {
    return this.call((conn) =>
      native.virConnectSetIdentity(conn, toWire('virConnectSetIdentity', 'identity', identity), flags),
    );
  }
}
