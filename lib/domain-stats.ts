import type { TypedParams } from './native-types.js';
import { nest } from './nested.js';
import { domainStats } from './params/domain-stats-shape.js';
import type { DomainStats } from './params/domain-stats.js';

export type * from './params/domain-stats.js';

/**
 * @internal The statistics of a domain from typed parameters, by the rules of `nest`. What the types say of lists and
 * groups holds whatever fields are there; the values are taken as they come.
 */
export function toDomainStats(flat: Readonly<TypedParams>): DomainStats {
  return nest(flat, domainStats);
}
