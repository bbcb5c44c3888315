import type { TypedParams } from './native-types.js';
import { nest } from './nested.js';
import { guestInfo } from './params/guest-info-shape.js';
import type { GuestInfo } from './params/guest-info.js';

export type * from './params/guest-info.js';

/**
 * @internal The guest's information from typed parameters, by the rules of `nest`. What the types say of lists and
 * groups holds whatever fields are there; the values are taken as they come.
 */
export function toGuestInfo(flat: Readonly<TypedParams>): GuestInfo {
  return nest(flat, guestInfo);
}
