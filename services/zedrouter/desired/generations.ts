import { routeSelectionOf, type NetworkInstance } from '../../../lib/configuration/index.js';
import type { Drain, PortFacts, Selection } from './inputs.js';
import { hasOwnRoutes, selectedRoutes } from './own-routes.js';
import { canStay, namedRouters, stayingVia, type StayingVia } from './staying.js';

/** Conntrack zones are 16 bits; 0 is everybody's. */
const LAST_GENERATION = 0xffff;
const FIRST_GENERATION = 1;

/** What is remembered of a network instance, or of a static route of it, between two looks. */
export interface FlowMemory {
  /** The last port it used, by logical label. Kept while it has none, because its flows may be there still. */
  readonly port: string | undefined;
  readonly generation: number;
  /** Ports that it has left and that carry flows of it still, by logical label. */
  readonly drains: ReadonlyMap<string, Drain>;
}

/** By UUID; of a static route by the id of its selection. */
export type FlowMemories = ReadonlyMap<string, FlowMemory>;

/** Flows that are to end. */
export type EndedFlows =
  | { readonly kind: 'of-instance-on-port'; readonly niId: string; readonly port: string }
  | { readonly kind: 'of-instance'; readonly niId: string }
  /** Every network instance has left this port. */
  | { readonly kind: 'on-port'; readonly port: string };

export interface FlowsDecision {
  readonly memories: FlowMemories;
  readonly ended: readonly EndedFlows[];
  /** Those whose drain has ended on a port that works: gone before their way is, they lose no packet. */
  readonly drained: readonly EndedFlows[];
}

/** What decides over flows. */
export interface FlowInputs {
  /** The network instances that there are, with how long flows may stay on a port that is left. */
  readonly instances: readonly FlowInstance[];
  readonly selections: ReadonlyMap<string, Selection>;
  readonly ports: ReadonlyMap<string, PortFacts>;
  /** How many flows are left on a port, where they have been counted since their drain began. */
  readonly flowsLeft: (niId: string, port: string) => number | undefined;
  /** CLOCK_BOOTTIME now. */
  readonly boottimeMs: number;
}

type FlowInstance = Pick<NetworkInstance, 'id' | 'drainMs' | 'network' | 'viaGateway' | 'staticRoutes'>;

/** Who has flows of its own: a network instance, or a static route of it, by the id of its selection. */
interface FlowOwner {
  readonly niId: string;
  readonly drainMs: number;
  /** Others' flows are in the same generation, which is not to end with these. */
  readonly sharesGeneration: boolean;
  /** How what stays on a port goes there. */
  readonly via: StayingVia;
}

function flowOwners(instance: FlowInstance): readonly FlowOwner[] {
  const { id: niId, drainMs, viaGateway } = instance;
  return [
    { niId, drainMs, sharesGeneration: hasOwnRoutes(instance), via: stayingVia(viaGateway) },
    ...selectedRoutes(instance).map(({ id, via }) => ({
      ...{ niId: id, drainMs, sharesGeneration: true },
      via: stayingVia(via.kind === 'gateway' ? via.address : undefined),
    })),
  ];
}

/** A port of a network instance, or of a static route of it. */
interface Left {
  readonly niId: string;
  readonly port: string;
}

/**
 * Which flows end with these selections.
 *
 * A network instance that leaves a port which is permitted, has link and address and does not fail its tests drains it:
 * established flows stay, new ones go the new way. A drain ends with its time, with its last flow, when the port is
 * used again (and then nothing moves), or when it is lost or forbidden.
 *
 * One that leaves another port that still has link and address starts a new generation: all of its flows are new with
 * the next packet, and none is lost. While other flows drain that would end those, too: then the old port's are deleted
 * alone. So they are where it has static routes, whose flows stay where they are. Each static route that is a selection
 * of its own leaves and drains ports as a network instance does. Where the port is gone the kernel has moved already,
 * and the flows that began since are kept. With nowhere to go nothing ends, unless policy took the port away.
 */
export function decideFlows(before: FlowMemories, inputs: FlowInputs): FlowsDecision {
  const memories = new Map<string, FlowMemory>();
  const left: Left[] = [];
  const drained: Left[] = [];
  const routers = namedRouters(inputs.instances);
  for (const { niId, drainMs, sharesGeneration, via } of inputs.instances.flatMap(flowOwners)) {
    const memory = before.get(niId) ?? { port: undefined, generation: FIRST_GENERATION, drains: new Map() };
    const selection = inputs.selections.get(niId);
    const stays = (port: string, selected: Selection): boolean => carries(port, selected, inputs.ports, via, routers);
    const drains = decideDrains(niId, memory.drains, selection, stays, inputs);
    const isDraining = sharesGeneration || drains.going.size > 0 || memory.drains.has(selection?.armed[0] ?? '');
    const next = decideInstance({ ...memory, drains: drains.going }, isDraining, selection, drainMs, stays, inputs);
    memories.set(niId, next.memory);
    if (next.left !== undefined) left.push({ niId, port: next.left });
    left.push(...drains.lost.map((port) => ({ niId, port })));
    drained.push(...drains.over.map((port) => ({ niId, port })));
  }
  // With a network instance go its static routes; what had a route that is gone goes on by the default one.
  const gone = [...before.keys()].filter((niId) => !memories.has(niId) && routeSelectionOf(niId) === undefined);
  return {
    memories,
    ended: [...gone.map((niId) => ({ kind: 'of-instance', niId }) as const), ...joined(left, memories)],
    drained: joined(drained, memories),
  };
}

/** Whether what is on a port may stay there, as this selection has it. */
type Stays = (port: string, selection: Selection) => boolean;

interface DrainsDecision {
  readonly going: ReadonlyMap<string, Drain>;
  /** Ports that have carried flows long enough, or carry none any more. */
  readonly over: readonly string[];
  /** Ports that carry nothing any more, or may not. */
  readonly lost: readonly string[];
}

function decideDrains(
  niId: string,
  drains: ReadonlyMap<string, Drain>,
  selection: Selection | undefined,
  stays: Stays,
  { boottimeMs, flowsLeft }: FlowInputs,
): DrainsDecision {
  // Not decided yet: fail static.
  if (drains.size === 0 || selection === undefined) return { going: drains, over: [], lost: [] };
  const going = new Map<string, Drain>();
  const over: string[] = [];
  const lost: string[] = [];
  for (const [port, drain] of drains) {
    if (port === selection.armed[0]) continue;
    if (!stays(port, selection)) lost.push(port);
    else if (drain.endsAtBoottimeMs <= boottimeMs) over.push(port);
    else if (flowsLeft(niId, port) !== 0) going.set(port, drain);
  }
  return { going, over, lost };
}

/** Whether what is on a port may stay there: it is permitted by policy itself, and works as far as anybody knows. */
function carries(
  port: string,
  selection: Selection,
  ports: ReadonlyMap<string, PortFacts>,
  via: StayingVia,
  routers: ReadonlySet<string>,
): boolean {
  const facts = ports.get(port);
  const isAllowed = selection.permitted.includes(port) && !selection.failing.has(port);
  return isAllowed && isUsable(facts) && canStay(via, facts, routers);
}

/** `isDraining`: a port that it has left, the one that comes into use among them, has flows that are to stay. */
function decideInstance(
  memory: FlowMemory,
  isDraining: boolean,
  selection: Selection | undefined,
  drainMs: number,
  stays: Stays,
  { ports, boottimeMs }: FlowInputs,
): { readonly memory: FlowMemory; readonly left?: string } {
  const inUse = selection?.armed[0];
  const { port, drains } = memory;
  if (port === undefined || port === inUse) return { memory: { ...memory, port: inUse ?? port } };
  const forbidden = selection !== undefined && !selection.permitted.includes(port);
  if (inUse === undefined && !forbidden) return { memory };
  if (drainMs > 0 && selection !== undefined && stays(port, selection)) {
    const drain = { endsAtBoottimeMs: boottimeMs + drainMs };
    return { memory: { ...memory, port: inUse, drains: new Map([...drains, [port, drain]]) } };
  }
  const generation = isUsable(ports.get(port)) && !isDraining ? following(memory.generation) : memory.generation;
  return { memory: { ...memory, port: inUse, generation }, left: port };
}

/** One deletion by port where all have left it, because each deletion is a walk through the kernel's table. */
function joined(left: readonly Left[], memories: FlowMemories): readonly EndedFlows[] {
  const stillUsed = new Set([...memories.values()].flatMap(({ port, drains }) => [port, ...drains.keys()]));
  const abandoned = new Set(left.map(({ port }) => port).filter((port) => !stillUsed.has(port)));
  return [
    ...[...abandoned].map((port) => ({ kind: 'on-port', port }) as const),
    ...left
      .filter(({ port }) => !abandoned.has(port))
      .map(({ niId, port }) => ({ kind: 'of-instance-on-port', niId, port }) as const),
  ];
}

function isUsable(port: PortFacts | undefined): port is PortFacts {
  return port?.link === 'up' && port.addresses.length > 0;
}

function following(generation: number): number {
  return generation >= LAST_GENERATION ? FIRST_GENERATION : generation + 1;
}
