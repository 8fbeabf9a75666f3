import type { PortTestFacts } from '../snapshot/index.js';
import type { TestState } from './candidate.js';

/**
 * Whether a port works: WORKING where the last conclusive test succeeded after the last failure
 * (docs/design.md#working). Results from before `usableSinceMs` are void: link or address was lost since.
 */
export function testStateOf(facts: PortTestFacts, usableSinceMs: number | undefined): TestState {
  if (usableSinceMs === undefined) return 'untested';
  const succeededMs = atOrAfter(facts.lastSucceededMs, usableSinceMs);
  const failedMs = atOrAfter(facts.lastFailedMs, usableSinceMs);
  if (succeededMs === undefined && failedMs === undefined) return 'untested';
  return (succeededMs ?? -Infinity) > (failedMs ?? -Infinity) ? 'working' : 'failing';
}

function atOrAfter(timeMs: number | undefined, sinceMs: number): number | undefined {
  return timeMs !== undefined && timeMs >= sinceMs ? timeMs : undefined;
}
