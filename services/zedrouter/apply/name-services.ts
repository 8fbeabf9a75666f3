import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';

import { readText, reloadDnsmasq, runningDnsmasq, startDnsmasq, stopDnsmasq } from 'iproute-exec';

import { systemClock } from '../../../lib/clock/index.js';
import type { NameService } from '../desired/dataplane.js';
import { isForwarder } from '../desired/forwarders.js';
import { nameServicePaths } from '../desired/name-service-files.js';
import { withoutStaleLeases } from './stale-leases.js';
import { writeWhole } from './write-whole.js';

/*
 * The files are on a tmpfs and short, so they are read and written synchronously: some 20 us each, where a turn through
 * the thread pool takes ten times as long. With hundreds of network instances others get their turn in between.
 */

/** So many are looked at in one turn of the event loop. */
const LOOKED_AT_ONCE = 10;

/**
 * Each name service's texts as they are on disk, for those whose dnsmasq runs. One that is configured and does not run
 * is missing from the answer, so it is started again.
 * @throws Error where no file can be opened now: none is started again for that
 */
export async function observeNameServices(directory: string): Promise<ReadonlyMap<string, NameService>> {
  const services = new Map<string, NameService>();
  const bridges = configuredBridges(directory);
  for (const [position, bridge] of bridges.entries()) {
    if (position > 0 && position % LOOKED_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    const paths = nameServicePaths(directory, bridge);
    const running = runningDnsmasq(paths.pid);
    // One that answers no names is to be replaced.
    if (running?.confFile !== paths.config || running.withoutNames) continue;
    services.set(bridge, {
      config: textOf(paths.config),
      dhcpHosts: textOf(paths.dhcpHosts),
      hosts: textOf(paths.hosts),
      servers: textOf(paths.servers),
    });
  }
  return services;
}

/** The bridges that have a dnsmasq configuration in the directory, running or not. */
export function configuredBridges(directory: string): readonly string[] {
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return names.filter((name) => name.endsWith('.conf')).map((name) => name.slice(0, -'.conf'.length));
}

/** The dnsmasq of a network instance, by its bridge. */
export interface WantedNameService {
  readonly bridge: string;
  readonly service: NameService;
}

/** Where its files are, and the network namespace that it runs in; undefined: the process's own. */
export interface NameServicePlace {
  readonly directory: string;
  readonly namespace: string | undefined;
}

/**
 * Starts a name service; one that runs already is stopped first, because dnsmasq reads its configuration once. Where
 * somebody else has port 53, apps get their addresses all the same, from one that answers no names. That one is left
 * alone for a while.
 * @throws Error where it does not run, or answers no names
 */
export async function startNameService(
  { bridge, service }: WantedNameService,
  { directory, namespace }: NameServicePlace,
): Promise<void> {
  const paths = nameServicePaths(directory, bridge);
  mkdirSync(directory, { recursive: true });
  if (textOf(paths.config) === service.config && isLeftAlone(paths.pid)) {
    writeFiles(directory, bridge, service);
    reloadDnsmasq(paths.pid);
    throw new Error(NAME_PORT_TAKEN);
  }
  await stopDnsmasq(paths.pid);
  writeFiles(directory, bridge, service);
  writeChanged(paths.config, service.config);
  // dnsmasq rewrites the file while it runs, and reads it when it starts.
  const leases = textOf(paths.leases);
  if (leases !== '') writeChanged(paths.leases, withoutStaleLeases(leases, service.dhcpHosts));
  const options = {
    confFile: paths.config,
    pidFile: paths.pid,
    ...(namespace === undefined ? {} : { namespace }),
    // A forwarder is asked again by those who have asked it.
    ...(isForwarder(bridge) ? {} : { askAgainMs: ASK_AGAIN_MS }),
  };
  try {
    await startDnsmasq(options);
  } catch (error) {
    if (!ADDRESS_IN_USE.test(String(error))) throw error;
    await startDnsmasq({ ...options, withoutNames: true });
    throw new Error(NAME_PORT_TAKEN, { cause: error });
  }
}

/**
 * What was asked over a port that has failed meanwhile is asked again after so long, then twice that and so on, by then
 * over the next port. Most resolvers of apps would wait for 5 s (resolv.conf(5)).
 */
const ASK_AGAIN_MS = 400;

const ADDRESS_IN_USE = /address already in use/i;

const NAME_PORT_TAKEN = 'address already in use: apps get their addresses, and no names are answered';

/** Whether somebody has left port 53 is looked at this seldom: addresses are not given out meanwhile. */
const LEFT_ALONE_MS = 10_000;

/** A dnsmasq that answers no names, and was started a moment ago. */
function isLeftAlone(pidFile: string): boolean {
  if (runningDnsmasq(pidFile)?.withoutNames !== true) return false;
  const startedAgoMs = systemClock.wallMs() - statSync(pidFile).mtimeMs;
  return startedAgoMs >= 0 && startedAgoMs < LEFT_ALONE_MS;
}

/**
 * Replaces what dnsmasq re-reads, and tells it to. Where a lease would keep an app from its address it is started anew,
 * because dnsmasq lets go of a lease no other way. @throws where none runs.
 */
export async function reloadNameService(wanted: WantedNameService, place: NameServicePlace): Promise<void> {
  const [{ bridge, service }, { directory }] = [wanted, place];
  const paths = nameServicePaths(directory, bridge);
  const leases = textOf(paths.leases);
  if (withoutStaleLeases(leases, service.dhcpHosts) !== leases) {
    await startNameService(wanted, place);
    return;
  }
  writeFiles(directory, bridge, service);
  if (!reloadDnsmasq(paths.pid)) throw new Error(`the dnsmasq of ${bridge} does not run`);
}

/** Stops a name service and removes its files. */
export async function stopNameService(directory: string, bridge: string): Promise<void> {
  const paths = nameServicePaths(directory, bridge);
  await stopDnsmasq(paths.pid);
  for (const path of Object.values(paths)) rmSync(path, { force: true });
}

function writeFiles(directory: string, bridge: string, service: NameService): void {
  const paths = nameServicePaths(directory, bridge);
  writeChanged(paths.dhcpHosts, service.dhcpHosts);
  writeChanged(paths.hosts, service.hosts);
  writeChanged(paths.servers, service.servers);
}

/** Nothing is written where it is as it should be: dnsmasq reads anew what has changed. */
function writeChanged(path: string, text: string): void {
  if (existsSync(path) && textOf(path) === text) return;
  writeWhole(path, text, 0o644);
}

function textOf(path: string): string {
  return readText(path) ?? '';
}
