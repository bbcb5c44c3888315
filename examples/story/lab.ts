import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Network } from 'libvirt-napi';
import { describeNetwork } from '../steps/describe-network.js';
import { defineMachine, describeMachine, startMachine } from '../steps/start-machine.js';
import { defineNetwork, startNetwork } from '../steps/start-network.js';
import { waitForLease } from '../steps/wait-for-lease.js';
import { machineXML, whyNoMachine } from '../support/domain-xml.js';
import { freeName } from '../support/names.js';
import { type FixedAddress, networkXML } from '../support/network-xml.js';
import { overlap, prefixOf, type Subnet } from '../support/subnet.js';
import { done, note, say, table } from '../support/terminal.js';
import { drawTopology } from '../support/topology.js';
import { containerLease, grace, leaseTimeout, noLease, untilBooted } from './guests.js';
import { chooseName } from './one-machine.js';
import { putBack } from './put-back.js';
import { attempt, type Chapter, isInvented, isSession, type Walk } from './walk.js';

const wanted = '192.168.122';
/** Where another network has the wanted addresses: the first of these that is free. */
const others = Array.from({ length: 10 }, (_, i) => `192.168.${222 + i}`);

export const lab: Chapter = {
  title: '5  Two machines with fixed addresses',
  run: async (walk) => {
    const reason = isSession(walk)
      ? "A user's session has no bridges: a machine on QEMU's user network is alone there, and has no address of its own."
      : whyNoMachine(walk.on);
    if (reason !== undefined) {
      note(reason);
      return;
    }
    const subnet = await chooseSubnet(walk);
    const hosts: FixedAddress[] = [];
    for (const number of [2, 3]) {
      const name = await chooseName(walk, `lab-srv${number - 1}`);
      hosts.push({ name, mac: `52:54:00:6c:61:0${number}`, ip: `${subnet}.${number}` });
    }

    const network = await makeNetwork(walk, subnet, hosts);
    const machines = [];
    for (const { name, mac, ip } of hosts) {
      const xml = machineXML({ name, mac, on: walk.on, network: network.name });
      const domain = await defineMachine(walk.connection, xml, walk.undo);
      await startMachine(domain, grace(), walk.undo);
      done(`Defined and started '${name}'.`);
      machines.push({ ...(await describeMachine(domain)), domain, name, ip, mac });
    }
    const leased = (await attempt('No DHCP leases', () => leasesOf(walk, network, hosts))) ?? new Map<string, string>();
    await untilBooted(
      walk,
      machines.map(({ domain }) => domain),
    );
    table(
      ['Machine', 'State', 'Interface', 'MAC', 'Fixed address', 'DHCP lease'],
      machines.map(({ name, state, device, mac, ip }) => [name, state, device ?? '-', mac, ip, leased.get(mac) ?? '-']),
    );

    const { bridge, addresses } = await describeNetwork(network);
    drawTopology({
      host: [
        `host ${walk.hostname}`,
        `bridge ${bridge ?? '-'}, network ${network.name}`,
        addresses.map(({ address, prefix }) => `${address}/${prefix}`).join(', '),
      ],
      machines: machines.map(({ name, state, device, mac, ip }) => ({
        wire: device ?? '│',
        lines: [name, ip, mac, state],
      })),
    });
  },
};

/** A network of its own, so that nobody's is altered. */
async function makeNetwork(walk: Walk, subnet: string, hosts: FixedAddress[]): Promise<Network> {
  const existing = await walk.connection.listAllNetworks();
  const described = await Promise.all(existing.map((network) => describeNetwork(network)));
  const name = freeName(
    'libvirt-napi-lab',
    existing.map((network) => network.name),
  );
  const bridge = freeName(
    'virbr-lab',
    described.flatMap(({ bridge }) => bridge ?? []),
  );
  const network = await defineNetwork(walk.connection, networkXML({ name, bridge, subnet, hosts }), walk.undo);
  await startNetwork(network, walk.undo);
  done(`Defined and started the network '${name}': its DHCP keeps ${hosts.map(({ ip }) => ip).join(' and ')}.`);
  return network;
}

async function chooseSubnet(walk: Walk): Promise<string> {
  // There no address is on any wire, so nothing is in the way of another.
  if (isInvented(walk)) return wanted;
  if (walk.network?.started === true) {
    say("The network 'default' was started by this walk: it is put back now, so that its addresses are free.");
    await putBack(walk.undo);
    walk.network = undefined;
  }
  const used = await usedSubnets(walk);
  const free = [wanted, ...others].find((subnet) => isFree(subnet, used));
  if (free === undefined) throw new Error(`${wanted}.0/24 and all of ${others.join(', ')} are in use`);
  if (free !== wanted) note(`${wanted}.0/24 is in use and is left alone. The machines get addresses of ${free}.0/24.`);
  return free;
}

function isFree(subnet: string, used: readonly Subnet[]): boolean {
  return !used.some((other) => overlap(other, { address: `${subnet}.0`, prefix: 24 }));
}

/** What the active networks have, and on this machine what its own interfaces have too. */
async function usedSubnets({ connection, uri }: Walk): Promise<Subnet[]> {
  const used: Subnet[] = [];
  for (const network of await connection.listAllNetworks()) {
    if (await network.isActive()) used.push(...(await describeNetwork(network)).addresses);
  }
  if (uri.isLocal === true) {
    const own = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ family }) => family === 'IPv4');
    used.push(...own.map(({ address, netmask }) => ({ address, prefix: prefixOf(netmask) })));
  }
  return used.filter(({ address }) => isIPv4(address));
}

/** The machines' leases by MAC address, as far as they come. */
async function leasesOf(walk: Walk, network: Network, hosts: FixedAddress[]): Promise<Map<string, string>> {
  const leased = new Map<string, string>();
  if (walk.on.type === 'lxc') {
    note(containerLease);
    return leased;
  }
  if (!isInvented(walk)) say('Waiting for their DHCP leases…');
  const options = { timeout: leaseTimeout(), signal: walk.signal };
  const leases = await Promise.all(hosts.map(({ mac }) => waitForLease(network, mac, options)));
  for (const lease of leases) {
    if (lease?.mac !== null && lease?.mac !== undefined) leased.set(lease.mac, lease.ipaddr);
  }
  if (leased.size < hosts.length) note(noLease());
  return leased;
}
