/**
 * The raw layer: libvirt's C functions under their C names, as free functions on opaque handles.
 *
 * Arguments come in C's order without out-parameters and their lengths; `flags` are always given. Every function that
 * may wait returns a promise of C's out-values; the few that neither do I/O nor take a driver's lock answer at once.
 * Misuse throws at once; a failure of libvirt rejects with a plain {@link ErrorRecord}.
 *
 * @packageDocumentation
 */
import { load } from './load.js';
import type { Native } from './native-types.js';

export type * from './native-types.js';

/** Every bound C function, and the {@link Runtime}. */
export const native: Native = load();
