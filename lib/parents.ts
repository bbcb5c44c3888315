import { ErrorNumber } from './constants.js';
import { isErrorRecord } from './errors.js';
import type { Limits } from './limits.js';

/** Two calls of the raw layer: one for what may not be there, and one that fails when the object is gone that is asked. */
interface Question<T> {
  code: keyof typeof ErrorNumber;
  find: () => Promise<T>;
  exists: () => Promise<unknown>;
}

/** What may not be there: libvirt has one code for that and for the object being gone that was asked. */
export async function orNull<T>({ within }: Limits, { code, find, exists }: Question<T>): Promise<T | null> {
  try {
    return await within(find);
  } catch (error) {
    if (!isErrorRecord(error) || error.code !== ErrorNumber[code]) throw error;
  }
  await within(exists);
  return null;
}
