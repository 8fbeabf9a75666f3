/** `0.05 s`, `1.5 s`, `30 s`. */
export function formatSeconds(ms: number): string {
  return `${ms < 10_000 ? Number((ms / 1000).toPrecision(2)) : Math.round(ms / 1000)} s`;
}
