import { type Connection, ConnectListAllDomainsFlags, DomainState } from 'libvirt-napi';
import { present } from '../support/present.js';
import { parseInterfaces } from '../support/xml.js';

const words: Record<DomainState, string> = {
  [DomainState.NOSTATE]: 'no state',
  [DomainState.RUNNING]: 'running',
  [DomainState.BLOCKED]: 'idle',
  [DomainState.PAUSED]: 'paused',
  [DomainState.SHUTDOWN]: 'in shutdown',
  [DomainState.SHUTOFF]: 'shut off',
  [DomainState.CRASHED]: 'crashed',
  [DomainState.PMSUSPENDED]: 'pmsuspended',
};

/** A state in words, as virsh has them. */
export function stateName(state: DomainState): string {
  return words[state];
}

/** The machines of a host: all of them, or those that run. */
export async function listMachines(connection: Connection, which: 'all' | 'running') {
  const flags = which === 'running' ? ConnectListAllDomainsFlags.ACTIVE : 0;
  const domains = await connection.listAllDomains(flags);
  const rows = domains.map(async (domain) => ({
    id: await domain.getID(),
    name: domain.name,
    state: stateName((await domain.getState()).state),
  }));
  return present(rows);
}

/** Which networks the machines of a host are on: their XML tells. */
export async function listInterfaces(connection: Connection) {
  const domains = await connection.listAllDomains();
  const rows = domains.map(async (domain) =>
    parseInterfaces(await domain.getXMLDesc()).map((nic) => ({
      machine: domain.name,
      type: nic.type,
      source: nic.source?.network ?? nic.source?.bridge ?? nic.source?.dev,
      device: nic.target?.dev,
      mac: nic.mac?.address,
    })),
  );
  return (await present(rows)).flat();
}
