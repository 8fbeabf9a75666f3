/*
 * zedrouter: reconciles the kernel with what NIM selected. `desired` and `plan` are pure, `apply` alone touches the
 * kernel, `upstream` follows the others, `status` and `api` tell. Here stand the entry and, in reconciler.ts, the
 * loop.
 */
import { isDeepStrictEqual } from 'node:util';

import type { NetworkInstanceStatus } from '../../gen/zedrouter/v1/network_router.js';
import { startServer, type RunningService, type ServiceOptions } from '../../lib/rpc/index.js';
import { openKernel } from './apply/kernel.js';
import { watchKernel } from './apply/kernel-watch.js';
import { ownKernel } from './apply/owner-lock.js';
import { dataplaneText } from './api/dataplane-text.js';
import { nameServiceDirectory } from './apply/directories.js';
import { zedrouterMetrics } from './metrics/metrics.js';
import { idsFile } from './ids/ids-file.js';
import { ObstacleWatch } from './obstacles/obstacle-watch.js';
import { accessExplanations, accessInterfacesOf, deniedAtInterfaces } from './status/access-explanations.js';
import { readDenials } from './apply/denials.js';
import { namedAddresses } from './apply/refused-flows.js';
import { followUpstream } from './upstream/follow-upstream.js';
import { Silence } from './upstream/silence.js';
import { portMapStatuses } from './status/port-map-status.js';
import { FormerSettings, formerSettingsPath } from './reconcile/former-settings.js';
import type { ReconcileReport } from './reconcile/report.js';
import { Reconciler } from './reconciler.js';
import { networkRouterService } from './api/service.js';
import { statusStore } from './status/status-store.js';
import { networkInstanceStatuses } from './status/status.js';
import { namesOf, openUsage, usageMeterOn, usagePeriodMessage } from './usage/index.js';

export { cleanUp } from './reconcile/clean-up.js';

/** In `runDir`: the files of dnsmasq, in a directory of their own. */
export interface ZedrouterOptions extends ServiceOptions {
  /** A named network namespace to work in; undefined: the process's own. */
  readonly namespace?: string;
}

/**
 * Starts zedrouter on `<runDir>/zedrouter.sock`; rejects where another one works on this network namespace. It adopts
 * what it finds in the kernel, and leaves everything in place when it ends: `cleanUp` is the only thing that takes it
 * away.
 */
export async function startZedrouter(options: ZedrouterOptions): Promise<RunningService> {
  const { namespace, runDir } = options;
  const owner = ownKernel({ namespace, socket: `${runDir}/zedrouter.sock` }, () => {
    options.logger.warn(
      { event: 'kernel-name-taken' },
      'another user holds the socket name that guards against a second zedrouter',
    );
  });
  try {
    const service = await startOwning(options);
    return {
      close: async () => {
        await service.close();
        owner.release();
      },
    };
  } catch (error) {
    owner.release();
    throw error;
  }
}

async function startOwning(options: ZedrouterOptions): Promise<RunningService> {
  const { runDir, stateDir, logger, clock, namespace, meters } = options;
  const ids = idsFile(stateDir, logger);
  const store = statusStore();
  let latest: ReconcileReport | undefined;
  const usage = await openUsage(stateDir, clock, logger);
  const usageMeter = await usageMeterOn({
    ...{ history: usage, clock, logger, namespace },
    names: () => (latest === undefined ? undefined : namesOf(latest, store.list())),
  });
  const denied = () => (latest === undefined ? [] : deniedAtInterfaces(latest, readDenials(namespace)));
  const server = await startServer({
    socketPath: `${runDir}/zedrouter.sock`,
    services: [
      networkRouterService(store, {
        portMaps: (niIds) => (latest === undefined ? [] : portMapStatuses(latest, niIds)),
        explainAccess: (request) => {
          if (latest === undefined) return undefined;
          const from = accessInterfacesOf(latest, request.app, request.interface);
          if (from.length === 0) return undefined;
          const isNamed = namedAddresses(from, namespace, clock.boottimeMs());
          return accessExplanations(latest, from, request, { isNamed, denials: readDenials(namespace) });
        },
        denied: () => new Map(denied().map((each) => [each.address, each.denied])),
        readDataplane: () => dataplaneText(namespace),
        usage: async function* (sinceMs, untilMs) {
          usageMeter.read();
          for await (const period of usage.read(sinceMs, untilMs)) yield usagePeriodMessage(period);
        },
      }),
    ],
    logger,
    errors: options.callErrors,
  });
  const kernel = openKernel(namespace);
  let isPending = false;
  /** As they were told last, without what is said of services that cannot be heard. */
  let statuses: ReadonlyMap<string, NetworkInstanceStatus> = new Map();
  const tellStatuses = (report: ReconcileReport): void => {
    statuses = networkInstanceStatuses(
      report,
      (id) => statuses.get(id),
      (bridge) => obstacles.of(bridge),
    );
    const told = new Map([...statuses].map(([id, status]) => [id, silence.addedTo(status)]));
    store.replaceAll(told, (status, revision) => ({ ...status, revision }));
  };
  const silence = new Silence(clock, () => {
    if (latest !== undefined && !isPending) tellStatuses(latest);
  });
  const obstacles = new ObstacleWatch({
    kernel,
    clock,
    logger,
    instances: () =>
      // A switch routes nothing, and has no address that anything could be asked of.
      store
        .list()
        .filter(({ bridgeAddress }) => bridgeAddress !== '')
        .map(({ bridge, interfaceInUse, tunnel }) => ({
          bridge,
          interfaceInUse: tunnel?.interface ?? (interfaceInUse === '' ? undefined : interfaceInUse),
        })),
    onChange: () => {
      // What is pending is told soon, and with it what stands in the way.
      if (latest !== undefined && !isPending) tellStatuses(latest);
    },
  });
  const reconciler = new Reconciler({
    kernel,
    clock,
    logger,
    ids: await ids.read(),
    keepIds: (kept) => ids.write(kept),
    nameServiceDirectory: nameServiceDirectory(runDir),
    formerSettings: new FormerSettings(formerSettingsPath(runDir), namespace),
    ...(meters === undefined ? {} : { instrumentation: zedrouterMetrics(meters, () => store.list(), denied) }),
    onReport: (report) => {
      const isNews = latest === undefined || !bringsNothingNew(latest, report);
      // What a pending report says is not in force yet.
      if (report.phase !== 'pending') latest = report;
      isPending = report.phase === 'pending';
      if (!isNews) return;
      tellStatuses(report);
    },
  });
  const watch = watchKernel(namespace, clock, (part) => {
    reconciler.kernelIsDirty(part);
  });
  usageMeter.start();
  const ending = new AbortController();
  const following = followUpstream({
    runDir,
    logger,
    signal: ending.signal,
    onNews: (news) => {
      reconciler.takeUpstream(news);
    },
    onState: (name, state, why) => {
      silence.note(name, state, why);
    },
  });
  return {
    close: async () => {
      ending.abort();
      silence.close();
      await following;
      await reconciler.close();
      watch.close();
      obstacles.close();
      await usageMeter.close();
      await server.close();
    },
  };
}

/** What is reported again once all is tidied up, or when the kernel was found to be as it should be. */
function bringsNothingNew(a: ReconcileReport, b: ReconcileReport): boolean {
  return (
    a.ids === b.ids &&
    a.inputs.config === b.inputs.config &&
    a.inputs.ports === b.inputs.ports &&
    a.inputs.selections === b.inputs.selections &&
    isDeepStrictEqual(a.draining, b.draining) &&
    a.phase !== 'pending' &&
    b.phase !== 'pending' &&
    a.isVerified === b.isVerified &&
    a.idsNotKept === b.idsNotKept &&
    a.filtersMembers === b.filtersMembers &&
    isDeepStrictEqual(a.tunnels, b.tunnels) &&
    isDeepStrictEqual(a.switches, b.switches) &&
    a.failures.length === 0 &&
    b.failures.length === 0
  );
}
