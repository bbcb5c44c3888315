import { describeHost, describeVirtualisation, type Virtualisation } from '../steps/describe-host.js';
import { facts, yesNo } from '../support/terminal.js';
import { attempt, type Chapter } from './walk.js';

export const connection: Chapter = {
  title: '1  What is on the other side',
  run: async (walk) => {
    const { driver, version, daemon, library, hostname, node, secure, encrypted } = await describeHost(walk.connection);
    const on = await attempt('No capabilities', () => describeVirtualisation(walk.connection));
    walk.hostname = hostname;
    if (on !== undefined) walk.on = on;
    facts([
      ['URI', walk.connection.uri],
      ['Driver', driver],
      ['Hypervisor', versionName(version)],
      ['libvirt there', versionName(daemon)],
      ['libvirt here', versionName(library)],
      ['Host', hostname],
      ['CPUs', `${node.cpus} (${node.model})`],
      ['Memory', `${Math.round(node.memory / 1024)} MiB`],
      ['Machines', describe(walk.on)],
      ['Secure', yesNo(secure)],
      ['Encrypted', yesNo(encrypted)],
    ]);
  },
};

function versionName(version: number): string {
  return [Math.floor(version / 1_000_000), Math.floor(version / 1000) % 1000, version % 1000].join('.');
}

function describe({ type, arch }: Virtualisation): string {
  switch (type) {
    case 'kvm':
      return `KVM acceleration for ${arch} (domain type kvm)`;
    case 'qemu':
      return `emulation of ${arch}, which is slow: the host offers no KVM (domain type qemu)`;
    case 'test':
      return 'invented: nothing runs, and neither KVM nor emulation is needed (domain type test)';
    case 'lxc':
      return 'containers: they share the kernel of the host (domain type lxc)';
    case '':
      return 'not known: the capabilities offer none';
    default:
      return `${arch} (domain type ${type})`;
  }
}
