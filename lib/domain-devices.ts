import type { DomainInterfaceAddressesSource } from './constants.js';
import { DomainBase } from './domain-base.js';
import {
  type BlockInfo,
  type DomainInterface,
  type FSInfo,
  type InterfaceStats,
  type MemoryStats,
  memoryStatCount,
  toFSInfo,
  toInterface,
  toInterfaceStats,
  toMemoryStats,
} from './domain-devices-shapes.js';
import { native } from './native.js';

/** The part of {@link Domain} that is about its interfaces, disks and memory as they are. */
export abstract class DomainDevices extends DomainBase {
  /**
   * The addresses of the machine's interfaces.
   *
   * @param source - who is asked: the network's DHCP leases (the default), the guest agent, or the host's ARP table
   * @param flags - none are defined; 0
   * @see virDomainInterfaceAddresses
   * @since libvirt 1.2.14
   */
  interfaceAddresses(source: DomainInterfaceAddressesSource = 0, flags = 0): Promise<DomainInterface[]> {
    return this.call(async (domain) =>
      (await native.virDomainInterfaceAddresses(domain, source, flags)).map(toInterface),
    );
  }

  /**
   * What went through an interface of a running machine.
   *
   * @param device - the interface's name on the host, such as `vnet0`, or its MAC address
   * @see virDomainInterfaceStats
   * @since libvirt 0.3.2
   */
  interfaceStats(device: string): Promise<InterfaceStats> {
    return this.call(async (domain) => toInterfaceStats(await native.virDomainInterfaceStats(domain, device)));
  }

  /**
   * What the guest and the host report of the machine's memory. What nobody reports is not there.
   *
   * @param flags - none are defined; 0
   * @see virDomainMemoryStats
   * @since libvirt 0.7.5
   */
  memoryStats(flags = 0): Promise<MemoryStats> {
    return this.call(async (domain) =>
      toMemoryStats(await native.virDomainMemoryStats(domain, memoryStatCount, flags)),
    );
  }

  /**
   * The size of a disk, in bytes.
   *
   * @param disk - its target, such as `vda`, or its path
   * @param flags - none are defined; 0
   * @see virDomainGetBlockInfo
   * @since libvirt 0.8.1
   */
  getBlockInfo(disk: string, flags = 0): Promise<BlockInfo> {
    return this.call((domain) => native.virDomainGetBlockInfo(domain, disk, flags));
  }

  /**
   * The file systems that are mounted in the guest. It needs the guest agent.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_AGENT_UNRESPONSIVE` when no agent answers, `VIR_ERR_ARGUMENT_UNSUPPORTED` when the
   * machine has no channel for one
   * @see virDomainGetFSInfo
   * @since libvirt 1.2.11
   */
  getFSInfo(flags = 0): Promise<FSInfo[]> {
    return this.call(async (domain) => (await native.virDomainGetFSInfo(domain, flags)).map(toFSInfo));
  }
}
