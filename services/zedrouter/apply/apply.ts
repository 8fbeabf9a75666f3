import { CommandError, deleteFlowsByMark, writeSysctl, type TcpFlow } from 'iproute-exec';

import type { Bridge } from '../desired/dataplane.js';
import type { Operation, Phase, Plan } from '../plan/operations.js';
import type { Kernel } from './kernel.js';
import { ownerAlias } from './ownership.js';
import type { Poker } from './poker.js';
import { transact } from './transact.js';
import { isNameServiceOperation, type NameServiceQueue } from './name-service-queue.js';

/** An operation that the kernel, or a tool, refused. */
export interface Failure {
  readonly operation: Operation;
  readonly message: string;
}

export interface ApplyTarget {
  readonly kernel: Kernel;
  readonly nameServices: NameServiceQueue;
  readonly poker: Poker;
  /** Behind which apps may be told that their flows have ended. */
  readonly bridges: ReadonlyMap<string, Bridge>;
  /** CLOCK_BOOTTIME now. */
  readonly boottimeMs: () => number;
}

/**
 * Executes a plan, phase after phase. What fails is reported and does not stop what does not depend on it, with one
 * exception: where the nft transaction fails, nothing that would break the old path follows.
 * Answers all failures; none means that the kernel has acknowledged everything. Name services are changed beside it and tell
 * for themselves; apps whose flows have ended are poked beside it.
 */
export async function apply(plan: Plan, target: ApplyTarget): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  for (const phase of plan) {
    const failed = await runPhase(phase, target);
    failures.push(...failed);
    if (phase.name === 'switch' && failed.length > 0) break;
  }
  return failures;
}

async function runPhase({ operations }: Phase, target: ApplyTarget): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  target.nameServices.add(operations.filter(isNameServiceOperation));
  // What `ip` does goes out in one write, in order, before whatever else is in the phase.
  const commands = operations.flatMap((operation) => ipCommands(operation).map((command) => ({ operation, command })));
  if (commands.length > 0) {
    const results = await target.kernel.writer.run(commands.map(({ command }) => command));
    results.forEach((result, index) => {
      const operation = commands[index]?.operation;
      if (result.ok || operation === undefined || isAlreadySo(operation, result.error)) return;
      failures.push({ operation, message: result.error });
    });
  }
  for (const operation of operations) {
    try {
      await runOther(operation, target);
    } catch (error) {
      failures.push({ operation, message: messageOf(error) });
    }
  }
  return failures;
}

function ipCommands(operation: Operation): readonly (readonly string[])[] {
  switch (operation.kind) {
    case 'bridge-add':
      return addBridge(operation.bridge);
    case 'bridge-change':
      return changeBridge(operation.before, operation.bridge);
    case 'bridge-down':
      return [['link', 'set', 'dev', operation.name, 'down']];
    case 'bridge-delete':
      return [['link', 'del', operation.name]];
    case 'route-replace':
      return [['route', 'replace', ...operation.route.split(' ')]];
    case 'route-delete':
      return [['route', 'del', ...operation.route.split(' ')]];
    case 'rule-add':
      return [['rule', 'add', ...operation.rule.split(' ')]];
    case 'rule-delete':
      return [['rule', 'del', ...operation.rule.split(' ')]];
    case 'neighbour-warm':
      return [['neigh', 'replace', operation.address, 'dev', operation.interfaceName, 'use']];
    default:
      return [];
  }
}

function addBridge(bridge: Bridge): readonly (readonly string[])[] {
  const { name } = bridge;
  return [
    ['link', 'add', name, 'address', bridge.macAddress, 'mtu', String(bridge.mtu), 'type', 'bridge'],
    ['link', 'set', 'dev', name, 'alias', ownerAlias(bridge.niId)],
    ['addr', 'add', bridge.address, 'dev', name],
    ['link', 'set', 'dev', name, 'up'],
  ];
}

function changeBridge(before: Bridge, bridge: Bridge): readonly (readonly string[])[] {
  const { name } = bridge;
  const address =
    before.address === bridge.address
      ? []
      : [
          ...(before.address === '' ? [] : [['addr', 'del', before.address, 'dev', name]]),
          ['addr', 'add', bridge.address, 'dev', name],
        ];
  return [
    ['link', 'set', 'dev', name, 'alias', ownerAlias(bridge.niId)],
    ['link', 'set', 'dev', name, 'address', bridge.macAddress],
    ['link', 'set', 'dev', name, 'mtu', String(bridge.mtu)],
    ...address,
    ['link', 'set', 'dev', name, 'up'],
  ];
}

async function runOther(operation: Operation, { kernel, poker, bridges, boottimeMs }: ApplyTarget): Promise<void> {
  const place = kernel.namespace === undefined ? {} : { namespace: kernel.namespace };
  switch (operation.kind) {
    case 'sysctl':
      await writeSysctl(operation.path.split('/'), operation.value, place);
      return;
    case 'nft':
      await transact(kernel, operation.change, boottimeMs());
      return;
    case 'flows-end': {
      const { mark, mask } = operation;
      const flows: TcpFlow[] = [];
      await deleteFlowsByMark({ mark, mask, families: ['ipv4'], ...place, onTcpFlow: (flow) => flows.push(flow) });
      poker.flowsEnded({ mark, mask }, flows, bridges.values());
      return;
    }
    default:
      return;
  }
}

/** The kernel got there first: it takes routes away with a link that goes, for example. */
function isAlreadySo(operation: Operation, error: string): boolean {
  switch (operation.kind) {
    case 'route-delete':
    case 'rule-delete':
    case 'bridge-down':
    case 'bridge-delete':
      return /No such (process|file or directory|device)|Cannot find device/.test(error);
    case 'rule-add':
      return error.includes('File exists');
    default:
      return false;
  }
}

function messageOf(error: unknown): string {
  if (error instanceof CommandError) return error.message;
  return error instanceof Error ? error.message : String(error);
}
