import type { Network } from 'libvirt-napi';
import { describeNetwork } from '../steps/describe-network.js';
import { listNetworks } from '../steps/list-networks.js';
import { autostartNetwork, defineNetwork, findNetwork, startNetwork } from '../steps/start-network.js';
import { defaultNetworkXML } from '../support/network-xml.js';
import { block, done, facts, note, say, table, yesNo } from '../support/terminal.js';
import { attempt, type Chapter, isSession, type Walk } from './walk.js';

export const networks: Chapter = {
  title: '2  Networks',
  run: async (walk) => {
    const rows = await attempt('No networks', () => listNetworks(walk.connection));
    if (rows === undefined) return;
    table(
      ['Name', 'State', 'Autostart', 'Persistent'],
      rows.map(({ name, active, autostart, persistent }) => [
        name,
        active ? 'active' : 'inactive',
        yesNo(autostart),
        yesNo(persistent),
      ]),
    );
    if (isSession(walk)) {
      note("A user's session has no right to make bridges on the host, so no network is started here.");
      return;
    }
    const network = await attempt("No network 'default'", () => prepare(walk));
    if (network === undefined) return;
    const { xml, mode, bridge, addresses, ranges } = await describeNetwork(network);
    block(xml);
    facts([
      ['Bridge', bridge ?? 'none'],
      ['Address', addresses.map(({ address, prefix }) => `${address}/${prefix}`).join(', ') || 'none'],
      ['DHCP range', ranges.map(({ start, end }) => `${start} to ${end}`).join(', ') || 'none'],
      ['To the world', mode],
    ]);
  },
};

/** Sees to it that the network `default` is there, is active and starts with the daemon. */
async function prepare(walk: Walk): Promise<Network> {
  const { connection, undo } = walk;
  let network = await findNetwork(connection, 'default');
  if (network === undefined) {
    const { xml, from } = defaultNetworkXML();
    network = await defineNetwork(connection, xml, undo);
    done(`There was no network 'default': defined from ${from}.`);
  } else {
    say("The network 'default' is there; its definition is left alone.");
  }
  const found = network;
  const started = await attempt('It is not started', () => startNetwork(found, undo));
  if (started === undefined) return found;
  walk.network = { network: found, started };
  if (started) done('It was inactive: started.');
  else say('It is active already.');
  await attempt('Its autostart stays as it is', () => autostart(walk, found));
  return found;
}

async function autostart({ undo }: Walk, network: Network): Promise<void> {
  if (!(await network.isPersistent())) {
    note('It has no definition, so it cannot start with the daemon.');
  } else if (await autostartNetwork(network, undo)) {
    done('It did not start with the daemon: autostart switched on.');
  } else {
    say('It starts with the daemon already.');
  }
}
