import type { Evidence } from './evidence.js';

/** Why a port that works is poor, in words: `loses 30 % of the packets (threshold 20 %), ...`; else empty. */
export function describePoor({ profile, quality }: Evidence): string {
  if (quality.kind !== 'poor' || profile.kind !== 'target' || profile.quality === undefined) return '';
  const { lossPercent: loss, latencyMs: latency } = profile.quality;
  const parts = [
    ...(loss !== undefined && quality.lossPercent >= loss.goodBelow
      ? [
          `loses ${Math.round(quality.lossPercent)} % of the packets ` +
            `(threshold ${loss.poorFrom} %, good below ${loss.goodBelow} %)`,
        ]
      : []),
    ...(latency !== undefined && quality.latencyMs !== undefined && quality.latencyMs >= latency.goodBelow
      ? [
          `answers after ${Math.round(quality.latencyMs)} ms ` +
            `(threshold ${latency.poorFrom} ms, good below ${latency.goodBelow} ms)`,
        ]
      : []),
  ];
  return parts.join(', and ');
}
