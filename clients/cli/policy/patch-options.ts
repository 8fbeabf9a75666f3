import { InvalidArgumentError, type Command } from 'commander';

import type { NetworkInstancePatch, OperationPatch, PolicyPatch, PortPatch } from '../../../gen/zedagent/v1/policy.js';
import {
  networkInstancePriorities,
  operationPriorities,
  patchOf,
  portOperations,
  portPriority,
} from '../../../lib/configuration/index.js';
import { each, operationWord, priorityList } from '../../terminal/arguments.js';

/** Options that say what of the policy is to change; absent ones change nothing. */
export interface PatchOptions {
  readonly port?: readonly PortPatch[];
  readonly portOperations?: readonly PortPatch[];
  readonly operation?: readonly OperationPatch[];
  readonly networkInstance?: readonly NetworkInstancePatch[];
}

/** Adds the options of a policy patch. `default` takes an override back. */
export function addPatchOptions(command: Command): Command {
  return command
    .option(
      '--port <port=priority>',
      'priority of a port: wwan0=1; wwan0=default for what the configuration says',
      each(readPortPriority),
    )
    .option(
      '--port-operations <port=operations>',
      'what a port may be used for: sat0=controller,app-traffic, sat0=all or sat0=default',
      each(readPortOperations),
    )
    .option(
      '--operation <operation=priorities>',
      'which priorities an operation may use: app-image=0,2, app-image=none or app-image=default',
      each(readOperation),
    )
    .option(
      '--network-instance <name=priorities>',
      'which priorities a network instance may use: default=0-2, default=none or default=default',
      each(readNetworkInstance),
    );
}

/** The patch that the options make; undefined where there are none. */
export function patchFrom(options: PatchOptions): PolicyPatch | undefined {
  const ports = onePerPort([...(options.port ?? []), ...(options.portOperations ?? [])]);
  const operations = [...(options.operation ?? [])];
  const networkInstances = [...(options.networkInstance ?? [])];
  if (ports.length + operations.length + networkInstances.length === 0) return undefined;
  return patchOf({ ports, operations, networkInstances });
}

/**
 * A port's priority and its operations are one part of a patch. The same thing twice stays two: zedagent refuses that.
 */
function onePerPort(patches: readonly PortPatch[]): PortPatch[] {
  const made: PortPatch[] = [];
  for (const patch of patches) {
    const at = made.findIndex(
      ({ logicalLabel, priorityChange, allowedOperationsChange }) =>
        logicalLabel === patch.logicalLabel &&
        (priorityChange === undefined || patch.priorityChange === undefined) &&
        (allowedOperationsChange === undefined || patch.allowedOperationsChange === undefined),
    );
    const known = made[at];
    if (known === undefined) made.push(patch);
    else {
      made[at] = {
        logicalLabel: patch.logicalLabel,
        priorityChange: known.priorityChange ?? patch.priorityChange,
        allowedOperationsChange: known.allowedOperationsChange ?? patch.allowedOperationsChange,
      };
    }
  }
  return made;
}

const TAKE_BACK = 'default';

function readPortPriority(text: string): PortPatch {
  const [label, value] = nameAndValue(text);
  if (value === TAKE_BACK) return portPriority(label, undefined);
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError(`"${value}" is no priority: a number, or ${TAKE_BACK}.`);
  return portPriority(label, Number(value));
}

function readPortOperations(text: string): PortPatch {
  const [label, value] = nameAndValue(text);
  if (value === TAKE_BACK) return portOperations(label, undefined);
  return portOperations(label, value === 'all' ? [] : value.split(',').map(operationWord));
}

function readOperation(text: string): OperationPatch {
  const [name, value] = nameAndValue(text);
  return operationPriorities(operationWord(name), prioritiesFrom(value));
}

function readNetworkInstance(text: string): NetworkInstancePatch {
  const [name, value] = nameAndValue(text);
  return networkInstancePriorities(name, prioritiesFrom(value));
}

function prioritiesFrom(value: string): readonly number[] | undefined {
  if (value === TAKE_BACK) return undefined;
  return value === 'none' ? [] : priorityList(value);
}

/** A name may hold `=`; what is said of it does not. */
function nameAndValue(text: string): readonly [string, string] {
  const at = text.lastIndexOf('=');
  if (at <= 0 || at === text.length - 1) throw new InvalidArgumentError(`"${text}" is not of the form NAME=VALUE.`);
  return [text.slice(0, at), text.slice(at + 1)];
}
