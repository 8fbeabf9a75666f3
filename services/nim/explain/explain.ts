import type { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import {
  formatOperation,
  type Candidate,
  type NoPortReason,
  type Proof,
  type Selection,
} from '../../../lib/decision/decide/index.js';

/** A decision in sentences for the ship's engineer, one a line: what is used, and how every port stands. */
export function explainSelection(selection: Selection, nowMs: number): readonly string[] {
  const { outcome, networkInstanceName: name } = selection;
  const since = `for ${formatDuration(nowMs - selection.sinceMs)}`;
  const head =
    outcome.kind === 'port'
      ? [
          `${name} uses ${outcome.label} (priority ${outcome.priority}), ${since}.`,
          selection.failoverWait !== undefined ? 'It does not work.' : howWell[outcome.proof],
        ]
      : [`${name} has no port, ${since}: ${whyNone[outcome.reason]}. Its traffic is rejected.`];
  return [
    ...head,
    ...describeWait(selection, nowMs),
    `Last change: ${describeCause(selection)}.`,
    ...selection.candidates.map((candidate) => explainCandidate(candidate, nowMs)),
  ];
}

const howWell: Readonly<Record<Proof, string>> = {
  target: 'It is known to work.',
  address: 'It has link, address and a default route, and no target is asked whether it works.',
  connection:
    'It is reached by TCP connect only: connections are accepted, which anyone on the way can do; ' +
    'an https:// target would prove more.',
  none: 'It is not known to work; none that may be used is.',
};

/** What it waits for before it leaves a port that does not work; none where it waits for nothing. */
function describeWait({ failoverWait, networkInstanceName: name }: Selection, nowMs: number): readonly string[] {
  if (failoverWait === undefined) return [];
  const { untilMs, to } = failoverWait;
  const left = formatDuration(Math.max(0, untilMs - nowMs));
  return [`${name} waits ${left} more before it ${to === undefined ? 'gives it up' : `moves to the costlier ${to}`}.`];
}

/** Which ports an operation may use, in sentences. */
export function explainOperation(
  operation: NetworkOperation,
  candidates: readonly Candidate[],
  nowMs: number,
): readonly string[] {
  const name = formatOperation(operation);
  const usable = candidates.filter(({ rank }) => rank !== undefined).map(({ label }) => label);
  const head =
    usable.length === 0
      ? candidates.some(({ eligible }) => eligible)
        ? `${capitalized(name)} has no port now: no permitted one has link, address and a default route.`
        : `${capitalized(name)} has no port: policy permits none.`
      : `${capitalized(name)} may use, best first: ${usable.join(', ')}.`;
  return [head, ...candidates.map((candidate) => explainCandidate(candidate, nowMs))];
}

/** Why there is no port, in words. */
export const whyNone: Readonly<Record<NoPortReason, string>> = {
  'no-matching-port': 'no port of the device has the label that it asks for',
  'none-permitted': 'policy permits none of the ports that it asks for',
  'none-usable': 'none of its permitted ports has link, address and a default route',
  'air-gapped': 'it is air-gapped, as configured',
};

/** Why a selection changed last, in words. */
export function describeCause({ cause, causeDetail }: Selection): string {
  switch (cause) {
    case 'first':
    case 'policy':
    case 'port-available':
      return causeDetail;
    case 'link-lost':
      return `link lost (${causeDetail})`;
    case 'address-lost':
      return `address lost (${causeDetail})`;
    case 'route-lost':
      return `default route lost (${causeDetail})`;
    case 'test-failed':
      return `test failed (${causeDetail})`;
    case 'degraded':
      return `loss or latency above its threshold (${causeDetail})`;
    case 'better-port':
      return `went to a better port (${causeDetail})`;
  }
}

function explainCandidate(candidate: Candidate, nowMs: number): string {
  const { label, interfaceName, priority, rank } = candidate;
  const port = `${label} (${interfaceName === label ? '' : `${interfaceName}, `}priority ${priority})`;
  const reasons = candidate.reasons.map(({ detail }) => detail).join('; ');
  if (!candidate.eligible) return `${port}: not permitted: ${reasons}.`;
  if (rank === undefined) return `${port}: permitted, not usable now: ${reasons}.`;
  const toGo =
    candidate.heldUntilMs === undefined ? '' : `; ${formatDuration(Math.max(0, candidate.heldUntilMs - nowMs))} to go`;
  return `${rank}. ${port}: ${reasons}${toGo}.`;
}

/** With its first letter in upper case. */
export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `850 ms`, `12 s`, `3 min 20 s`, `5 h 10 min`, `2 d 3 h` */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  const seconds = Math.floor(durationMs / 1000);
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
