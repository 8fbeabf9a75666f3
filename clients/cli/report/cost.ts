import type { PortTariff } from '../../../gen/config/devmodel.js';

/** Bytes of both directions that were carried within a period that begins then. */
export interface Carried {
  readonly beginMs: number;
  readonly bytes: number;
}

/** When the bill's month began that this moment is in, in milliseconds of UTC. */
export function billBeganMs({ billingDay }: Pick<PortTariff, 'billingDay'>, atMs: number): number {
  const at = new Date(atMs);
  const day = Math.max(1, billingDay);
  const month = at.getUTCDate() >= day ? at.getUTCMonth() : at.getUTCMonth() - 1;
  return Date.UTC(at.getUTCFullYear(), month, day);
}

/**
 * What the traffic of periods that begin from `sinceMs` on has cost: in each month of the bill what is beyond the
 * included volume. `carried` goes back to where the first of these months began; without that the volume that was used
 * before is not known, and the cost is too low.
 */
export function costOf(tariff: PortTariff, carried: readonly Carried[], sinceMs: number): number {
  const months = new Map<number, { before: number; since: number }>();
  for (const { beginMs, bytes } of carried) {
    const month = billBeganMs(tariff, beginMs);
    const sums = months.get(month) ?? { before: 0, since: 0 };
    if (beginMs < sinceMs) sums.before += bytes;
    else sums.since += bytes;
    months.set(month, sums);
  }
  const dueBytes = (bytes: number): number => Math.max(0, bytes - Number(tariff.includedBytes));
  return [...months.values()].reduce(
    (cost, { before, since }) =>
      cost + ((dueBytes(before + since) - dueBytes(before)) / BYTES_OF_GB) * tariff.pricePerGb,
    0,
  );
}

const BYTES_OF_GB = 1e9;
