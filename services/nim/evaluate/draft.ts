import { status } from '@grpc/grpc-js';

import type { EvaluateRequest } from '../../../gen/nim/v1/network_interface_manager.js';
import type { PolicyPatch } from '../../../gen/zedagent/v1/policy.js';
import {
  interpretSliced,
  patchOf,
  patchOverrides,
  Problems,
  requestedChanges,
  underPolicy,
  withoutOrphans,
  withRouteSelections,
  type DeviceModel,
  type Grant,
  type Problem,
} from '../../../lib/configuration/index.js';
import type { Sliced } from '../../../lib/slices/index.js';
import { RpcError } from '../../../lib/rpc/index.js';
import type { ConfigurationInForce } from '../publish/index.js';
import { assumedGrants } from './assumed-grants.js';
import { assumedPorts, type AssumedState } from './assumed-ports.js';

/** What is to be thought through. */
export interface Draft {
  readonly model: ConfigurationInForce['model'];
  /** By label. */
  readonly ports: ReadonlyMap<string, AssumedState>;
  /** Overrides and grants that the draft configuration would leave nothing of, in words. */
  readonly dropped: readonly string[];
}

/**
 * What a request asks to think through, laid over what is in force.
 * @throws RpcError with every problem of the request
 */
export function* draftOf(request: EvaluateRequest, inForce: ConfigurationInForce): Sliced<Draft> {
  const { config = inForce.source.config, policy = patchOf({}), grants, ports } = request;
  const interpretation = yield* interpretSliced(config);
  const problems = new Problems();
  if (interpretation.kind === 'invalid') {
    addAll(problems, 'config', interpretation.problems);
    // What else is wrong can be said as well, but for names: those that the configuration was to have are not known.
    const asNamed = whatever(request);
    const ofPolicy = new Problems();
    requestedChanges(policy, asNamed, ofPolicy);
    addAll(problems, 'policy', ofPolicy.list);
    assumedGrants(grants, asNamed, problems);
    assumedPorts(ports, asNamed.ports, problems);
    throw invalid(problems.list);
  }
  const configured = interpretation.model;
  const { overrides, dropped } = patched(policy, configured, inForce, problems);
  const assumed = {
    grants: assumedGrants(grants, configured, problems),
    ports: assumedPorts(ports, configured.ports, problems),
  };
  if (problems.list.length > 0) throw invalid(problems.list);
  const clash = overrides.length === 0 ? interpretation : yield* interpretSliced(config, { overrides, grants: [] });
  if (clash.kind === 'invalid') {
    addAll(problems, 'config', clash.problems);
    throw invalid(problems.list);
  }
  const [kept, ended] = stillThere(inForce.model.grants, configured);
  return {
    model: withRouteSelections({
      ...underPolicy(configured, { overrides, grants: [] }),
      grants: [...kept, ...assumed.grants],
      controllerTarget: inForce.model.controllerTarget,
    }),
    ports: assumed.ports,
    dropped: [...dropped, ...ended],
  };
}

function patched(patch: PolicyPatch, configured: DeviceModel, { source }: ConfigurationInForce, problems: Problems) {
  const { overrides, changes: dropped } = withoutOrphans(source.overrides, configured);
  const found = new Problems();
  const origin = { author: '', reason: '', setAt: undefined, policyVersion: 0n };
  const after = patchOverrides(overrides, patch, configured, origin, found);
  addAll(problems, 'policy', found.list);
  return { overrides: [...after.overrides], dropped };
}

function stillThere(grants: readonly Grant[], { networkInstances }: DeviceModel): readonly [Grant[], string[]] {
  const isThere = ({ networkInstanceId }: Grant): boolean =>
    networkInstanceId === undefined || networkInstances.some(({ id }) => id === networkInstanceId);
  const ended = grants.filter((grant) => !isThere(grant));
  return [grants.filter(isThere), ended.map(({ id }) => `grant ${id} ends: its network instance is gone`)];
}

/** A device that has whatever the request names. */
function whatever({ policy, grants, ports }: EvaluateRequest) {
  const labels = [...(policy?.ports ?? []).map(({ logicalLabel }) => logicalLabel), ...ports.map(({ port }) => port)];
  const names = [
    ...(policy?.networkInstances ?? []).map(({ networkInstance }) => networkInstance),
    ...grants.map(({ networkInstance }) => networkInstance),
  ];
  return {
    ports: labels.map((label) => ({ label, interfaceName: label })),
    networkInstances: names.map((name) => ({ id: name, name })),
  };
}

function addAll(problems: Problems, prefix: string, found: readonly Problem[]): void {
  for (const { field, description } of found) problems.add(`${prefix}.${field}`, description);
}

function invalid(problems: readonly Problem[]): RpcError {
  return new RpcError(
    status.INVALID_ARGUMENT,
    problems.length === 1 ? 'the what-if has a problem' : `the what-if has ${problems.length} problems`,
    { reason: 'INVALID_WHAT_IF', violations: problems },
  );
}
