import type { Domain, Network } from 'libvirt-napi';
import { addressSources, listAddresses } from '../steps/list-addresses.js';
import { defineMachine, describeMachine, hostMAC, startMachine } from '../steps/start-machine.js';
import { waitForLease } from '../steps/wait-for-lease.js';
import { machineXML, whyNoMachine } from '../support/domain-xml.js';
import { freeName } from '../support/names.js';
import { done, facts, note, say } from '../support/terminal.js';
import { containerLease, grace, leaseTimeout, noLease, untilBooted } from './guests.js';
import { showMachines } from './machines.js';
import { attempt, type Chapter, isInvented, isSession, type Walk } from './walk.js';

export const oneMachine: Chapter = {
  title: '4  A machine on the network',
  run: async (walk) => {
    const { connection, on, undo } = walk;
    const reason = whyNoMachine(on);
    if (reason !== undefined) {
      note(reason);
      return;
    }
    const name = await chooseName(walk, 'demo-pc');
    const network = isSession(walk) ? 'user' : walk.network?.network.name;
    if (network === undefined) note('There is no active network, so the machine gets no interface.');

    const domain = await defineMachine(connection, machineXML({ name, on, network }), undo);
    done(`Defined '${name}'.`);
    await showMachines(connection, 'all');
    await startMachine(domain, grace(), undo);
    done(`Started '${name}'.`);
    const { id, state, device, mac } = await describeMachine(domain);
    facts([
      ['Id', id === null ? '-' : String(id)],
      ['State', state],
      ['Network', network === 'user' ? "none of libvirt's: QEMU's own user network" : (network ?? 'none')],
      ['Interface on the host', device ?? 'none'],
      ['MAC of the guest', mac ?? 'none'],
      ['MAC on the host', wireMAC(walk, device, mac)],
    ]);
    if (walk.network !== undefined && mac !== undefined)
      await attempt('No DHCP lease', () => showLease(walk, walk.network?.network, mac));
    else if (network === 'user') note('QEMU itself answers DHCP on its user network, so libvirt knows no lease.');
    if (network !== undefined) await showAddresses(walk, domain);
  },
};

/** The name that is wanted, or, where a machine has it already, another one. */
export async function chooseName({ connection }: Walk, wanted: string): Promise<string> {
  const name = freeName(
    wanted,
    (await connection.listAllDomains()).map((domain) => domain.name),
  );
  if (name !== wanted) say(`There is a machine '${wanted}', which is left alone; this one is called '${name}'.`);
  return name;
}

function wireMAC({ on }: Walk, device: string | undefined, mac: string | undefined): string {
  if (device === undefined || mac === undefined) return 'none';
  if (on.type === 'kvm' || on.type === 'qemu') return hostMAC(mac);
  return on.type === 'test' ? "none: the test driver's interfaces exist on no host" : 'chosen by the host';
}

async function showLease(walk: Walk, network: Network | undefined, mac: string): Promise<void> {
  if (network === undefined) return;
  if (walk.on.type === 'lxc') {
    await network.getDHCPLeases(mac);
    note(containerLease);
    return;
  }
  if (!isInvented(walk)) say('Waiting for its DHCP lease…');
  const lease = await waitForLease(network, mac, { timeout: leaseTimeout(), signal: walk.signal });
  if (lease === undefined) note(noLease());
  else
    done(`DHCP lease: ${lease.ipaddr}/${lease.prefix}, until ${lease.expiryTime?.toISOString() ?? 'the end of time'}.`);
}

/** What each of those knows who may know an address, or why it does not. */
async function showAddresses(walk: Walk, domain: Domain): Promise<void> {
  await untilBooted(walk, [domain]);
  const rows: [string, string][] = [];
  for (const [name, source] of Object.entries(addressSources)) {
    const { addresses, why } = await listAddresses(domain, source);
    rows.push([`By the ${name}`, why ?? (addresses.join(', ') || 'none')]);
  }
  say('Its addresses:');
  facts(rows);
}
