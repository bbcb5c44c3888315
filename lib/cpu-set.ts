/** CPUs as libvirt writes them in one string: `0-3,8`. Everywhere else a set of CPUs is an array of their numbers. */

/** The numbers of some CPUs, or libvirt's text for them, which knows exclusions as well: `0-7,^3`. */
export type CPUSet = readonly number[] | string;

/**
 * @internal
 * @param where - for errors, such as `setVcpu: vcpus`
 */
export function toCPUText(where: string, cpus: CPUSet): string {
  if (typeof cpus === 'string') return cpus;
  const wanted = `${where} must be an array of the CPUs' numbers or a string`;
  if (!Array.isArray(cpus)) throw new TypeError(wanted);
  for (const cpu of cpus as readonly unknown[]) {
    if (typeof cpu !== 'number') throw new TypeError(wanted);
    if (!Number.isSafeInteger(cpu) || cpu < 0) throw new RangeError(`${wanted}: a CPU cannot have the number ${cpu}`);
  }
  return cpus.join(',');
}

/** @internal What libvirt writes has ranges and no exclusions. */
export function fromCPUText(text: string): number[] {
  const cpus: number[] = [];
  for (const part of text.split(',').filter((one) => one !== '')) {
    const [first = 0, last = first] = part.split('-').map(Number);
    for (let cpu = first; cpu <= last; ++cpu) cpus.push(cpu);
  }
  return cpus;
}
