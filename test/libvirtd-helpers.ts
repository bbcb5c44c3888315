import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, type Domain, DomainState, type Network } from '../lib/index.js';
import type { Testbed } from './testbed/index.js';
import { isSince } from './versions.js';

/**
 * Seen with 11.3 and not with 12.8, by virsh too: a vol-upload to a full disk ends libvirtd, and so hangs it that a machine is
 * destroyed which did not yet take what was typed at its console, and in some runs that a client is gone which was uploading.
 */
export const diesOfFailedWrite =
  isSince('11.3.0') &&
  !isSince('12.8.0') &&
  'libvirtd crashes or hangs when it cannot write what a client sends by a stream';

/** A network as `virsh net-list --all` shows it, and a person in a window of virt-manager. */
export async function rowOf(network: Network): Promise<string[]> {
  return [
    network.name,
    (await network.isActive()) ? 'active' : 'inactive',
    (await network.getAutostart()) ? 'yes' : 'no',
    (await network.isPersistent()) ? 'yes' : 'no',
  ];
}

export async function networkRows(connection: Connection, flags = 0): Promise<string[][]> {
  const networks = await connection.listAllNetworks(flags);
  return (await Promise.all(networks.map(rowOf))).sort();
}

const stateNames = new Map<number, string>([
  [DomainState.RUNNING, 'running'],
  [DomainState.PAUSED, 'paused'],
  [DomainState.SHUTOFF, 'shut off'],
]);

/** Machines as `virsh list --all` shows them. */
export async function machineRows(connection: Connection, flags = 0): Promise<string[][]> {
  const domains = await connection.listAllDomains(flags);
  const rows = domains.map(async (domain) => [
    String((await domain.getID()) ?? '-'),
    domain.name,
    stateNames.get((await domain.getState()).state) ?? '?',
  ]);
  return (await Promise.all(rows)).sort();
}

/** The rows of what virsh prints as a table. */
export function tableRows(printed: string): string[][] {
  return printed
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/ {2,}/))
    .sort();
}

/** An interface of the test bed, as `ip -json addr` describes it. */
export interface Link {
  readonly ifname: string;
  readonly address: string;
  readonly master?: string;
  readonly flags: readonly string[];
  readonly addr_info: readonly { readonly family: string; readonly local: string; readonly prefixlen: number }[];
}

/** The interfaces of the machine that the daemon runs on. */
export async function linksOf(bed: Testbed): Promise<Map<string, Link>> {
  const links = JSON.parse(await bed.run('ip', ['-json', 'addr'])) as Link[];
  return new Map(links.map((link) => [link.ifname, link]));
}

export interface WireXML {
  readonly mac: string | undefined;
  readonly network: string | undefined;
  /** The name on the host. */
  readonly device: string | undefined;
}

/** The interfaces in a machine's XML. */
export async function wiresOf(domain: Domain, flags = 0): Promise<WireXML[]> {
  const xml = await domain.getXMLDesc(flags);
  return [...xml.matchAll(/<interface [^]*?<\/interface>/g)].map(([wire]) => ({
    mac: /<mac address='([^']*)'/.exec(wire)?.[1],
    network: /<source network='([^']*)'/.exec(wire)?.[1],
    device: /<target dev='([^']*)'/.exec(wire)?.[1],
  }));
}

/**
 * Asks until there is an answer. For what happens in a guest or a daemon and tells nobody.
 *
 * @param ask - gives false or undefined as long as it has not happened; an error is the same, and the last one is told
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | false | undefined>,
  timeout = 30_000,
): Promise<T> {
  const end = performance.now() + timeout;
  let error: unknown;
  while (performance.now() < end) {
    try {
      const answer = await ask();
      if (answer !== false && answer !== undefined) return answer;
    } catch (reason) {
      error = reason;
    }
    await delay(100);
  }
  throw new Error(`${what}: not within ${timeout} ms`, { cause: error });
}

/** Waits until a machine is off. */
export async function shutOff(domain: Domain): Promise<void> {
  await eventually(`${domain.name} is off`, async () => (await domain.getState()).state === DomainState.SHUTOFF);
}

/** What the agent answers to a command. */
export async function askAgent(domain: Domain, execute: string, args: Record<string, unknown> = {}): Promise<unknown> {
  const answer = await domain.qemuAgentCommand(JSON.stringify({ execute, arguments: args }), 10);
  return (JSON.parse(answer) as { return: unknown }).return;
}

/** Waits until a guest with an agent has booted. Under emulation, on a busy machine, that takes its time. */
export async function booted(domain: Domain): Promise<void> {
  await eventually(`${domain.name} has booted`, () => askAgent(domain, 'guest-ping'), 90_000);
}

/** Runs a command in a guest to its end, and gives what it prints. */
export async function execIn(domain: Domain, command: string): Promise<{ code: number; output: string }> {
  const { pid } = (await askAgent(domain, 'guest-exec', {
    path: '/bin/sh',
    arg: ['-c', `${command} 2>&1`],
    'capture-output': true,
  })) as { pid: number };
  return eventually(`'${command}' in ${domain.name}`, async () => {
    const status = (await askAgent(domain, 'guest-exec-status', { pid })) as {
      exited: boolean;
      exitcode?: number;
      'out-data'?: string;
    };
    if (!status.exited) return undefined;
    return { code: status.exitcode ?? -1, output: Buffer.from(status['out-data'] ?? '', 'base64').toString() };
  });
}

async function removeEach(objects: readonly (Domain | Network)[]): Promise<void> {
  for (const object of objects) {
    const persistent = await object.isPersistent();
    if (await object.isActive()) await object.destroy();
    if (persistent) await object.undefine();
  }
}

export async function removeMachines(connection: Connection): Promise<void> {
  await removeEach(await connection.listAllDomains());
}

/** The one that the package brings among them. */
export async function removeNetworks(connection: Connection): Promise<void> {
  await removeEach(await connection.listAllNetworks());
}
