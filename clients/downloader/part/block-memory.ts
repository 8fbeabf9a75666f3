/**
 * What O_DIRECT asks of memory, offset and length at most, on disks with blocks of this size (open(2), statx(2):
 * dio_mem_align).
 */
export const ALIGNMENT_BYTES = 4096;

/** The types of Node, unlike those of browsers, leave it out. */
declare const WebAssembly: {
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number; readonly shared: true }) => {
    readonly buffer: SharedArrayBuffer;
  };
};

/** WebAssembly counts memory in pages. */
const PAGE_BYTES = 64 * 1024;

/**
 * Memory that the thread which hashes sees, too, and that begins where O_DIRECT lets a write begin, which Node's own
 * buffers do not: WebAssembly's memory is made of whole pages. `bytes` is a multiple of 64 KiB.
 */
export function blockMemory(bytes: number): Buffer {
  const pages = bytes / PAGE_BYTES;
  return Buffer.from(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer);
}
