import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import type { DeviceConfig, WatchConfigRequest, WatchConfigResponse } from '../../gen/zedagent/v1/device_config.js';
import type { Policy, PolicyChange, PolicyOverride } from '../../gen/zedagent/v1/policy.js';
import { interpretSliced, underPolicy } from './interpret.js';
import type { Sliced } from '../slices/index.js';
import type { DeviceModel, Interpretation, Problem } from './model.js';

type WholeDeviceConfig = DeviceConfig & { readonly config: EdgeDevConfig };

/** What a message of WatchConfig means together with those before it. */
export type ConfigurationUpdate =
  | {
      readonly kind: 'model';
      readonly deviceConfig: WholeDeviceConfig;
      readonly policyVersion: bigint;
      /** The configuration with the policy over it. */
      readonly model: DeviceModel;
      /** What operators have put over the configuration. */
      readonly overrides: readonly PolicyOverride[];
      readonly policyChanges: readonly PolicyChange[];
    }
  | { readonly kind: 'invalid'; readonly deviceConfig: WholeDeviceConfig; readonly problems: readonly Problem[] };

/** Puts the messages of zedagent's WatchConfig together: each has only what is new. */
export class ConfigurationReader {
  #deviceConfig: WholeDeviceConfig | undefined;
  #interpretation: Interpretation | undefined;
  #policy: Policy | undefined;

  /** What to ask for: what comes after what has been read. */
  get request(): WatchConfigRequest {
    return {
      // Also of an invalid one: asking for it again would not mend it.
      knownVersion: this.#deviceConfig?.version ?? 0n,
      knownSha256: this.#deviceConfig?.sha256,
      knownPolicyVersion: this.#policy?.version ?? 0n,
    };
  }

  /**
   * Takes a message in, one after the other; undefined where there is no configuration yet. Until it is done, what came
   * before counts.
   */
  *take({ deviceConfig, policy, policyChanges }: WatchConfigResponse): Sliced<ConfigurationUpdate | undefined> {
    if (deviceConfig?.config !== undefined) {
      const made = yield* interpretSliced(deviceConfig.config);
      this.#deviceConfig = { ...deviceConfig, config: deviceConfig.config };
      this.#interpretation = made;
    }
    if (policy !== undefined) this.#policy = policy;
    const [known, interpretation] = [this.#deviceConfig, this.#interpretation];
    if (known === undefined || interpretation === undefined) return undefined;
    if (interpretation.kind === 'invalid') {
      return { kind: 'invalid', deviceConfig: known, problems: interpretation.problems };
    }
    const { model } = interpretation;
    return {
      kind: 'model',
      deviceConfig: known,
      policyVersion: this.#policy?.version ?? 0n,
      overrides: this.#policy?.overrides ?? [],
      model: this.#policy === undefined ? model : underPolicy(model, this.#policy),
      policyChanges,
    };
  }
}
