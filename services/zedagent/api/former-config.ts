import { status } from '@grpc/grpc-js';

import { RpcError } from '../../../lib/rpc/index.js';
import type { ConfigHistory, KeptConfig } from '../state/config-history.js';

/**
 * A former version, or the newest of them; not the one in force.
 * @throws RpcError NOT_FOUND where it is not kept
 */
export async function formerConfig(
  history: ConfigHistory,
  version: bigint | undefined,
  inForce: bigint | undefined,
): Promise<KeptConfig> {
  // A power cut may have come between keeping what is in force and putting another in its place.
  const versions = (await history.versions()).filter((each) => each !== inForce);
  const wanted = version ?? versions[0];
  const former = wanted === undefined ? undefined : await history.read(wanted);
  if (former !== undefined) return former;
  const kept = versions.length === 0 ? 'none is' : `these are: ${versions.join(', ')}`;
  throw new RpcError(
    status.NOT_FOUND,
    wanted === undefined ? 'there is no former version' : `version ${wanted} is not kept; ${kept}`,
    { reason: 'NO_SUCH_VERSION' },
  );
}
