import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import type { DeviceConfig } from '../../../gen/zedagent/v1/device_config.js';
import { call } from '../../../lib/rpc/index.js';
import type { ConnectionOptions } from '../../terminal/addresses.js';
import { ask, withConnection } from '../../connection/clients.js';
import { CommandProblem } from '../../terminal/problem.js';

/** The configuration in force, or a former version; fails with NOT_FOUND where there is none. */
export async function getDeviceConfig(
  options: ConnectionOptions,
  version?: bigint,
): Promise<DeviceConfig & { readonly config: EdgeDevConfig }> {
  const { deviceConfig } = await withConnection('zedagent', options, (connection) =>
    ask(connection, (client, callOptions) =>
      call(client, 'getConfig', version === undefined ? {} : { version }, callOptions),
    ),
  );
  if (deviceConfig?.config === undefined) throw new CommandProblem('zedagent answered without a configuration');
  return { ...deviceConfig, config: deviceConfig.config };
}

/** The version in force and the former ones that are kept, newest first, without their content. */
export async function listVersions(options: ConnectionOptions): Promise<readonly DeviceConfig[]> {
  const { versions } = await withConnection('zedagent', options, (connection) =>
    ask(connection, (client, callOptions) => call(client, 'listConfigHistory', {}, callOptions)),
  );
  return versions;
}
