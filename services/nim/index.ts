/*
 * NIM: observes the ports, tests what is behind them, decides which one serves each network instance and operation,
 * and publishes that. Here stand the entry and, in manager.ts, the loop; each step has a room (ARCHITECTURE.md, The
 * flow).
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { NetworkInterfaceManagerServiceService } from '../../gen/nim/v1/network_interface_manager.js';
import { readBootId } from '../../lib/clock/index.js';
import { KernelEvents, Rtnetlink } from '../../lib/netlink/index.js';
import {
  configurationRequest,
  startServer,
  untilSent,
  type RunningService,
  type ServiceOptions,
} from '../../lib/rpc/index.js';
import { bothOf, openAvailability } from './availability/index.js';
import { AuthorizationLists } from './authorize/authorization-lists.js';
import { portAuthorizationService } from './authorize/authorization-service.js';
import { followConfiguration } from './upstream/configuration-source.js';
import { readController, type ControllerOptions } from './probing/controller.js';
import { EventLog } from './events/index.js';
import { GrantEnds } from './decision-state/grant-ends.js';
import { Manager } from './manager.js';
import { MemoryFile } from './decision-state/memory-file.js';
import { nimMetrics } from './metrics/index.js';
import { LeaseServers, PortIdentities, PortObserver } from './observe/index.js';
import { PolicyEvents } from './events/policy-events.js';
import { Publisher } from './publish/index.js';
import { networkInterfaceManagerService } from './api/service.js';
import { controllerReach } from './unconfirmed/controller-reach.js';
import { ControllerWatch } from './unconfirmed/controller-watch.js';
import { giveUp } from './unconfirmed/give-up.js';
import { startTests } from './probing/start-tests.js';
import { readAppTraffic } from './probing/tester/index.js';

export type { ControllerOptions } from './probing/controller.js';

/** In `runDir`: the memory of decisions, and `dns/INTERFACE`, name servers of DHCP leases. In `stateDir`: events. */
export interface NimOptions extends ServiceOptions {
  /** Observe the ports of this named network namespace instead of our own. */
  readonly namespace?: string;
  /** Whom the controller's ping asks; undefined: nobody. */
  readonly controller?: ControllerOptions | undefined;
}

/** After a decision the processors are zedrouter's and the apps' for so long: a small device has two of them. */
const OTHERS_FIRST_MS = 5;

/**
 * Starts NIM: serves on `runDir/nim.sock` at once, follows zedagent's configuration on `runDir/zedagent.sock`, observes
 * the ports that it names, tests them, decides and publishes. Fails where the socket cannot be had, the kernel cannot
 * be asked (NetlinkError), or the controller's options make no sense.
 */
export async function startNim(options: NimOptions): Promise<RunningService> {
  const { runDir, stateDir, logger, clock, namespace, meters } = options;
  const controller = options.controller === undefined ? undefined : await readController(options.controller);
  await Promise.all([mkdir(runDir, { recursive: true }), mkdir(stateDir, { recursive: true })]);
  const events = await EventLog.open({ path: join(stateDir, 'events.jsonl'), clock, logger });
  const memoryFile = new MemoryFile({
    path: join(runDir, 'nim-memory.json'),
    bootId: await readBootId(),
    clock,
    logger,
  });
  const memory = await memoryFile.load();
  const testing = await startTests({
    ...{ stateDir, clock, logger, namespace, controller },
    onNews: () => {
      manager.onTestNews();
    },
    onNothingNew: () => {
      manager.onTestRepeated();
    },
    onVerdict: (verdict) => {
      events.append({ kind: 'port-test-changed', ...verdict });
    },
  });
  const { tests } = testing;
  const publisher = new Publisher(clock, testing.budgetOf);
  const availability = await openAvailability({
    ...{ stateDir, clock, logger, publisher },
    budgetOf: testing.budgetOf,
  });
  const instrumentation =
    meters === undefined
      ? availability.keeper
      : bothOf(nimMetrics(meters, { publisher, readTraffic: () => readAppTraffic(namespace) }), availability.keeper);
  const authorizationLists = new AuthorizationLists(publisher, clock);
  const nameServers: LeaseServers = new LeaseServers({
    directory: join(runDir, 'dns'),
    logger,
    onChange: () => {
      observer.onNameServers();
    },
  });
  const kernel = new Rtnetlink(namespace);
  const observer: PortObserver = new PortObserver({
    reader: kernel,
    nameServers,
    clock,
    logger,
    onReading: (reading) => {
      manager.onReading(reading);
    },
    untilTold,
  });
  const manager: Manager = new Manager({
    clock,
    logger,
    publisher,
    events,
    instrumentation,
    memory,
    tests,
    observe: (ports) => {
      observer.observe(ports);
    },
    untilTold,
    onMemory: (latest) => {
      memoryFile.save(latest);
    },
  });
  // Before anything is read, so that nothing is missed.
  const kernelEvents = new KernelEvents({
    objects: ['link', 'address', 'route'],
    namespace,
    onEvent: (event) => {
      identities.onKernelEvent(event);
      observer.onKernelEvent(event);
    },
    onLost: (error) => {
      logger.warn({ event: 'netlink-events-lost', err: error }, 'netlink socket lost events, resynchronizing');
      identities.onEventsLost();
      observer.onEventsLost();
    },
  });

  const server = await startServer({
    socketPath: join(runDir, 'nim.sock'),
    services: [
      {
        definition: NetworkInterfaceManagerServiceService,
        implementation: networkInterfaceManagerService({ publisher, events, clock, tests, availability }),
        limits: { evaluate: configurationRequest },
      },
      portAuthorizationService(publisher, authorizationLists),
    ],
    logger,
    errors: options.callErrors,
  });
  // Makes the directory of the leases' name servers: there are leases before there is a configuration.
  observer.readEverything();

  const identities = new PortIdentities(
    () => kernel.links(),
    (configuration) => {
      manager.onConfiguration(configuration);
    },
  );
  const policyEvents = new PolicyEvents(events);
  const grantEnds = new GrantEnds({
    clock,
    onConfiguration: (configuration, ended) => {
      identities.take({
        ...configuration,
        model: { ...configuration.model, controllerTarget: controller?.target },
      });
      policyEvents.recordEnds(ended);
    },
  });
  const zedagentAddress = `unix:${join(runDir, 'zedagent.sock')}`;
  const controllerWatch = new ControllerWatch({
    clock,
    reach: () => {
      const { published } = publisher;
      if (published === undefined) return undefined;
      const { version } = published.configuration;
      return { version, reach: controllerReach(published, clock.monotonicMs()) };
    },
    giveUp: (version, reason) => giveUp(zedagentAddress, version, reason, logger),
  });
  const stop = new AbortController();
  authorizationLists.follow(stop.signal);
  const following = followConfiguration({
    zedagentAddress,
    onConfiguration: (configuration, policyChanges) => {
      controllerWatch.take({ version: configuration.version, isUnconfirmed: configuration.isUnconfirmed === true });
      grantEnds.take(configuration);
      policyEvents.record(policyChanges);
    },
    signal: stop.signal,
    logger,
  });

  return {
    close: async () => {
      stop.abort();
      grantEnds.close();
      controllerWatch.close();
      manager.close();
      observer.close();
      nameServers.close();
      await Promise.all([server.close(), following, kernelEvents.close()]);
      await availability.keeper.close();
      await Promise.all([testing.close(), memoryFile.close(), events.close()]);
    },
  };
}

/** What a decision leads to has been told, and those who heard have acted. */
async function untilTold(): Promise<void> {
  await untilSent();
  await sleep(OTHERS_FIRST_MS);
}
