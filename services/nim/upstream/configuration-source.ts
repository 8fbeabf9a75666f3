import type { PolicyChange } from '../../../gen/zedagent/v1/policy.js';
import { withRouteSelections } from '../../../lib/configuration/index.js';
import { followConfiguration as followUpdates } from '../../../lib/configuration-stream/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import type { ConfigurationInForce } from '../publish/index.js';

/**
 * Follows zedagent's configuration and the policy over it until the signal aborts; the last ones stay in force while
 * zedagent is away. A configuration that is invalid is reported and left alone. Grants are handed on live or not.
 */
export async function followConfiguration(options: {
  readonly zedagentAddress: string;
  readonly onConfiguration: (configuration: ConfigurationInForce, policyChanges: readonly PolicyChange[]) => void;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}): Promise<void> {
  const { logger, signal } = options;
  await followUpdates({
    zedagentAddress: options.zedagentAddress,
    onUpdate: (news) => {
      const { version, author, pushedAt, config, changes, reason, confirmation } = news.deviceConfig;
      if (news.kind === 'invalid') {
        logger.error(
          { event: 'configuration-rejected', version: String(version), problems: news.problems },
          'configuration rejected, keeping the one in force',
        );
        return;
      }
      const { policyVersion, overrides, policyChanges } = news;
      const model = withRouteSelections(news.model);
      const source = { config, overrides };
      const told = {
        ...(changes.length === 0 ? {} : { changes }),
        ...(reason === '' ? {} : { reason }),
        ...(confirmation === undefined ? {} : { isUnconfirmed: true as const }),
      };
      options.onConfiguration({ version, author, ...told, pushedAt, policyVersion, source, model }, policyChanges);
    },
    onState: (state, why) => {
      logger.info({ event: 'config-stream-state', state, why }, `configuration stream ${state}`);
    },
    signal,
    logger,
  });
}
