import { setTimeout as delay } from 'node:timers/promises';
import { type Domain, DomainInterfaceAddressesSource, LibvirtError } from 'libvirt-napi';

/** Who may know the addresses of a machine. */
export const addressSources = {
  'lease of the network': DomainInterfaceAddressesSource.LEASE,
  'agent in the guest': DomainInterfaceAddressesSource.AGENT,
  'ARP table of the host': DomainInterfaceAddressesSource.ARP,
} as const;

/** A machine's addresses as one source knows them, those of its loopback left out; or why that one does not know. */
export async function listAddresses(domain: Domain, source: DomainInterfaceAddressesSource) {
  try {
    const interfaces = await domain.interfaceAddresses(source);
    const wires = interfaces.filter(({ name }) => name !== 'lo');
    return { addresses: wires.flatMap(({ addrs }) => addrs.map(({ addr }) => addr)), why: undefined };
  } catch (error) {
    if (!isAnswer(error)) throw error;
    return { addresses: [], why: `${error.code}: ${error.message}` };
  }
}

/** Waits until the agent in a guest answers; false when it does not within `timeout` milliseconds. */
export async function waitForAgent(
  domain: Domain,
  { timeout, signal }: { timeout: number; signal: AbortSignal },
): Promise<boolean> {
  const end = performance.now() + timeout;
  for (;;) {
    try {
      await domain.qemuAgentCommand('{"execute":"guest-ping"}');
      return true;
    } catch (error) {
      if (!isAnswer(error)) throw error;
    }
    if (performance.now() > end) return false;
    await delay(500, undefined, { signal });
  }
}

/** Whether libvirt said it. The library's own codes mean that nobody could be asked. */
function isAnswer(error: unknown): error is LibvirtError {
  return error instanceof LibvirtError && !error.code.startsWith('ERR_LIBVIRT_');
}
