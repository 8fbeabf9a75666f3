/**
 * Node's code of a failed system call, e.g. `ENOENT`. Structural: errors of the system come from another realm in
 * tests.
 */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
