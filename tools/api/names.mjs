/**
 * Names of constants. What libvirt calls a constant cannot be cut by a rule that stays right: a new constant may shorten
 * the prefix that the others share. So each prefix is computed once, when an enum first appears, checked by a person,
 * and from then on only read.
 */

/** @param {string[]} names */
function sharedPrefix(names) {
  const [first = ''] = names;
  let length = first.length;
  for (const name of names) {
    while (!name.startsWith(first.slice(0, length))) length -= 1;
  }
  return first.slice(0, first.lastIndexOf('_', names.length === 1 ? length : length - 1) + 1);
}

/** Counters at the end of an enum, which grow with every version. */
function sentinels(constants) {
  const highest = Math.max(...constants.map(({ value }) => Number(value)));
  return constants.filter(({ constant, value }) => constant.endsWith('_LAST') && Number(value) === highest);
}

/** A first row of `enum-prefixes.tsv` for an enum that it does not have. */
export function proposeEnum(name, constants) {
  const ends = sentinels(constants);
  const real = constants.filter((constant) => !ends.includes(constant)).map(({ constant }) => constant);
  return {
    enum: name,
    prefix: sharedPrefix(real),
    kind: /Flags?(Values)?$/.test(name) ? 'bits' : 'plain',
    sentinels: ends.map(({ constant }) => constant).join(' ') || '-',
  };
}

/** `virDomainXMLFlags` -> `DomainXMLFlags` */
export const exportName = (name) => name.replace(/^vir/, '');

/**
 * @param {string} constant C's name
 * @param {string} prefix the one that is written down for its enum
 */
export function memberName(constant, prefix) {
  const rest = constant.startsWith(prefix) ? constant.slice(prefix.length) : constant.replace(/^VIR_/, '');
  return /^\d/.test(rest) ? `_${rest}` : rest;
}
