import { toFacadeError } from './errors.js';
import { native } from './native.js';

/** Versions, each as `major * 1000000 + minor * 1000 + release`. */
export interface Version {
  /** The libvirt that is loaded in this process. */
  libVersion: number;
  /** The driver's version; undefined when no driver was named. */
  typeVersion: number | undefined;
}

/**
 * The version of the libvirt that is loaded in this process; a daemon's may be another one.
 *
 * @param type - the name of a driver, such as `QEMU`, whose version is wanted too
 * @see virGetVersion
 * @since libvirt 0.0.3
 */
export function getVersion(type?: string): Version {
  try {
    const { libVer, typeVer } = native.virGetVersion(type);
    return { libVersion: libVer, typeVersion: type === undefined ? undefined : typeVer };
  } catch (error) {
    throw toFacadeError(error);
  }
}
