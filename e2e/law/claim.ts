import { SelectionProof, type NetworkInstanceTestStatus } from '../../gen/nim/v1/network_instance_test_status.js';
import { ApplyState, type NetworkInstanceStatus } from '../../gen/zedrouter/v1/network_router.js';
import { portNames, type PortName } from '../../lab/index.js';

/**
 * What the services say of a network instance: that it has a way out by a port and that this is verified, that its
 * target is reached by a TCP connection and no more is known, or neither.
 */
export type Claim =
  | { readonly kind: 'verified' | 'reached'; readonly port: PortName }
  | { readonly kind: 'unverified'; readonly why: string };

/**
 * Verified is what both say: NIM that the port is known to work and not suspect, zedrouter that its traffic follows,
 * that the kernel has been read and that nothing on the host stands in the way. Undefined: the service does not answer,
 * or does not know the network instance.
 */
export function claimOf(
  selection: NetworkInstanceTestStatus | undefined,
  routed: NetworkInstanceStatus | undefined,
): Claim {
  if (selection === undefined) return unverified('nim says nothing');
  if (routed === undefined) return unverified('zedrouter says nothing');
  const { selectedPort, verified, proof, candidates } = selection;
  const isReached = !verified && proof === SelectionProof.SELECTION_PROOF_CONNECTION;
  if (selectedPort === undefined) return unverified('no port');
  const { logicalLabel } = selectedPort;
  if (!verified && !isReached) return unverified(`${logicalLabel} is not known to work`);
  const candidate = candidates.find((each) => each.logicalLabel === logicalLabel);
  if (candidate?.inDoubt === true) return unverified(`${logicalLabel} is suspect`);
  if (routed.state !== ApplyState.APPLY_STATE_APPLIED) return unverified(`${logicalLabel} is not applied`);
  if (routed.errors.length > 0) return unverified(routed.errors.join('; '));
  const [obstacle] = routed.obstacles;
  if (obstacle !== undefined) return unverified(`${obstacle.subject} ${obstacle.detail}`);
  if (!routed.verified) return unverified('the kernel has not been read');
  const port = portNames.find((name) => name === routed.interfaceInUse);
  if (port === undefined || port !== selectedPort.interface) {
    return unverified(`nim says ${logicalLabel}, and zedrouter ${routed.interfaceInUse}`);
  }
  return { kind: isReached ? 'reached' : 'verified', port };
}

function unverified(why: string): Claim {
  return { kind: 'unverified', why };
}

export function claimText(claim: Claim): string {
  return claim.kind === 'unverified' ? claim.why : `${claim.port} ${claim.kind}`;
}
