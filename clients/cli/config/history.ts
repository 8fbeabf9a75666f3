import type { Command } from 'commander';
import { DeviceConfig } from '../../../gen/zedagent/v1/device_config.js';
import { table } from '../../render/table.js';
import { timeText } from '../../render/time.js';
import { messageToJson } from '../../terminal/json.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { print, printJson } from '../../terminal/output.js';
import { listVersions } from './in-force.js';

const HEAD = ['VERSION', 'SINCE', 'BY', 'WHAT CHANGED'];

/** The version in force, then the former ones that are kept. */
export function historyText(versions: readonly DeviceConfig[]): string {
  if (versions.length === 0) return 'No configuration has been pushed yet';
  return table(
    HEAD,
    versions.map(({ version, pushedAt, author, changes, reason, confirmation }, index) => [
      index === 0
        ? `${version} (${confirmation === undefined ? 'in force' : 'in force, not confirmed'})`
        : `${version}`,
      timeText(pushedAt),
      author,
      [reason, changes.join(', ')].filter((part) => part !== '').join('; '),
    ]),
  );
}

/** `config history` */
export async function history({ json }: { readonly json?: boolean }, command: Command): Promise<void> {
  const versions = await listVersions(connectionOptionsOf(command));
  if (json !== true) {
    print(historyText(versions));
    return;
  }
  const name = 'org.lfedge.eve.zedagent.v1.DeviceConfig';
  printJson(await Promise.all(versions.map((each) => messageToJson(name, DeviceConfig, each))));
}
