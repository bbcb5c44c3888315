import { existsSync, readFileSync } from 'node:fs';

/** Where packages of libvirt install the network `default` to be defined from. */
const installed = ['/usr/share/libvirt/networks/default.xml', '/etc/libvirt/qemu/networks/default.xml'];

export interface FixedAddress {
  mac: string;
  name: string;
  ip: string;
}

export interface NetworkOptions {
  name: string;
  bridge: string;
  /** The first three numbers of its addresses: `192.168.122`. */
  subnet: string;
  /** Addresses that DHCP keeps for certain machines. */
  hosts?: readonly FixedAddress[];
}

/** A network behind NAT, with DHCP. */
export function networkXML({ name, bridge, subnet, hosts = [] }: NetworkOptions): string {
  const fixed = hosts.map(({ mac, name, ip }) => `\n      <host mac='${mac}' name='${name}' ip='${ip}'/>`).join('');
  return `<network>
  <name>${name}</name>
  <forward mode='nat'/>
  <bridge name='${bridge}' stp='on' delay='0'/>
  <ip address='${subnet}.1' netmask='255.255.255.0'>
    <dhcp>
      <range start='${subnet}.2' end='${subnet}.254'/>${fixed}
    </dhcp>
  </ip>
</network>
`;
}

/** The definition of `default` that libvirt brought along, or else one like it. */
export function defaultNetworkXML(): { xml: string; from: string } {
  const file = installed.find((path) => existsSync(path));
  if (file !== undefined) return { xml: readFileSync(file, 'utf8'), from: file };
  return {
    xml: networkXML({ name: 'default', bridge: 'virbr0', subnet: '192.168.122' }),
    from: 'a text of this example, since no file of libvirt is installed here',
  };
}
