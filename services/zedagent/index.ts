/*
 * zedagent: keeps the device's configuration and the policy over it, and hands them out. `in-force` is the value that
 * all of it is about; in `config`, `policy` and `grants` a request and what is in force make an answer and what is in
 * force from then on, without reading or waiting. `state` keeps that on disk, `api` serves it. Here stand the entry and
 * the loops that end grants and let the version before return where one is not confirmed.
 */
import { readBootId } from '../../lib/clock/index.js';
import { startServer, type RunningService, type ServiceOptions, type TlsListenOptions } from '../../lib/rpc/index.js';
import { ConfirmationKeeper } from './confirmation-keeper.js';
import { GrantKeeper } from './grant-keeper.js';
import { zedagentMetrics } from './metrics/metrics.js';
import { instantOf, type Instant } from './in-force/instant.js';
import { interfaceWith, type InterfaceWith } from './api/caller-interface.js';
import { policyService } from './api/policy-service.js';
import { requireRole } from './api/roles.js';
import { deviceConfigService } from './api/device-config-service.js';
import { configHistory } from './state/config-history.js';
import { confirmedOrReturned } from './state/return-at-start.js';
import { stateAtStart } from './state/start-state.js';
import { CHECKPOINT_EVERY_MS, Store } from './state/store.js';
import { configFile as configFileIn } from './state/stored-config.js';
import { policyFile as policyFileIn } from './state/stored-policy.js';

export interface ZedagentOptions extends ServiceOptions {
  /** The boot that the clock's boottime belongs to; undefined: this machine's. */
  readonly bootId?: string;
  /** A listener on the network, with certificates on both sides. */
  readonly listen?: TlsListenOptions | undefined;
  /** Which interface has an address; undefined: this machine's. */
  readonly interfaceWith?: InterfaceWith;
}

export interface RunningZedagent extends RunningService {
  /** Where it listens on the network; undefined where it does not. */
  readonly tlsPort: number | undefined;
}

/** Starts zedagent on `<runDir>/zedagent.sock`, with the configuration and policy that were in force when it ended. */
export async function startZedagent(options: ZedagentOptions): Promise<RunningZedagent> {
  const { runDir, stateDir, logger, clock } = options;
  const bootId = options.bootId ?? (await readBootId());
  const now = (): Instant => instantOf(clock, bootId);
  const configFile = configFileIn(stateDir, logger);
  const policyFile = policyFileIn(stateDir, logger);
  const history = configHistory(stateDir, logger);
  const [readConfig, storedPolicy] = await Promise.all([configFile.read(), policyFile.read()]);
  const storedConfig = await confirmedOrReturned(readConfig, { configFile, history, now: now(), logger });
  const initial = stateAtStart(storedConfig, storedPolicy, now(), logger);
  const store = new Store({ configFile, history, policyFile, now, logger }, initial);
  // The ends of grants are this boot's from now on, and what ended while nobody looked has ended.
  const restored = initial.policy.grants.length > 0 || initial.policy.version !== storedPolicy?.policy?.version;
  if (storedPolicy !== undefined && restored) await store.checkpoint(CHECKPOINT_EVERY_MS);
  const server = await startServer({
    socketPath: `${runDir}/zedagent.sock`,
    services: [
      deviceConfigService(store, history, now, options.interfaceWith ?? interfaceWith),
      policyService(store, now),
    ],
    logger,
    admit: requireRole,
    tls: options.listen,
    errors: options.callErrors,
  });
  if (options.meters !== undefined) zedagentMetrics(options.meters, () => store.current, now);
  const grantKeeper = new GrantKeeper(store, clock);
  const confirmationKeeper = new ConfirmationKeeper({ store, history, clock, now, logger });
  return {
    tlsPort: server.tlsPort,
    reload: () => server.reload(),
    close: async () => {
      await server.close();
      await Promise.all([grantKeeper.close(), confirmationKeeper.close()]);
    },
  };
}
