import { formatAddress, whyUnusable, type PortFacts, type PresentPort } from '../snapshot/index.js';
import { evidenceOf } from './evidence.js';
import { lossesKept } from './failback-hold.js';
import type { PortMemory, WorkMemory } from './memory.js';
import type { TestProfile } from './test-profile.js';

const neverSeen: PortMemory = { usableSinceMs: undefined, interfaceIndex: undefined, addresses: [], works: new Map() };

const neverWorked: WorkMemory = { workingSinceMs: undefined, lossesMs: [] };

/** Carries over what is remembered of a port into what is known of it now, for each profile by which it is read. */
export function rememberPort(
  before: PortMemory = neverSeen,
  facts: PortFacts | undefined,
  profiles: readonly TestProfile[],
  nowMs: number,
): PortMemory {
  const present = facts === undefined ? undefined : usablePort(facts);
  const works = (remember: (work: WorkMemory, profile: TestProfile) => WorkMemory): ReadonlyMap<string, WorkMemory> =>
    new Map(
      profiles.map(
        (profile) => [profile.key, remember(before.works.get(profile.key) ?? neverWorked, profile)] as const,
      ),
    );
  if (facts === undefined || present === undefined) {
    return {
      ...neverSeen,
      works: works((work) => ({ workingSinceMs: undefined, lossesMs: withLoss(work, nowMs) })),
    };
  }
  const addresses = present.addresses.map(formatAddress);
  const sameInterface = before.interfaceIndex === present.index;
  const sharesAddress = before.addresses.some((address) => addresses.includes(address));
  const usableSinceMs =
    sameInterface && sharesAddress && before.usableSinceMs !== undefined ? before.usableSinceMs : facts.observedSinceMs;
  const continues = usableSinceMs === before.usableSinceMs;
  return {
    usableSinceMs,
    interfaceIndex: present.index,
    addresses,
    works: works((work, profile) => {
      const { testState, test } = evidenceOf(facts, profile, usableSinceMs);
      if (testState !== 'working') {
        // New addresses void the tests, which is no failure of the port.
        const lost = testState === 'failing' || !sameInterface;
        return { workingSinceMs: undefined, lossesMs: lost ? withLoss(work, nowMs) : work.lossesMs };
      }
      const goesOn = continues && work.workingSinceMs !== undefined;
      return {
        // The success that proves it came after the port became usable, and never after now.
        workingSinceMs: goesOn ? work.workingSinceMs : Math.min(test.lastSucceededMs ?? nowMs, nowMs),
        // An interface that was replaced between two readings was away in between.
        lossesMs: sameInterface ? work.lossesMs : withLoss(work, nowMs),
      };
    }),
  };
}

function usablePort({ observation }: PortFacts): PresentPort | undefined {
  return observation.kind === 'present' && whyUnusable(observation) === undefined ? observation : undefined;
}

function withLoss(before: WorkMemory, nowMs: number): readonly number[] {
  return before.workingSinceMs === undefined ? before.lossesMs : [...before.lossesMs, nowMs].slice(-lossesKept);
}
