import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';

import { reloadDnsmasq, runningDnsmasq, startDnsmasq, stopDnsmasq } from 'iproute-exec';

import type { NameService } from '../desired/dataplane.js';
import { nameServicePaths } from '../desired/name-service.js';

/**
 * Each name service's texts as they are on disk, for those whose dnsmasq runs. One that is configured and does not run
 * is missing from the answer, so it is started again.
 */
export async function observeNameServices(directory: string): Promise<ReadonlyMap<string, NameService>> {
  const services = new Map<string, NameService>();
  for (const bridge of await configuredBridges(directory)) {
    const paths = nameServicePaths(directory, bridge);
    const running = await runningDnsmasq(paths.pid);
    if (running?.confFile !== paths.config) continue;
    services.set(bridge, {
      config: await textOf(paths.config),
      dhcpHosts: await textOf(paths.dhcpHosts),
      hosts: await textOf(paths.hosts),
      servers: await textOf(paths.servers),
    });
  }
  return services;
}

/** The bridges that have a dnsmasq configuration in the directory, running or not. */
export async function configuredBridges(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter((name) => name.endsWith('.conf')).map((name) => name.slice(0, -'.conf'.length));
}

/** Starts a name service; one that runs already is stopped first, because dnsmasq reads its configuration once. */
export async function startNameService(
  directory: string,
  bridge: string,
  service: NameService,
  namespace: string | undefined,
): Promise<void> {
  const paths = nameServicePaths(directory, bridge);
  await stopDnsmasq(paths.pid);
  await writeTexts(directory, bridge, service);
  await writeWhole(paths.config, service.config);
  await startDnsmasq({
    confFile: paths.config,
    pidFile: paths.pid,
    ...(namespace === undefined ? {} : { namespace }),
  });
}

/** Replaces what dnsmasq re-reads, and tells it to. */
export async function reloadNameService(directory: string, bridge: string, service: NameService): Promise<void> {
  await writeTexts(directory, bridge, service);
  const paths = nameServicePaths(directory, bridge);
  if (!(await reloadDnsmasq(paths.pid))) throw new Error(`the dnsmasq of ${bridge} does not run`);
}

/** Stops a name service and removes its files. */
export async function stopNameService(directory: string, bridge: string): Promise<void> {
  const paths = nameServicePaths(directory, bridge);
  await stopDnsmasq(paths.pid);
  await Promise.all(Object.values(paths).map((path) => rm(path, { force: true })));
}

async function writeTexts(directory: string, bridge: string, service: NameService): Promise<void> {
  const paths = nameServicePaths(directory, bridge);
  await Promise.all([
    writeWhole(paths.dhcpHosts, service.dhcpHosts),
    writeWhole(paths.hosts, service.hosts),
    writeWhole(paths.servers, service.servers),
  ]);
}

/** Never half a file under the name that dnsmasq reads. */
async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o644 });
  await rename(`${path}.new`, path);
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
