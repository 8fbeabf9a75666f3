import { writeSysctl } from 'iproute-exec';

import {
  deleteFlowsByMark,
  deleteUntranslatedFlows,
  ERRNO,
  isAlreadySo,
  type KernelChange,
  type NetlinkError,
  type TcpFlow,
} from '../../../lib/netlink/index.js';

import type { Bridge } from '../desired/dataplane.js';
import type { Operation, Phase, Plan } from '../plan/operations.js';
import { sameBridgeAddress } from '../plan/plan.js';
import type { BridgeMembers } from './bridge-members.js';
import type { Kernel } from './kernel.js';
import { isForeign, ownerAlias } from './ownership.js';
import type { SessionChallenger } from './session-challenger.js';
import { deleteRefusedFlows } from './refused-flows.js';
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
  readonly challenger: SessionChallenger;
  /** Behind which apps may be told that their flows have ended. */
  readonly bridges: ReadonlyMap<string, Bridge>;
  /** Who was in a bridge that is made anew. */
  readonly members: BridgeMembers;
  /** CLOCK_BOOTTIME now. */
  readonly boottimeMs: () => number;
}

/**
 * Executes a plan, phase after phase. What fails is reported and does not stop what does not depend on it, with one
 * exception: where the nft transaction fails, nothing that would break the old path follows.
 * Answers all failures; none means that the kernel has acknowledged everything. Name services are changed beside it and
 * tell for themselves; apps whose flows have ended are challenged beside it.
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

async function runPhase({ operations: all }: Phase, target: ApplyTarget): Promise<readonly Failure[]> {
  const failures = [...takenBridges(all, target.kernel)];
  const operations = all.filter((operation) => !failures.some((failure) => failure.operation === operation));
  target.nameServices.add(operations.filter(isNameServiceOperation));
  // What rtnetlink does goes out at once, in order, before whatever else is in the phase.
  const steps = operations.flatMap((operation) =>
    changesOf(operation, target.members).map((change) => ({ operation, change })),
  );
  const errors = target.kernel.rtnetlink.apply(steps.map(({ change }) => change));
  for (const [position, { operation, change }] of steps.entries()) {
    const error = errors[position];
    if (error === undefined || isAlreadySo(change, error)) continue;
    failures.push({ operation, message: error.message });
    if (saysNoEgressFilters(change, error)) target.kernel.lacks.add('egress-filters');
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

/**
 * Whether the kernel has no such filters at all. That is told once, and not tried again: rules and ruleset keep what
 * they stand behind.
 */
function saysNoEgressFilters({ kind }: KernelChange, { errno }: NetlinkError): boolean {
  if (kind !== 'clsact-add' && kind !== 'egress-filter-replace') return false;
  return errno === ERRNO.noEntry || errno === ERRNO.notSupported;
}

/** Bridges that are not to be made, because somebody else's interface has the name: it is left as it is. */
function takenBridges(operations: readonly Operation[], kernel: Kernel): readonly Failure[] {
  const added = operations.flatMap((operation) => (operation.kind === 'bridge-add' ? [operation] : []));
  if (added.length === 0) return [];
  const links = new Map(kernel.rtnetlink.links().map((link) => [link.name, link]));
  return added.flatMap((operation) => {
    const { name, macAddress } = operation.bridge;
    const link = links.get(name);
    if (link === undefined || !isForeign(link, macAddress)) return [];
    return [{ operation, message: `an interface ${name} is there and is not ours` }];
  });
}

/** The changes of rtnetlink that an operation stands for, in order; none: it is done otherwise. */
function changesOf(operation: Operation, members: BridgeMembers): readonly KernelChange[] {
  switch (operation.kind) {
    case 'bridge-add':
      return addBridge(operation.bridge, members.orphansOf(operation.bridge.name));
    case 'bridge-change':
      return changeBridge(operation.before, operation.bridge, members.of(operation.bridge.name));
    case 'bridge-down':
      return [{ kind: 'link-set', name: operation.name, settings: { isUp: false } }];
    case 'bridge-delete':
      return [{ kind: 'link-delete', name: operation.name }];
    case 'neighbour-warm':
      return [{ kind: 'neighbour-resolve', dev: operation.interfaceName, address: operation.address }];
    case 'egress-filter-replace':
      return [{ kind: 'clsact-add', dev: operation.filter.dev }, operation];
    case 'egress-filter-delete':
    case 'route-replace':
    case 'route-delete':
    case 'rule-add':
    case 'rule-delete':
      return [operation];
    default:
      return [];
  }
}

function addBridge(
  { name, niId, macAddress, mtu, address, filtersMembers }: Bridge,
  orphans: readonly string[],
): readonly KernelChange[] {
  return [
    { kind: 'bridge-add', name, settings: { macAddress, mtu, filtersMembers } },
    { kind: 'link-set', name, settings: { alias: ownerAlias(niId) } },
    ...(address === undefined ? [] : [{ kind: 'address-add', dev: name, address } as const]),
    { kind: 'link-set', name, settings: { isUp: true } },
    ...orphans.map((orphan) => ({ kind: 'link-attach', name: orphan, bridge: name }) as const),
  ];
}

function changeBridge(before: Bridge, bridge: Bridge, members: readonly string[]): readonly KernelChange[] {
  const { name, niId, macAddress, mtu, address, filtersMembers } = bridge;
  const isSame = sameBridgeAddress(before, bridge);
  const changes: readonly KernelChange[] = [
    ...(isSame || before.address === undefined
      ? []
      : [{ kind: 'address-delete', dev: name, address: before.address } as const]),
    ...(isSame || address === undefined ? [] : [{ kind: 'address-add', dev: name, address } as const]),
  ];
  return [
    {
      kind: 'link-set',
      name,
      settings: {
        ...{ alias: ownerAlias(niId), mtu, filtersMembers },
        // The kernel forgets the neighbours of an interface that is given an address, the same one, too.
        ...(before.macAddress === macAddress ? {} : { macAddress }),
      },
    },
    ...changes,
    ...(before.returnsToSender || !bridge.returnsToSender ? [] : members.map(hairpinOn)),
    { kind: 'link-set', name, settings: { isUp: true } },
  ];
}

function hairpinOn(member: string): KernelChange {
  return { kind: 'link-set', name: member, settings: { isHairpin: true } };
}

async function runOther(operation: Operation, { kernel, challenger, bridges, boottimeMs }: ApplyTarget): Promise<void> {
  const place = kernel.namespace === undefined ? {} : { namespace: kernel.namespace };
  switch (operation.kind) {
    case 'sysctl':
      await writeSysctl(operation.path.split('/'), operation.value, place);
      return;
    case 'nft':
      await transact(kernel, operation.change, boottimeMs());
      return;
    case 'untranslated-flows-end': {
      const open = new Set(operation.destinations.map(({ address, port }) => `${address} ${port}`));
      await deleteUntranslatedFlows(
        ({ destination, destinationPort }) => open.has(`${destination} ${destinationPort}`),
        kernel.namespace,
      );
      return;
    }
    case 'refused-flows-end': {
      const flows: TcpFlow[] = [];
      await deleteRefusedFlows(operation, kernel, boottimeMs(), (flow) => flows.push(flow));
      challenger.sessionsEnded(flows, bridges.values());
      return;
    }
    case 'flows-end': {
      const { mark, mask } = operation;
      const flows: TcpFlow[] = [];
      const { namespace } = kernel;
      await deleteFlowsByMark({ mark, mask, family: 'ipv4', namespace }, (flow) => flows.push(flow));
      challenger.flowsEnded({ mark, mask }, flows, bridges.values());
      return;
    }
    default:
      return;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
