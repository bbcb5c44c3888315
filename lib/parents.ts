import { ErrorNumber } from './constants.js';
import { isErrorRecord } from './errors.js';

/**
 * What may not be there: libvirt has one code for that and for the object being gone that was asked. `exists` is asked
 * which of the two it is, and fails when it is the latter.
 */
export async function orNull<T>(
  code: keyof typeof ErrorNumber,
  pending: Promise<T>,
  exists: () => Promise<unknown>,
): Promise<T | null> {
  try {
    return await pending;
  } catch (error) {
    if (!isErrorRecord(error) || error.code !== ErrorNumber[code]) throw error;
  }
  await exists();
  return null;
}
