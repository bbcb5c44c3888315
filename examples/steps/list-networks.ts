import type { Connection } from 'libvirt-napi';
import { present } from '../support/present.js';

/** All networks of a host, inactive ones too. */
export async function listNetworks(connection: Connection) {
  const networks = await connection.listAllNetworks();
  const rows = networks.map(async (network) => ({
    name: network.name,
    active: await network.isActive(),
    autostart: await network.getAutostart(),
    persistent: await network.isPersistent(),
  }));
  return present(rows);
}
