import { type DomainShutdownFlagValues, DomainState } from './constants.js';
import type { Domain, DomainStateInfo } from './domain.js';
import { LibvirtError } from './errors.js';
import { checkCallOptions, onAbort } from './limits.js';
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
    connection: domain.connection,
    operation: 'Domain.waitForState',
    what: `the change of state of ${domain.name}`,
    triggers: [{ name: 'domain:lifecycle', object: domain }] as const,
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
  checkCallOptions(limits);
  signal?.throwIfAborted();
  if (await isOff(domain)) return 'shutdown';
  try {
    await askAndWait(domain, flags, limits);
    return 'shutdown';
  } catch (error) {
    if (fallback === undefined || !isReasonToDestroy(error)) throw error;
  }
  try {
    await domain.destroy();
  } catch (error) {
    // It may have gone off by itself just now.
    if (!(error instanceof LibvirtError) || !(await isOff(domain))) throw error;
    return 'shutdown';
  }
  await waitForState(domain, DomainState.SHUTOFF, gaveUp);
  return 'destroy';
}

async function askAndWait(domain: Domain, flags: DomainShutdownFlagValues, limits: WaitOptions): Promise<void> {
  // A signal of its own, so that the wait ends when the guest cannot be asked.
  const over = new AbortController();
  const { signal } = limits;
  const forget =
    signal &&
    onAbort(signal, () => {
      over.abort(signal.reason);
    });
  try {
    const off = waitForState(domain, DomainState.SHUTOFF, { ...limits, signal: over.signal });
    await Promise.all([off, domain.shutdown(flags)]);
  } finally {
    forget?.();
    over.abort();
  }
}

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
