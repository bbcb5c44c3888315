import type { virDomain } from './common.js';

export interface NativeDomainLxc {
  /** File descriptors, which the caller has to close. */
  virDomainLxcOpenNamespace(domain: virDomain, flags: number): Promise<number[]>;
}
