import type { NetworkInstanceConfig } from '../../gen/config/netinst.js';
import type { NetworkInstanceTest } from '../../gen/config/uplink.js';
import type { Duration } from '../../gen/google/protobuf/duration.js';
import { durationMs } from './durations.js';
import type { GatewayPing, Hysteresis, NetworkInstanceTestSettings, QualityThresholds } from './model.js';
import { accepted, customTarget, gatewayPingOf } from './custom-probe.js';
import { parseTarget, targetKey, type ProbeTarget } from './probe-target.js';
import type { Problems } from './problems.js';
import { isDefaultDestination } from './static-routes.js';

/** docs/design.md#choice */
export const DEFAULT_FAILBACK_HOLD_MS = 30_000;

/** How long flows may stay on a port that works and is left: most downloads and sessions end within that. */
export const DEFAULT_DRAIN_MS = 300_000;

const DAY_MS = 86_400_000;

/**
 * Of a target that stays silent, a test takes its time limit: with a longer one, nothing is left of the interval that
 * was asked for.
 */
const MOST_INTERVALS_A_TEST = 10;

/** Each is tested over each port. */
const MOST_FURTHER_TARGETS = 7;

/** A packet of 1,400 bytes. */
const MOST_PAYLOAD_BYTES = 1_372;

/** What a network instance gets that says nothing of tests. */
export const defaultTestSettings: NetworkInstanceTestSettings = {
  target: undefined,
  furtherTargets: [],
  targetsNeeded: 1,
  payloadBytes: 0,
  gatewayPing: undefined,
  intervalMs: undefined,
  timeoutMs: undefined,
  failAfter: undefined,
  recoverAfter: undefined,
  failbackHoldMs: DEFAULT_FAILBACK_HOLD_MS,
  failoverHoldMs: 0,
  quality: undefined,
};

/** How long flows of a network instance stay on a port that works and is left, in milliseconds; 0: they move. */
export function interpretDrain({ test }: NetworkInstanceConfig, field: string, problems: Problems): number {
  return durationMs(test?.drain, { leastMs: 0, mostMs: DAY_MS }, `${field}.test.drain`, problems) ?? DEFAULT_DRAIN_MS;
}

/** How a network instance's ports are tested: our own settings, and EVE's probe of the default route. */
export function interpretTest(
  config: NetworkInstanceConfig,
  field: string,
  problems: Problems,
): NetworkInstanceTestSettings {
  const { test } = config;
  const at = `${field}.test`;
  const count = (value: number | undefined, name: string): number | undefined => {
    if (value !== undefined && (value < 1 || value > 100)) problems.add(`${at}.${name}`, 'must be 1 to 100');
    return value;
  };
  const text = test?.target ?? '';
  const own = text === '' ? undefined : accepted(parseTarget(text), `${at}.target`, problems);
  const eves = interpretRouteProbe(config, field, problems);
  // Whoever names a target in our field means it, whatever an older controller still sends for EVE's probe.
  const target = own ?? eves.target;
  const furtherTargets = interpretFurtherTargets(test?.furtherTargets ?? [], target, at, problems);
  const intervalMs = durationMs(test?.interval, { leastMs: 100, mostMs: DAY_MS }, `${at}.interval`, problems);
  const timeoutMs = durationMs(test?.timeout, { leastMs: 10, mostMs: 3_600_000 }, `${at}.timeout`, problems);
  if (intervalMs !== undefined && timeoutMs !== undefined && timeoutMs > MOST_INTERVALS_A_TEST * intervalMs) {
    const most = (MOST_INTERVALS_A_TEST * intervalMs) / 1000;
    problems.add(
      `${at}.timeout`,
      `must be ${most} s at most, ${MOST_INTERVALS_A_TEST} intervals: no test begins before the one before has ended`,
    );
  }
  const holdBounds = { leastMs: 0, mostMs: DAY_MS };
  return {
    target,
    furtherTargets,
    targetsNeeded: interpretTargetsNeeded(test?.targetsNeeded, 1 + furtherTargets.length, at, problems),
    payloadBytes: interpretPayload(test?.payloadBytes ?? 0, at, problems),
    gatewayPing: eves.gatewayPing,
    intervalMs,
    timeoutMs,
    failAfter: count(test?.failAfter, 'failAfter'),
    recoverAfter: count(test?.recoverAfter, 'recoverAfter'),
    failbackHoldMs:
      durationMs(test?.failbackHold, holdBounds, `${at}.failbackHold`, problems) ?? DEFAULT_FAILBACK_HOLD_MS,
    failoverHoldMs: durationMs(test?.failoverHold, holdBounds, `${at}.failoverHold`, problems) ?? 0,
    quality: interpretQuality(test, at, problems),
  };
}

function interpretFurtherTargets(
  texts: readonly string[],
  target: ProbeTarget | undefined,
  at: string,
  problems: Problems,
): readonly ProbeTarget[] {
  if (texts.length > MOST_FURTHER_TARGETS) {
    problems.add(`${at}.furtherTargets`, `must be ${MOST_FURTHER_TARGETS} at most`);
    return [];
  }
  if (texts.length > 0 && target === undefined) {
    problems.add(`${at}.furtherTargets`, `means nothing without ${at}.target`);
    return [];
  }
  const keys = new Set(target === undefined ? [] : [targetKey(target)]);
  return texts.flatMap((text, index) => {
    const field = `${at}.furtherTargets[${index}]`;
    const further = accepted(parseTarget(text), field, problems);
    if (further === undefined) return [];
    if (keys.has(targetKey(further))) {
      problems.add(field, 'is named already');
      return [];
    }
    keys.add(targetKey(further));
    return [further];
  });
}

function interpretTargetsNeeded(value: number | undefined, targets: number, at: string, problems: Problems): number {
  if (value === undefined || (value >= 1 && value <= targets)) return value ?? 1;
  problems.add(`${at}.targetsNeeded`, `must be 1 to ${targets}, the number of targets`);
  return 1;
}

function interpretPayload(bytes: number, at: string, problems: Problems): number {
  if (bytes <= MOST_PAYLOAD_BYTES) return bytes;
  problems.add(
    `${at}.payloadBytes`,
    `must be ${MOST_PAYLOAD_BYTES} at most: more does not pass every path in one packet`,
  );
  return 0;
}

/** Shares of the threshold below which a port is good again, where nothing is said. */
const CLEAR_SHARES = { loss: 1 / 2, latency: 3 / 4 } as const;

function interpretQuality(
  test: NetworkInstanceTest | undefined,
  at: string,
  problems: Problems,
): QualityThresholds | undefined {
  const percent = (value: number | undefined, name: string): number | undefined => {
    if (value === undefined || (value >= 1 && value <= 100)) return value;
    problems.add(`${at}.${name}`, 'must be 1 to 100');
    return undefined;
  };
  const latencyBounds = { leastMs: 1, mostMs: 60_000 };
  const lossPercent = hysteresis(
    { field: `${at}.lossThresholdPercent`, value: percent(test?.lossThresholdPercent, 'lossThresholdPercent') },
    { field: `${at}.lossClearPercent`, value: percent(test?.lossClearPercent, 'lossClearPercent') },
    CLEAR_SHARES.loss,
    problems,
  );
  const duration = (value: Duration | undefined, name: string) => ({
    field: `${at}.${name}`,
    value: durationMs(value, latencyBounds, `${at}.${name}`, problems),
  });
  const latencyMs = hysteresis(
    duration(test?.latencyThreshold, 'latencyThreshold'),
    duration(test?.latencyClear, 'latencyClear'),
    CLEAR_SHARES.latency,
    problems,
  );
  return lossPercent === undefined && latencyMs === undefined ? undefined : { lossPercent, latencyMs };
}

interface Setting {
  readonly field: string;
  readonly value: number | undefined;
}

function hysteresis(
  threshold: Setting,
  clear: Setting,
  clearShare: number,
  problems: Problems,
): Hysteresis | undefined {
  if (threshold.value === undefined) {
    if (clear.value !== undefined) problems.add(clear.field, `means nothing without ${threshold.field}`);
    return undefined;
  }
  const goodBelow = clear.value ?? threshold.value * clearShare;
  if (goodBelow > threshold.value) problems.add(clear.field, 'must not be above the threshold');
  return { poorFrom: threshold.value, goodBelow };
}

interface RouteProbe {
  readonly target: ProbeTarget | undefined;
  readonly gatewayPing: GatewayPing | undefined;
}

/**
 * EVE's PortProbe of the default route (config/netinst.proto, IPRoute): where there are several, the first that names a
 * target, and the first that wants the gateway pinged. Probes of other routes are read with those.
 */
function interpretRouteProbe(config: NetworkInstanceConfig, field: string, problems: Problems): RouteProbe {
  let target: ProbeTarget | undefined;
  let gatewayPing: GatewayPing | undefined;
  config.staticRoutes.forEach(({ destinationNetwork, probe }, index) => {
    if (probe === undefined || !isDefaultDestination(destinationNetwork)) return;
    gatewayPing ??= gatewayPingOf(probe);
    const at = `${field}.staticRoutes[${index}].probe.customProbe`;
    const named = probe.customProbe === undefined ? undefined : customTarget(probe.customProbe, at, problems);
    target ??= named;
  });
  return { target, gatewayPing };
}
