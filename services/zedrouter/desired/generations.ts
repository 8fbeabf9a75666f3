import type { PortFacts, Selection } from './inputs.js';

/** Conntrack zones are 16 bits; 0 is everybody's. */
const LAST_GENERATION = 0xffff;
const FIRST_GENERATION = 1;

/** What is remembered of a network instance between two looks. */
export interface FlowMemory {
  /** The last port it used, by logical label. Kept while it has none, because its flows may be there still. */
  readonly port: string | undefined;
  readonly generation: number;
}

export type FlowMemories = ReadonlyMap<string, FlowMemory>;

/** Flows that are to end. */
export type EndedFlows =
  | { readonly kind: 'of-instance-on-port'; readonly niId: string; readonly port: string }
  | { readonly kind: 'of-instance'; readonly niId: string }
  /** Every network instance has left this port. */
  | { readonly kind: 'on-port'; readonly port: string };

export interface FlowsStep {
  readonly memories: FlowMemories;
  readonly ended: readonly EndedFlows[];
}

/**
 * Which flows end with these selections. A network instance that leaves a port which still has link and address starts
 * a new generation: all of its flows are new with the next packet, and none is lost. Where the port is gone the kernel
 * has moved already, and the flows that began since are kept. With nowhere to go nothing ends, unless policy took the
 * port away.
 */
export function stepFlows(
  before: FlowMemories,
  niIds: readonly string[],
  selections: ReadonlyMap<string, Selection>,
  ports: ReadonlyMap<string, PortFacts>,
): FlowsStep {
  const memories = new Map<string, FlowMemory>();
  const left: { readonly niId: string; readonly port: string }[] = [];
  for (const niId of niIds) {
    const memory = before.get(niId) ?? { port: undefined, generation: FIRST_GENERATION };
    const next = stepInstance(memory, selections.get(niId), ports);
    memories.set(niId, next.memory);
    if (next.left !== undefined) left.push({ niId, port: next.left });
  }
  const gone = [...before.keys()].filter((niId) => !memories.has(niId));
  return {
    memories,
    ended: [...gone.map((niId) => ({ kind: 'of-instance', niId }) as const), ...joined(left, memories)],
  };
}

function stepInstance(
  memory: FlowMemory,
  selection: Selection | undefined,
  ports: ReadonlyMap<string, PortFacts>,
): { readonly memory: FlowMemory; readonly left?: string } {
  const inUse = selection?.armed[0];
  if (memory.port === undefined || memory.port === inUse) {
    return { memory: { port: inUse ?? memory.port, generation: memory.generation } };
  }
  const forbidden = selection !== undefined && !selection.permitted.includes(memory.port);
  if (inUse === undefined && !forbidden) return { memory };
  const generation = isUsable(ports.get(memory.port)) ? following(memory.generation) : memory.generation;
  return { memory: { port: inUse, generation }, left: memory.port };
}

/** One deletion by port where all have left it, because each deletion is a walk through the kernel's table. */
function joined(
  left: readonly { readonly niId: string; readonly port: string }[],
  memories: FlowMemories,
): readonly EndedFlows[] {
  const stillUsed = new Set([...memories.values()].map(({ port }) => port));
  const abandoned = new Set(left.map(({ port }) => port).filter((port) => !stillUsed.has(port)));
  return [
    ...[...abandoned].map((port) => ({ kind: 'on-port', port }) as const),
    ...left
      .filter(({ port }) => !abandoned.has(port))
      .map(({ niId, port }) => ({ kind: 'of-instance-on-port', niId, port }) as const),
  ];
}

function isUsable(port: PortFacts | undefined): boolean {
  return port?.link === 'up' && port.addresses.length > 0;
}

function following(generation: number): number {
  return generation >= LAST_GENERATION ? FIRST_GENERATION : generation + 1;
}
