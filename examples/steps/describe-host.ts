import { type Connection, getVersion } from 'libvirt-napi';
import { list, parseCapabilities } from '../support/xml.js';

/** The kind of machine that runs best on a host. */
export interface Virtualisation {
  /** The `type` of a domain's XML: `kvm`, `qemu`, `xen`, `lxc`, `test`, … */
  type: string;
  /** `hvm`, `exe` for containers, `xen`, … */
  osType: string;
  arch: string;
}

/** What is on the other side of a connection. */
export async function describeHost(connection: Connection) {
  const [driver, version, daemon, hostname, node, secure, encrypted] = await Promise.all([
    connection.getType(),
    connection.getVersion(),
    connection.getLibVersion(),
    connection.getHostname(),
    connection.getNodeInfo(),
    connection.isSecure(),
    connection.isEncrypted(),
  ]);
  return { driver, version, daemon, library: getVersion().libVersion, hostname, node, secure, encrypted };
}

/** Whether the host accelerates with KVM, emulates, or does something else: its capabilities tell. */
export async function describeVirtualisation(connection: Connection): Promise<Virtualisation> {
  const { host, guest } = parseCapabilities(await connection.getCapabilities());
  const arch = host?.cpu?.arch ?? '';
  const offers = list(guest).flatMap((guest) =>
    list(guest.arch.domain).map(({ type }) => ({ type, osType: guest.os_type, arch: guest.arch.name })),
  );
  const native = offers.filter((offer) => offer.arch === arch);
  const choice = native.length > 0 ? native : offers;
  const best = choice.find(({ type }) => type === 'kvm') ?? choice.find(({ type }) => type === 'qemu') ?? choice[0];
  return best ?? { type: '', osType: '', arch };
}
