import { formatAddress, whyUnusable, type PortFacts, type PresentPort } from '../snapshot/index.js';
import { lossesKept } from './failback-hold.js';
import type { PortMemory } from './memory.js';
import { testStateOf } from './test-state.js';

const neverSeen: PortMemory = {
  usableSinceMs: undefined,
  interfaceIndex: undefined,
  addresses: [],
  workingSinceMs: undefined,
  lossesMs: [],
};

/** Carries over what is remembered of a port into what is known of it now. */
export function rememberPort(before: PortMemory = neverSeen, facts: PortFacts | undefined, nowMs: number): PortMemory {
  const present = facts === undefined ? undefined : usablePort(facts);
  if (facts === undefined || present === undefined) {
    return { ...neverSeen, lossesMs: withLoss(before, nowMs) };
  }
  const addresses = present.addresses.map(formatAddress);
  const sameInterface = before.interfaceIndex === present.index;
  const sharesAddress = before.addresses.some((address) => addresses.includes(address));
  const usableSinceMs =
    sameInterface && sharesAddress && before.usableSinceMs !== undefined ? before.usableSinceMs : facts.observedSinceMs;
  const continues = usableSinceMs === before.usableSinceMs;
  const works = testStateOf(facts.test, usableSinceMs) === 'working';
  const now = { usableSinceMs, interfaceIndex: present.index, addresses };
  if (works) {
    const workingSinceMs =
      continues && before.workingSinceMs !== undefined ? before.workingSinceMs : usableOrNow(facts, nowMs);
    // An interface that was replaced between two readings was away in between.
    return { ...now, workingSinceMs, lossesMs: sameInterface ? before.lossesMs : withLoss(before, nowMs) };
  }
  // New addresses void the tests, which is no failure of the port.
  const lost = testStateOf(facts.test, usableSinceMs) === 'failing' || !sameInterface;
  return { ...now, workingSinceMs: undefined, lossesMs: lost ? withLoss(before, nowMs) : before.lossesMs };
}

/** The success that proves it came after the port became usable, and never after now. */
function usableOrNow(facts: PortFacts, nowMs: number): number {
  return Math.min(facts.test.lastSucceededMs ?? nowMs, nowMs);
}

function usablePort({ observation }: PortFacts): PresentPort | undefined {
  return observation.kind === 'present' && whyUnusable(observation) === undefined ? observation : undefined;
}

function withLoss(before: PortMemory, nowMs: number): readonly number[] {
  return before.workingSinceMs === undefined ? before.lossesMs : [...before.lossesMs, nowMs].slice(-lossesKept);
}
