import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import type { Policy } from '../../gen/zedagent/v1/policy.js';
import { interpretApps } from './apps.js';
import { interpretDownloadMaxCost, interpretPortTest } from './config-items.js';
import type { DeviceModel, Interpretation } from './model.js';
import { interpretNetworkInstances } from './network-instances.js';
import { interpretOperationPolicies } from './policies.js';
import { overrideNetworkInstances, overrideOperations, overridePorts } from './policy/apply.js';
import { grantOf } from './policy/grants.js';
import { checkPortMaps } from './port-maps.js';
import { interpretPorts } from './ports.js';
import { Problems } from './problems.js';

/** What lies over a configuration: an operator's overrides and grants. */
export type PolicyOver = Pick<Policy, 'overrides' | 'grants'>;

const nothingOver: PolicyOver = { overrides: [], grants: [] };

/**
 * What a configuration, and the policy over it, say about uplinks and network instances; or everything that is wrong with it,
 * each with the path of its field. Never throws. Whatever else an EdgeDevConfig holds is not looked at, and neither is an
 * override of something that the configuration does not have.
 */
export function interpret(config: EdgeDevConfig, { overrides, grants }: PolicyOver = nothingOver): Interpretation {
  const problems = new Problems();
  const ports = overridePorts(interpretPorts(config, problems), overrides);
  const networkInstances = overrideNetworkInstances(interpretNetworkInstances(config, problems), overrides);
  const { apps, portMapFields } = interpretApps(config, networkInstances, problems);
  const model: DeviceModel = {
    ports,
    networkInstances,
    apps,
    operationPriorities: overrideOperations(interpretOperationPolicies(config, problems), overrides),
    downloadMaxCost: interpretDownloadMaxCost(config, problems),
    portTest: interpretPortTest(config, problems),
    grants: grants.map(grantOf),
  };
  checkPortMaps(model, portMapFields, problems);
  return problems.list.length === 0 ? { kind: 'valid', model } : { kind: 'invalid', problems: problems.list };
}
