import type { Network } from 'libvirt-napi';
import { describeMachine, hostMAC, startMachine } from '../steps/start-machine.js';
import { waitForLease } from '../steps/wait-for-lease.js';
import { kernel, machineXML, whyNoMachine } from '../support/domain-xml.js';
import { freeName } from '../support/names.js';
import { done, facts, note, say } from '../support/terminal.js';
import { attempt, type Chapter, isInvented, isSession, type Walk } from './walk.js';

/** How long a lease is waited for: a Linux under emulation asks for one after 5 seconds or so. */
export const leaseTimeout = 30_000;

export const containerLease = 'No DHCP lease: a container here runs no more than `sleep`, which asks for no address.';

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

    const domain = await startMachine(connection, machineXML({ name, on, network }), undo);
    done(`Defined and started '${name}'.`);
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
  const lease = await waitForLease(network, mac, { timeout: leaseTimeout, signal: walk.signal });
  if (lease === undefined) note(noLease());
  else
    done(`DHCP lease: ${lease.ipaddr}/${lease.prefix}, until ${lease.expiryTime?.toISOString() ?? 'the end of time'}.`);
}

/** Why no lease came. */
export function noLease(): string {
  const time = `within ${leaseTimeout / 1000} seconds`;
  return kernel() === undefined
    ? `No lease ${time}: the machine has nothing to boot, and its firmware asked for no address. ` +
        'LIBVIRT_DEMO_KERNEL and LIBVIRT_DEMO_INITRD may name a kernel and an initial RAM disk on the host.'
    : `No lease ${time}: the guest has asked for no address.`;
}
