import { LibvirtError } from 'libvirt-napi';

const gone = ['VIR_ERR_NO_DOMAIN', 'VIR_ERR_NO_NETWORK'];

/** All results but those about objects that somebody has removed in the meantime. */
export async function present<T>(results: readonly Promise<T>[]): Promise<T[]> {
  const found: T[] = [];
  for (const result of await Promise.allSettled(results)) {
    if (result.status === 'fulfilled') found.push(result.value);
    else if (!(result.reason instanceof LibvirtError && gone.includes(result.reason.code))) throw result.reason;
  }
  return found;
}
