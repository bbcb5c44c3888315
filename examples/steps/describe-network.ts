import type { Network } from 'libvirt-napi';
import { prefixOf } from '../support/subnet.js';
import { list, parseNetwork } from '../support/xml.js';

/** A network's XML and what stands in it. */
export async function describeNetwork(network: Network) {
  const xml = await network.getXMLDesc();
  const { forward, bridge, ip } = parseNetwork(xml);
  const addresses = list(ip).map(({ address, netmask, prefix }) => ({
    address,
    prefix: prefix === undefined ? prefixOf(netmask ?? '255.255.255.0') : Number(prefix),
  }));
  const ranges = list(ip).flatMap(({ dhcp }) => list(dhcp === '' ? undefined : dhcp?.range));
  const mode = forward === '' ? 'nat' : (forward?.mode ?? (forward === undefined ? 'isolated' : 'nat'));
  // The same as network.getBridgeName(), but not every kind of network has one.
  return { xml, mode, bridge: bridge?.name, addresses, ranges };
}
