import type { Virtualisation } from '../steps/describe-host.js';
import { escapeXML } from './xml.js';

export interface MachineOptions {
  name: string;
  /** The kind of machine, as the host's capabilities have it. */
  on: Virtualisation;
  /** A network of libvirt, or `user` for QEMU's own; none: no interface. */
  network?: string | undefined;
  mac?: string | undefined;
}

/** What a machine boots, where the environment says so. The files are those of the daemon's host. */
export function kernel(): { kernel: string; initrd: string | undefined } | undefined {
  const { LIBVIRT_DEMO_KERNEL: kernel, LIBVIRT_DEMO_INITRD: initrd } = process.env;
  return kernel ? { kernel, initrd: initrd || undefined } : undefined;
}

/** Why no machine can be described for a host; undefined when one can. */
export function whyNoMachine({ type }: Virtualisation): string | undefined {
  if (type === 'xen' && kernel() === undefined) {
    return 'A guest of Xen needs a kernel: set LIBVIRT_DEMO_KERNEL and LIBVIRT_DEMO_INITRD.';
  }
  if (['test', 'kvm', 'qemu', 'xen', 'lxc'].includes(type)) return undefined;
  return `This walk-through describes no machines of the type '${type || 'unknown'}'.`;
}

/** A small machine without disks. */
export function machineXML({ name, on, network, mac }: MachineOptions): string {
  const qemu = on.type === 'kvm' || on.type === 'qemu';
  const x86 = qemu && on.arch === 'x86_64';
  const devices = [
    network !== undefined && interfaceXML(network, mac, qemu),
    on.type === 'test' ? false : "<console type='pty'/>",
    // Where a guest's agent is found, if it runs one.
    qemu && "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>",
  ];
  return `<domain type='${on.type}'>
  <name>${name}</name>
  <memory unit='MiB'>192</memory>
  <vcpu>1</vcpu>
  <os>
    ${osXML(name, on)}
  </os>
  ${x86 ? '<features><acpi/></features>' : ''}
  ${x86 && on.type === 'qemu' ? emulatedCPU : ''}
  <devices>
    ${devices.filter((device) => device !== false).join('\n    ')}
  </devices>
</domain>
`;
}

// Some models that libvirt takes by default have features which emulation has not.
const emulatedCPU = "<cpu mode='custom' match='exact'><model>qemu64</model></cpu>";

function osXML(name: string, { type, osType, arch }: Virtualisation): string {
  // The container sees the host's files; what it runs must touch none of them.
  if (type === 'lxc') return '<type>exe</type><init>/bin/sleep</init><initarg>infinity</initarg>';
  const boots = kernel();
  const os = `<type arch='${arch}'>${type === 'xen' ? 'xen' : osType}</type>`;
  if (boots !== undefined && type !== 'test') {
    const initrd = boots.initrd === undefined ? '' : `<initrd>${escapeXML(boots.initrd)}</initrd>`;
    const cmdline = `console=${type === 'xen' ? 'hvc0' : 'ttyS0'} quiet guest=${name}`;
    return `${os}<kernel>${escapeXML(boots.kernel)}</kernel>${initrd}<cmdline>${cmdline}</cmdline>`;
  }
  // Without anything to boot, the firmware at least asks the network: so there is a lease to see.
  return type === 'test' ? os : `${os}<boot dev='network'/>`;
}

function interfaceXML(network: string, mac: string | undefined, qemu: boolean): string {
  const address = mac === undefined ? '' : `<mac address='${mac}'/>`;
  const model = qemu ? "<model type='virtio'/>" : '';
  if (network === 'user') return `<interface type='user'>${address}${model}</interface>`;
  return `<interface type='network'>${address}<source network='${network}'/>${model}</interface>`;
}
