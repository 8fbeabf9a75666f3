import type { DeviceConfig, WatchConfigRequest, WatchConfigResponse } from '../../../gen/zedagent/v1/device_config.js';
import type { InForce } from '../in-force/in-force.js';
import { liveGrants } from '../grants/grant-times.js';
import type { Instant } from '../in-force/instant.js';

/**
 * The messages of WatchConfig: each part only where the reader lacks it. Silent before the first configuration. The
 * policy is always in the first message: it is small, and versions say nothing across a loss of zedagent's files.
 */
export async function* watchConfig(
  request: WatchConfigRequest,
  inForce: AsyncIterable<InForce>,
  now: () => Instant,
): AsyncGenerator<WatchConfigResponse, void, undefined> {
  let known: KnownConfig = { version: request.knownVersion, sha256: request.knownSha256 };
  let policyVersion: bigint | undefined;
  for await (const { deviceConfig, policy, changes } of inForce) {
    if (deviceConfig === undefined) continue;
    const isNew = !isSame(known, deviceConfig);
    if (!isNew && policy.version === policyVersion) continue;
    const told = policyVersion ?? toldBefore(request.knownPolicyVersion, policy.version);
    yield {
      deviceConfig: isNew ? deviceConfig : undefined,
      policy: policy.version === policyVersion ? undefined : { ...policy, grants: liveGrants(policy.grants, now()) },
      policyChanges: changes.filter((change) => change.policyVersion > told),
    };
    known = deviceConfig;
    policyVersion = policy.version;
  }
}

/** What a reader has. */
interface KnownConfig {
  readonly version: bigint;
  readonly sha256?: string | undefined;
}

/** Versions begin anew where zedagent's files are lost, so the content counts where the reader says which it has. */
function isSame(known: KnownConfig, inForce: DeviceConfig): boolean {
  return known.version === inForce.version && (known.sha256 ?? inForce.sha256) === inForce.sha256;
}

/** A version that was never given comes from files that are gone: all that is kept is new to its reader. */
function toldBefore(known: bigint | undefined, current: bigint): bigint {
  if (known === undefined) return current;
  return known > current ? 0n : known;
}
