import { setTimeout as delay } from 'node:timers/promises';
import type { DHCPLease, Network } from 'libvirt-napi';

/** The lease that a network gives to a MAC address; undefined when none comes within `timeout` milliseconds. */
export async function waitForLease(
  network: Network,
  mac: string,
  { timeout, signal }: { timeout: number; signal: AbortSignal },
): Promise<DHCPLease | undefined> {
  const end = performance.now() + timeout;
  for (;;) {
    const [lease] = await network.getDHCPLeases(mac);
    if (lease !== undefined || performance.now() > end) return lease;
    await delay(500, undefined, { signal });
  }
}
