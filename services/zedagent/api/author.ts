import type { Caller } from '../../../lib/rpc/index.js';

/** Who does something: as the caller says, and as its certificate says where it has one. */
export function authorOf(claimed: string, caller: Caller): string {
  if (caller.kind === 'local' || caller.commonName === claimed) return claimed;
  return claimed === '' ? caller.commonName : `${claimed} (certificate ${caller.commonName})`;
}
