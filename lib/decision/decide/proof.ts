import type { Evidence } from './evidence.js';
import type { Proof } from './selection.js';

/**
 * What is proved of a port by its evidence. Of several targets the one that proves most counts, among those that
 * answer: the decision asks for enough of them already.
 */
export function proofOf({ profile, testState, targets }: Evidence): Proof {
  if (testState !== 'working') return 'none';
  if (targets.length > 0) {
    const proofs = targets.map(({ evidence }) => proofOf(evidence));
    return proofs.includes('target') ? 'target' : 'connection';
  }
  if (profile.kind === 'link') return 'none';
  if (profile.kind === 'address') return 'address';
  return profile.target.kind === 'tcp' ? 'connection' : 'target';
}
