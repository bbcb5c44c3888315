import { it } from '@jest/globals';
import { getVersion } from '../lib/index.js';

const loaded = getVersion().libVersion;

/** Whether the libvirt that is loaded is this one or newer. */
export function isSince(version: string): boolean {
  const [major = 0, minor = 0, release = 0] = version.split('.').map(Number);
  return loaded >= major * 1_000_000 + minor * 1000 + release;
}

/**
 * A test of what some libvirt does wrong, in a way that leaves nothing to test. There it is skipped, and its title says why.
 *
 * @param defect - what is wrong with the libvirt that is loaded; undefined when nothing is
 */
export function itUnless(defect: string | false | undefined, title: string, body: () => Promise<void> | void): void {
  if (defect === undefined || defect === false) it(title, body);
  else it.skip(`${title} [skipped: a defect of libvirt ${String(loaded)}: ${defect}]`, body);
}

/**
 * A test of what libvirt, or its test driver, has since some version. With an older one it is skipped, and its title says
 * why. What libvirt does in place of it is for the tests of missing functions.
 */
export function itSince(version: string, title: string, body: () => Promise<void> | void): void {
  if (isSince(version)) it(title, body);
  else it.skip(`${title} [skipped: it needs libvirt ${version}, and ${String(loaded)} is loaded]`, body);
}
