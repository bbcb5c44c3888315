/** A name that nobody has: the wanted one, or else that with a number. */
export function freeName(wanted: string, taken: Iterable<string>): string {
  const names = new Set(taken);
  if (!names.has(wanted)) return wanted;
  for (let number = 2; ; number++) {
    const name = `${wanted}-${String(number)}`;
    if (!names.has(name)) return name;
  }
}
