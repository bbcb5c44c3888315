// What a guest is given time for, and what is said when it did not come.
import type { Domain } from 'libvirt-napi';
import { waitForAgent } from '../steps/list-addresses.js';
import { kernel } from '../support/domain-xml.js';
import { say } from '../support/terminal.js';
import type { Walk } from './walk.js';

/**
 * How long a lease is waited for, in milliseconds. A Linux under emulation asks for one after 5 seconds or so, on a busy
 * machine after much longer. Firmware asks soon or never.
 */
export function leaseTimeout(): number {
  return kernel() === undefined ? 30_000 : 90_000;
}

/** How long the agent of a guest that has its lease is waited for, in milliseconds. */
const agentTimeout = 30_000;

/** Waits for the agents of guests that have a system: from then on they hear when they are asked to shut down. */
export async function untilBooted({ on, signal }: Walk, guests: readonly Domain[]): Promise<void> {
  if (kernel() === undefined || (on.type !== 'kvm' && on.type !== 'qemu')) return;
  say(guests.length === 1 ? "Waiting for the guest's agent…" : "Waiting for the guests' agents…");
  await Promise.all(guests.map((guest) => waitForAgent(guest, { timeout: agentTimeout, signal })));
}

/** How long a guest has for shutting down, in milliseconds. One without a system does not listen. */
export function grace(): number {
  return kernel() === undefined ? 2000 : 20_000;
}

export const containerLease = 'No DHCP lease: a container here runs no more than `sleep`, which asks for no address.';

/** What is known when no lease came. */
export function noLease(): string {
  const time = `within ${leaseTimeout() / 1000} seconds`;
  return kernel() === undefined
    ? `No lease ${time}. The machine has no system to boot, only its firmware. ` +
        'LIBVIRT_DEMO_KERNEL and LIBVIRT_DEMO_INITRD may name a kernel and an initial RAM disk on the host.'
    : `No lease ${time}: the DHCP server of the network has given none to this MAC address.`;
}
