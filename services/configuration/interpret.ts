import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import { interpretApps } from './apps.js';
import { interpretDownloadMaxCost, interpretPortTest } from './config-items.js';
import type { DeviceModel, Interpretation } from './model.js';
import { interpretNetworkInstances } from './network-instances.js';
import { interpretOperationPolicies } from './policies.js';
import { checkPortMaps } from './port-maps.js';
import { interpretPorts } from './ports.js';
import { Problems } from './problems.js';

/**
 * What a configuration says about uplinks and network instances; or everything that is wrong with it, each with the path of
 * its field. Never throws. Whatever else an EdgeDevConfig holds is not looked at.
 */
export function interpret(config: EdgeDevConfig): Interpretation {
  const problems = new Problems();
  const ports = interpretPorts(config, problems);
  const networkInstances = interpretNetworkInstances(config, problems);
  const { apps, portMapFields } = interpretApps(config, networkInstances, problems);
  const model: DeviceModel = {
    ports,
    networkInstances,
    apps,
    operationPriorities: interpretOperationPolicies(config, problems),
    downloadMaxCost: interpretDownloadMaxCost(config, problems),
    portTest: interpretPortTest(config, problems),
  };
  checkPortMaps(model, portMapFields, problems);
  return problems.list.length === 0 ? { kind: 'valid', model } : { kind: 'invalid', problems: problems.list };
}
