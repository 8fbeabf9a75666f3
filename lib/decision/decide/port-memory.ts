import { formatAddress, gatewaysOf, whyUnusable, type PortFacts, type PresentPort } from '../snapshot/index.js';
import { evidenceOf } from './evidence.js';
import { LOSSES_KEPT, type Loss } from './failback-hold.js';
import type { PortMemory, WorkMemory } from './memory.js';
import { allInOrder, type IsOutOfOrder } from './target-outages.js';
import type { TestProfile } from './test-profile.js';

const neverSeen: PortMemory = { usableSinceMs: undefined, interfaceIndex: undefined, addresses: [], works: new Map() };

const neverWorked: WorkMemory = { workingSinceMs: undefined, losses: [] };

/** Carries over what is remembered of a port into what is known of it now, for each profile by which it is read. */
export function rememberPort(
  before: PortMemory = neverSeen,
  facts: PortFacts | undefined,
  profiles: readonly TestProfile[],
  nowMs: number,
  isOutOfOrder: IsOutOfOrder = allInOrder,
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
      gateway: before.gateway,
      works: works((work) => ({
        workingSinceMs: undefined,
        losses: withLoss(work, { lostMs: nowMs, backMs: undefined }),
      })),
    };
  }
  const addresses = present.addresses.map(formatAddress);
  const sameInterface = before.interfaceIndex === present.index;
  const sharesAddress = before.addresses.some((address) => addresses.includes(address));
  const usableSinceMs =
    sameInterface && sharesAddress && before.usableSinceMs !== undefined ? before.usableSinceMs : facts.observedSinceMs;
  const continues = sameInterface && usableSinceMs === before.usableSinceMs;
  return {
    usableSinceMs,
    interfaceIndex: present.index,
    addresses,
    gateway: gatewaysOf(present)[0] ?? before.gateway,
    works: works((work, profile) => {
      const { testState, test, quality } = evidenceOf(facts, profile, usableSinceMs, isOutOfOrder);
      if (testState !== 'working' || quality.kind === 'poor') {
        // New addresses void the tests, which is no failure of the port.
        const lost = testState !== 'untested' || !sameInterface;
        const loss = { lostMs: nowMs, backMs: undefined };
        return { workingSinceMs: undefined, losses: lost ? withLoss(work, loss) : work.losses };
      }
      if (continues && work.workingSinceMs !== undefined) return work;
      // The success that proves it came after the port became usable, and never after now.
      const workingSinceMs = Math.min(test.lastSucceededMs ?? nowMs, nowMs);
      // An interface that was replaced between two readings was away in between, for a moment.
      const losses = sameInterface ? work.losses : withLoss(work, { lostMs: workingSinceMs, backMs: workingSinceMs });
      return { workingSinceMs, losses: losses.map((loss) => ({ ...loss, backMs: loss.backMs ?? workingSinceMs })) };
    }),
  };
}

function usablePort({ observation }: PortFacts): PresentPort | undefined {
  return observation.kind === 'present' && whyUnusable(observation) === undefined ? observation : undefined;
}

/** Only a port that worked can be lost. */
function withLoss({ workingSinceMs, losses }: WorkMemory, loss: Loss): readonly Loss[] {
  return workingSinceMs === undefined ? losses : [...losses, loss].slice(-LOSSES_KEPT);
}
