import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import type { Policy } from '../../gen/zedagent/v1/policy.js';
import { atOnce, type Sliced } from '../slices/index.js';
import { interpretApps } from './apps.js';
import { interpretDownloadMaxCost, interpretPortTest } from './config-items.js';
import type { DeviceModel, Interpretation } from './model.js';
import { interpretNetworkInstances } from './network-instances.js';
import { interpretOperationPolicies } from './policies.js';
import { overrideNetworkInstances, overrideOperations, overridePorts } from './policy/apply.js';
import { grantOf } from './policy/grants.js';
import { checkPortMaps } from './port-maps.js';
import { interpretPorts } from './ports.js';
import { checkJsonForm } from './json-form.js';
import { checkSwitchPorts } from './switches.js';
import { Problems, TooManyProblemsError } from './problems.js';

/** What lies over a configuration: an operator's overrides and grants. */
export type PolicyOver = Pick<Policy, 'overrides' | 'grants'>;

/** Nobody reads more, and a configuration that is wrong throughout has hundreds of thousands. */
const MOST_PROBLEMS = 1_000;

const nothingOver: PolicyOver = { overrides: [], grants: [] };

/**
 * What a configuration, and the policy over it, say about uplinks and network instances; or everything that is wrong
 * with it, each with the path of its field. Never throws. Whatever else an EdgeDevConfig holds is not looked at.
 */
export function interpret(config: EdgeDevConfig, policy: PolicyOver = nothingOver): Interpretation {
  return atOnce(interpretSliced(config, policy));
}

/** The same with pauses: a large configuration takes some tenths of a second. */
export function* interpretSliced(config: EdgeDevConfig, policy: PolicyOver = nothingOver): Sliced<Interpretation> {
  const problems = new Problems(MOST_PROBLEMS);
  try {
    const model = yield* modelOf(config, policy, problems);
    return problems.list.length === 0 ? { kind: 'valid', model } : { kind: 'invalid', problems: problems.list };
  } catch (error) {
    if (!(error instanceof TooManyProblemsError)) throw error;
    const rest = { field: '', description: `and more: only the first ${MOST_PROBLEMS} are told` };
    return { kind: 'invalid', problems: [...problems.list, rest] };
  }
}

/**
 * What `interpret` makes of a configuration that is pushed: it must also have a form as text, so that it can be read
 * back.
 */
export function* interpretPushed(config: EdgeDevConfig): Sliced<Interpretation> {
  const interpretation = yield* interpretSliced(config);
  if (interpretation.kind === 'invalid') return interpretation;
  const problems = new Problems(MOST_PROBLEMS);
  try {
    yield* checkJsonForm(config, problems);
  } catch (error) {
    if (!(error instanceof TooManyProblemsError)) throw error;
  }
  return problems.list.length === 0 ? interpretation : { kind: 'invalid', problems: problems.list };
}

function* modelOf(config: EdgeDevConfig, policy: PolicyOver, problems: Problems): Sliced<DeviceModel> {
  const ports = interpretPorts(config, problems);
  const networkInstances = yield* interpretNetworkInstances(config, problems);
  const { apps, portMapFields } = yield* interpretApps(config, networkInstances, problems);
  const configured: DeviceModel = {
    ports,
    networkInstances,
    apps,
    operationPriorities: interpretOperationPolicies(config, problems),
    downloadMaxCost: interpretDownloadMaxCost(config, problems),
    portTest: interpretPortTest(config, problems),
    grants: [],
  };
  const model = underPolicy(configured, policy);
  // Labels follow priorities, so port maps may clash under a policy that do not without.
  yield* checkPortMaps(model, portMapFields, problems);
  checkSwitchPorts(model, problems);
  return model;
}

/**
 * A configuration's model with a policy over it, which zedagent has found to fit. Labels follow priorities; an override
 * of something that the configuration does not have is not looked at.
 */
export function underPolicy(model: DeviceModel, { overrides, grants }: PolicyOver): DeviceModel {
  if (overrides.length === 0 && grants.length === 0) return model;
  return {
    ...model,
    ports: overridePorts(model.ports, overrides),
    networkInstances: overrideNetworkInstances(model.networkInstances, overrides),
    operationPriorities: overrideOperations(model.operationPriorities, overrides),
    grants: grants.map(grantOf),
  };
}
