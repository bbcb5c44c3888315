import { type DomainShutdownFlagValues, DomainState } from './constants.js';
import type { Domain, DomainStateInfo } from './domain.js';
import { LibvirtError } from './errors.js';
import { type WaitOptions, waitUntil } from './waiting.js';

/** How a machine is shut down. */
export interface ShutdownOptions extends WaitOptions {
  /** What to do with a guest that cannot be asked, or is not off when `timeout` is over: `destroy` it. */
  fallback?: 'destroy';
  /** How long the guest has, in milliseconds; with a fallback 60,000, else without limit. */
  timeout?: number;
  /** `DomainShutdownFlagValues`: how the guest is asked. */
  flags?: DomainShutdownFlagValues;
}

const defaultTimeout = 60_000;

export async function waitForState(
  domain: Domain,
  state: DomainState | readonly DomainState[],
  options: WaitOptions,
): Promise<DomainStateInfo> {
  const wanted: readonly DomainState[] = typeof state === 'number' ? [state] : state;
  const known = new Set<unknown>(Object.values(DomainState));
  if (!Array.isArray(wanted) || wanted.length === 0 || !wanted.every((one) => known.has(one))) {
    throw new TypeError('waitForState: state must be a constant of DomainState, or an array of them');
  }
  const wait = {
    ...changeOf(domain),
    operation: 'Domain.waitForState',
    what: `the change of state of ${domain.name}`,
    look: async () => {
      const now = await stateOf(domain, wanted.includes(DomainState.SHUTOFF));
      return wanted.includes(now.state) ? now : undefined;
    },
  };
  return waitUntil(wait, options);
}

export async function shutdownAndWait(domain: Domain, options: ShutdownOptions): Promise<'shutdown' | 'destroy'> {
  const { fallback, flags = 0, timeout = fallback === undefined ? undefined : defaultTimeout, signal } = options;
  if ((fallback as unknown) !== undefined && (fallback as unknown) !== 'destroy') {
    throw new TypeError(`shutdownAndWait: fallback must be 'destroy' but is ${String(fallback)}`);
  }
  const gaveUp: WaitOptions = signal === undefined ? {} : { signal };
  const limits: WaitOptions = timeout === undefined ? gaveUp : { ...gaveUp, timeout };
  const wait = {
    ...changeOf(domain),
    operation: 'Domain.shutdownAndWait',
    what: `the shutdown of ${domain.name}`,
    look: async () => ((await isOff(domain)) ? true : undefined),
    ask: () => domain.shutdown(flags),
  };
  try {
    await waitUntil(wait, limits);
    return 'shutdown';
  } catch (error) {
    if (fallback === undefined || signal?.aborted === true || !isReasonToDestroy(error)) throw error;
  }
  // Its time is over; the signal still counts.
  return destroy(domain.with(gaveUp), gaveUp);
}

async function destroy(domain: Domain, gaveUp: WaitOptions): Promise<'shutdown' | 'destroy'> {
  try {
    await domain.destroy();
  } catch (error) {
    // It may have gone off by itself just now.
    const isRefused = error instanceof LibvirtError && error.errno !== undefined;
    if (!isRefused || !(await isOff(domain))) throw error;
    return 'shutdown';
  }
  await waitForState(domain, DomainState.SHUTOFF, gaveUp);
  return 'destroy';
}

const changeOf = (domain: Domain) => ({
  connection: domain.connection,
  triggers: [{ name: 'domain:lifecycle', object: domain }] as const,
});

async function isOff(domain: Domain): Promise<boolean> {
  return (await stateOf(domain, true)).state === DomainState.SHUTOFF;
}

// A machine that is not persistent is gone when it is off.
async function stateOf(domain: Domain, goneIsOff: boolean): Promise<DomainStateInfo> {
  try {
    return await domain.getState();
  } catch (error) {
    if (!goneIsOff || !(error instanceof LibvirtError) || error.code !== 'VIR_ERR_NO_DOMAIN') throw error;
    return { state: DomainState.SHUTOFF, reason: 0 };
  }
}

// Not when the caller gave up, nor when nothing can be asked of the daemon.
function isReasonToDestroy(error: unknown): boolean {
  return error instanceof LibvirtError && !/^ERR_LIBVIRT_(CLOSED|DISCONNECTED|ABANDONED)$/.test(error.code);
}
