/** The 32 bit number of a dotted address. The address must be valid: configuration and kernel see to that. */
export function addressNumber(address: string): number {
  return address.split('.').reduce((number, byte) => number * 256 + Number(byte), 0);
}

/** The dotted form of a 32 bit number. */
export function addressText(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.');
}

/** The network of an address, e.g. `192.0.2.7` and 24 to `192.0.2.0/24`. */
export function networkOf(address: string, prefixLength: number): string {
  const mask = prefixLength === 0 ? 0 : (0xffffffff << (32 - prefixLength)) >>> 0;
  return `${addressText((addressNumber(address) & mask) >>> 0)}/${prefixLength}`;
}
