import { createRequire } from 'node:module';

import type * as Koffi from 'koffi';

/** What O_DIRECT asks of memory, offset and length at most, on disks with blocks of this size (open(2), statx(2): dio_mem_align). */
export const ALIGNMENT_BYTES = 4096;

/** Memory that begins where O_DIRECT lets a write begin. Node itself has none: its buffers begin anywhere. */
export function alignedMemory(bytes: number): Buffer {
  const memory = Buffer.allocUnsafeSlow(bytes + ALIGNMENT_BYTES);
  const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
  const past = Number(koffi.address(memory) % BigInt(ALIGNMENT_BYTES));
  const from = (ALIGNMENT_BYTES - past) % ALIGNMENT_BYTES;
  return memory.subarray(from, from + bytes);
}
