import type { Guest } from './bed.js';

export interface StaticLease {
  readonly mac: string;
  readonly name: string;
  readonly ip: string;
}

/**
 * The network `default` much as libvirt's packages define it, with static leases.
 *
 * Its dnsmasq does not ping an address before it offers it. That takes 3 s, and the DHCP client of the test bed's guest
 * gives up after as long, and asks again 20 s later.
 */
export function defaultNetworkXML(leases: readonly StaticLease[] = []): string {
  const hosts = leases.map(({ mac, name, ip }) => `<host mac='${mac}' name='${name}' ip='${ip}'/>`);
  return `
<network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'>
  <name>default</name>
  <forward mode='nat'/>
  <bridge name='virbr0' stp='off' delay='0'/>
  <ip address='192.168.122.1' netmask='255.255.255.0'>
    <dhcp><range start='192.168.122.2' end='192.168.122.254'/>${hosts.join('')}</dhcp>
  </ip>
  <dnsmasq:options><dnsmasq:option value='no-ping'/></dnsmasq:options>
</network>`;
}

export interface GuestOptions {
  readonly name: string;
  /** What it boots; without it the machine runs its firmware and stays there, which is enough for many tests. */
  readonly guest?: Guest;
  readonly memoryMiB?: number;
  readonly machine?: 'q35' | 'pc';
  /** A network to be on. */
  readonly network?: string;
  readonly mac?: string;
  /** A qcow2 file. */
  readonly disk?: string;
  /** The channel of the guest agent. */
  readonly agent?: boolean;
  /** Free PCI ports, which each hotplugged device needs one of. */
  readonly ports?: number;
  /** More XML of devices. */
  readonly devices?: string;
}

/** A domain under emulation, with a serial console. */
export function guestXML(options: GuestOptions): string {
  const { name, guest, memoryMiB = 192, machine = 'q35', network, mac, disk, agent = false } = options;
  const { ports = 0, devices = '' } = options;
  const boot =
    guest === undefined
      ? ''
      : `<kernel>${guest.kernel}</kernel><initrd>${guest.initrd}</initrd><cmdline>console=ttyS0 quiet guest=${name}</cmdline>`;
  const parts = [
    "<serial type='pty'/><console type='pty'/>",
    network !== undefined &&
      `<interface type='network'>${mac === undefined ? '' : `<mac address='${mac}'/>`}<source network='${network}'/><model type='virtio'/></interface>`,
    disk !== undefined &&
      `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${disk}'/><target dev='vda' bus='virtio'/></disk>`,
    agent && "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>",
    // The balloon asks the guest each 2 s, else memory statistics hold no more than its size.
    guest !== undefined && "<memballoon model='virtio'><stats period='2'/></memballoon>",
    ports > 0 &&
      `<controller type='pci' model='pcie-root'/>${"<controller type='pci' model='pcie-root-port'/>".repeat(ports)}`,
    devices,
  ];
  // qemu64: the default of libvirt's domains asks TCG for features that it has not.
  return `
<domain type='qemu'>
  <name>${name}</name>
  <memory unit='MiB'>${String(memoryMiB)}</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='${machine}'>hvm</type>${boot}</os>
  <features><acpi/></features>
  <cpu mode='custom' match='exact'><model>qemu64</model></cpu>
  <devices>${parts.filter((part) => part !== false).join('')}</devices>
</domain>`;
}
