import { readFile } from 'node:fs/promises';

/** Tells one boot from another (Documentation/admin-guide/sysctl/kernel.rst, random). */
export async function readBootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}
