import { isLightTarget } from '../../configuration/index.js';
import type { TestProfile } from '../decide/index.js';
import {
  fullBytesOf,
  keepaliveBytesOf,
  SIZE_BYTES,
  SUSPECT_SHORTEST_MS,
  SUSPECT_SPACING_MS,
  FULL_LIMIT_MS,
  LONGEST_LIMIT_MS,
  MONTH_MS,
  type Pace,
} from '../schedule/index.js';
import { silencesNeeded } from '../health/index.js';

type TargetProfile = Extract<TestProfile, { kind: 'target' }>;

/** What testing a target over a port comes to while a network instance uses the port and no app sends. */
export interface TargetForecast {
  /** Between two attempts. */
  readonly gapMs: number;
  /** In 30 days, both directions, from the IP header on, while everything works. */
  readonly monthlyBytes: number;
}

/** A target at its own pace, before a budget stretches anything. */
export function forecastOf(
  { target, intervalMs, payloadBytes, keepalives }: TargetProfile,
  pace: Pace,
): TargetForecast {
  const light = isLightTarget(target);
  const fullMs = intervalMs ?? (light ? pace.keepaliveQuietMs : pace.fullQuietMs);
  const fullBytes = fullBytesOf(target.kind) + (target.kind === 'icmp' ? 2 * payloadBytes : 0);
  const keepaliveBytes = keepaliveBytesOf('echo') + 2 * payloadBytes;
  // What is dearer comes as much more seldom.
  const keepaliveMs = (pace.keepaliveQuietMs * keepaliveBytes) / keepaliveBytesOf('echo');
  const pulsing = keepalives && !light;
  return {
    gapMs: pulsing ? Math.min(fullMs, keepaliveMs) : fullMs,
    monthlyBytes:
      (MONTH_MS / fullMs) * fullBytes +
      (MONTH_MS / pace.sizeQuietMs) * SIZE_BYTES +
      (pulsing ? (MONTH_MS / keepaliveMs) * keepaliveBytes : 0),
  };
}

/**
 * How long a path that falls silent goes unnoticed at worst, while no app sends and nothing is lost otherwise: it dies
 * right after an answer, the next attempt runs into its time limit, and quick ones confirm it (next-test.ts, `burst`).
 */
export function detectionMs({ target, timeoutMs, settings }: TargetProfile, gapMs: number): number {
  const light = isLightTarget(target);
  const quickLimitMs = Math.min(timeoutMs ?? Infinity, LONGEST_LIMIT_MS);
  const firstLimitMs = light ? quickLimitMs : (timeoutMs ?? FULL_LIMIT_MS);
  const needed = Math.max(silencesNeeded({ answered: LONG_HISTORY, lost: 0 }), light ? settings.failAfter : 0);
  const confirmingMs = SUSPECT_SPACING_MS * (needed - 1) + quickLimitMs;
  return gapMs + Math.max(firstLimitMs + confirmingMs, SUSPECT_SHORTEST_MS, settings.patienceMs + quickLimitMs);
}

/** So many answers say that a path loses nothing. */
const LONG_HISTORY = 1_000;
