import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';

import type { Command } from 'commander';

import { connectionOptionsOf } from '../../terminal/options.js';
import { print } from '../../terminal/output.js';
import { CommandProblem } from '../../terminal/problem.js';
import { interfacesNow } from '../machine/read-machine.js';
import { freeSubnet, startingConfiguration } from './starting-configuration.js';

/** `init` */
export async function init(file: string | undefined, _options: unknown, command: Command): Promise<void> {
  const interfaces = await interfacesNow(connectionOptionsOf(command).runDir);
  const uplinks = interfaces.flatMap(({ name, defaultRouteMetrics: [metric] }) =>
    metric === undefined ? [] : [{ name, metric }],
  );
  if (uplinks.length === 0) {
    throw new CommandProblem('No interface has a default route: bring an uplink up first. eve-uplink doctor says more');
  }
  const taken = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const inUse = (gateway: string): boolean => taken.some(({ address }) => sameSubnet(address, gateway));
  const ids = { device: randomUUID(), network: randomUUID(), networkInstance: randomUUID() };
  const text = startingConfiguration(uplinks, ids, freeSubnet(inUse));
  if (file === undefined) {
    print(text);
    return;
  }
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    throw new CommandProblem(`Cannot write ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  print(`${file} has ${uplinks.map(({ name }) => name).join(', ')}. Then: eve-uplink config push --dry-run ${file}`);
}

/** Whether two IPv4 addresses have the same first three bytes. */
function sameSubnet(one: string, other: string): boolean {
  const prefix = (address: string): string => address.split('.').slice(0, 3).join('.');
  return one.includes('.') && prefix(one) === prefix(other);
}
