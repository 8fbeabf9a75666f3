import type { Command } from 'commander';

import { EvaluateResponse } from '../../../gen/nim/v1/network_interface_manager.js';
import type { UpdatePolicyRequest, UpdatePolicyResponse } from '../../../gen/zedagent/v1/policy.js';
import { call } from '../../../lib/rpc/index.js';
import type { ConnectionOptions } from '../../terminal/addresses.js';
import { ask, withConnection } from '../../connection/clients.js';
import { exitCodes } from '../../terminal/exit-codes.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { CommandProblem } from '../../terminal/problem.js';
import { print, printJson } from '../../terminal/output.js';
import { messageToJson } from '../../terminal/json.js';
import { canAsk, saysYes } from '../../terminal/question.js';
import { printable } from '../../render/table.js';
import { foresee, foreseenLines, type Foreseen } from '../foresight.js';
import { patchFrom, type PatchOptions } from './patch-options.js';

export interface SetOptions extends PatchOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly expectedVersion?: bigint;
  readonly author: string;
  readonly reason?: string;
  readonly json?: boolean;
}

/** `policy set`: tells what changes and what moves, then changes exactly that. */
export async function set(options: SetOptions, command: Command): Promise<void> {
  const patch = patchFrom(options);
  if (patch === undefined) {
    throw new CommandProblem(
      'Say what to change: --port, --port-operations, --operation or --network-instance (--help tells more)',
      exitCodes.usage,
    );
  }
  const { author, reason = '', expectedVersion } = options;
  const connection = connectionOptionsOf(command);
  const request = { patch, author, reason, expectedPolicyVersion: expectedVersion };
  const plan = await update(connection, { ...request, dryRun: true });
  const dryRun = options.dryRun === true;
  const foreseen =
    plan.changes.length === 0 ? undefined : await foresee(connection, { config: undefined, policy: patch });
  if (options.json !== true) print(planText(plan, foreseen));
  const apply = !dryRun && plan.changes.length > 0;
  if (apply && options.yes !== true && options.json !== true && canAsk() && !(await saysYes('Change it?'))) {
    throw new CommandProblem('Nothing was changed');
  }
  // What was shown lies over the version before: over another one it may mean something else.
  const expectedPolicyVersion = plan.policyVersion - 1n;
  const { policyVersion } = apply
    ? await update(connection, { ...request, expectedPolicyVersion, dryRun: false })
    : plan;
  if (options.json === true) {
    const whatIf = foreseen?.kind === 'known' ? foreseen.answer : undefined;
    printJson({
      policyVersion: policyVersion.toString(),
      changed: plan.changes.length > 0,
      dryRun,
      changes: plan.changes,
      evaluation:
        whatIf === undefined
          ? null
          : await messageToJson('org.lfedge.eve.nim.v1.EvaluateResponse', EvaluateResponse, whatIf),
    });
  } else if (apply) print(`Policy version ${policyVersion} is in force`);
  else if (dryRun && plan.changes.length > 0) print(`Valid; it would become policy version ${policyVersion}`);
}

function update(connection: ConnectionOptions, request: UpdatePolicyRequest): Promise<UpdatePolicyResponse> {
  return withConnection('policy', connection, (policy) =>
    ask(policy, (client, callOptions) => call(client, 'updatePolicy', request, callOptions)),
  );
}

function planText({ changes, policyVersion }: UpdatePolicyResponse, foreseen: Foreseen | undefined): string {
  if (foreseen === undefined) return `Nothing to change: policy version ${policyVersion} says so already`;
  return [...changes.map((change) => `~ ${change}`), ...foreseenLines(foreseen)].map(printable).join('\n');
}
