import type { AppUsage, PortUsage, TrafficCount, UsagePeriod } from '../../../gen/zedrouter/v1/usage.js';
import { durationOf, timestampOf } from '../../../lib/configuration/index.js';
import type { Period } from '../../../lib/history/index.js';
import { usageSeriesOf } from './usage.js';

/** A period as it is told: ports, and apps, by name. */
export function usagePeriodMessage({ beginMs, lengthMs, counts }: Period): UsagePeriod {
  const ports: PortUsage[] = [];
  const apps: AppUsage[] = [];
  for (const [name, values] of counts) {
    const series = usageSeriesOf(name);
    const traffic = { up: trafficCountAt(values, 0), down: trafficCountAt(values, 2) };
    if (series?.kind === 'port') ports.push({ logicalLabel: series.port, ...traffic });
    else if (series !== undefined) {
      const { kind: _, ...owner } = series;
      apps.push({ ...owner, ...traffic });
    }
  }
  return { begin: timestampOf(beginMs), length: durationOf(lengthMs), ports, apps };
}

function trafficCountAt(values: readonly number[], at: number): TrafficCount {
  return { bytes: BigInt(values[at] ?? 0), packets: BigInt(values[at + 1] ?? 0) };
}
