/**
 * Milliseconds of CLOCK_MONOTONIC, with fractions: the same for all processes of a machine, so that what agents and the
 * lab report can be compared.
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
