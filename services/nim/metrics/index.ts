/*
 * What NIM measures. Names are an interface: a new one takes a row in docs/operation.md. Reads what is published,
 * decides nothing.
 */
import type { Meters } from '../../../lib/observability/index.js';
import type { Instrumentation } from './instrumentation.js';
import type { Publisher } from '../publish/index.js';
import type { AppTraffic } from '../probing/tester/index.js';
import { decisionMetrics } from './decision-metrics.js';
import { networkInstanceMetrics } from './network-instance-metrics.js';
import { portMetrics, probeBudgetMetrics, targetMetrics, trafficMetrics } from './port-metrics.js';

export interface NimMetricsSources {
  readonly publisher: Pick<Publisher, 'deviceNetworkStatus' | 'networkInstanceTestStatuses'>;
  /** By interface; undefined: nobody counts. May throw. */
  readonly readTraffic: () => ReadonlyMap<string, AppTraffic> | undefined;
}

/** Makes what NIM knows and does readable as metrics. */
export function nimMetrics(meters: Meters, { publisher, readTraffic }: NimMetricsSources): Instrumentation {
  const ports = meters.oncePerScrape(() => publisher.deviceNetworkStatus()?.ports ?? []);
  portMetrics(meters, ports);
  targetMetrics(meters, ports);
  probeBudgetMetrics(meters, ports);
  trafficMetrics(
    meters,
    ports,
    meters.oncePerScrape(() => trafficOrNone(readTraffic)),
  );
  networkInstanceMetrics(
    meters,
    meters.oncePerScrape(() => publisher.networkInstanceTestStatuses()),
  );
  return decisionMetrics(meters);
}

/**
 * Where the kernel does not tell, the other metrics are still worth having; the tests' own reader complains in the log.
 */
function trafficOrNone(read: NimMetricsSources['readTraffic']): ReturnType<NimMetricsSources['readTraffic']> {
  try {
    return read();
  } catch {
    return undefined;
  }
}
