/** An IPv4 address and the length of its network part. */
export interface Subnet {
  address: string;
  prefix: number;
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

export function prefixOf(netmask: string): number {
  return toNumber(netmask).toString(2).replace(/0+$/, '').length;
}

export function overlap(a: Subnet, b: Subnet): boolean {
  const size = 2 ** (32 - Math.min(a.prefix, b.prefix));
  return Math.floor(toNumber(a.address) / size) === Math.floor(toNumber(b.address) / size);
}
