import {
  causes,
  type DecisionMemory,
  type Loss,
  type PortMemory,
  type SelectionCause,
  type SelectionMemory,
  type WorkMemory,
} from '../../../lib/decision/decide/index.js';

/** Raised when the meaning of the fields changes; another version is not read. */
const FORMAT_VERSION = 3;

export type ParsedMemory =
  | { readonly kind: 'memory'; readonly bootId: string; readonly memory: DecisionMemory }
  | { readonly kind: 'damaged'; readonly reason: string };

/** Memory as JSON text. */
export function formatMemory({ ports, selections }: DecisionMemory, bootId: string): string {
  const plainPorts = [...ports].map(([label, port]) => [label, { ...port, works: [...port.works] }]);
  return JSON.stringify({ formatVersion: FORMAT_VERSION, bootId, ports: plainPorts, selections: [...selections] });
}

/** Reads it back, whole or not at all. `nowMs`: monotonic; a time that is still to come is a sign of damage. */
export function parseMemory(text: string, nowMs: number): ParsedMemory {
  try {
    const root = recordOf(JSON.parse(text), 'file');
    if (root.formatVersion !== FORMAT_VERSION) throw new Error(`it is not of version ${FORMAT_VERSION}`);
    return {
      kind: 'memory',
      bootId: textOf(root.bootId, 'bootId'),
      memory: {
        ports: mapOf(root.ports, 'ports', (value, path) => portOf(value, path, nowMs)),
        selections: mapOf(root.selections, 'selections', (value, path) => selectionOf(value, path, nowMs)),
      },
    };
  } catch (error) {
    return { kind: 'damaged', reason: error instanceof Error ? error.message : String(error) };
  }
}

function portOf(value: unknown, path: string, nowMs: number): PortMemory {
  const port = recordOf(value, path);
  const index = port.interfaceIndex;
  if (index !== undefined && typeof index !== 'number') throw new Error(`${path}.interfaceIndex is no number`);
  return {
    usableSinceMs: optionalTimeOf(port.usableSinceMs, `${path}.usableSinceMs`, nowMs),
    interfaceIndex: index,
    addresses: listOf(port.addresses, `${path}.addresses`).map((one) => textOf(one, `${path}.addresses`)),
    gateway: port.gateway === undefined ? undefined : textOf(port.gateway, `${path}.gateway`),
    works: mapOf(port.works, `${path}.works`, (work, at) => workOf(work, at, nowMs)),
  };
}

function workOf(value: unknown, path: string, nowMs: number): WorkMemory {
  const work = recordOf(value, path);
  return {
    workingSinceMs: optionalTimeOf(work.workingSinceMs, `${path}.workingSinceMs`, nowMs),
    losses: listOf(work.losses, `${path}.losses`).map((one, position) =>
      lossOf(one, `${path}.losses[${position}]`, nowMs),
    ),
  };
}

function lossOf(value: unknown, path: string, nowMs: number): Loss {
  const loss = recordOf(value, path);
  return {
    lostMs: timeOf(loss.lostMs, `${path}.lostMs`, nowMs),
    backMs: optionalTimeOf(loss.backMs, `${path}.backMs`, nowMs),
  };
}

function selectionOf(value: unknown, path: string, nowMs: number): SelectionMemory {
  const selection = recordOf(value, path);
  const { port } = selection;
  return {
    port: port === undefined ? undefined : textOf(port, `${path}.port`),
    sinceMs: timeOf(selection.sinceMs, `${path}.sinceMs`, nowMs),
    cause: causeOf(selection.cause, `${path}.cause`),
    causeDetail: textOf(selection.causeDetail, `${path}.causeDetail`),
    eligible: listOf(selection.eligible, `${path}.eligible`).map((one) => textOf(one, `${path}.eligible`)),
    troubleSinceMs: optionalTimeOf(selection.troubleSinceMs, `${path}.troubleSinceMs`, nowMs),
    preferred: listOf(selection.preferred, `${path}.preferred`).map((one) => textOf(one, `${path}.preferred`)),
  };
}

function mapOf<T>(value: unknown, path: string, parse: (value: unknown, path: string) => T): ReadonlyMap<string, T> {
  return new Map(
    listOf(value, path).map((entry, position) => {
      const [key, content] = listOf(entry, `${path}[${position}]`);
      return [textOf(key, `${path}[${position}]`), parse(content, `${path}[${position}]`)];
    }),
  );
}

function recordOf(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${path} is no object`);
  return value as Readonly<Record<string, unknown>>;
}

function listOf(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${path} is no list`);
  return value as readonly unknown[];
}

function textOf(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new Error(`${path} is no text`);
  return value;
}

function timeOf(value: unknown, path: string, nowMs: number): number {
  if (typeof value !== 'number' || value < 0) throw new Error(`${path} is no time`);
  if (value > nowMs) throw new Error(`${path} is still to come`);
  return value;
}

function optionalTimeOf(value: unknown, path: string, nowMs: number): number | undefined {
  return value === undefined ? undefined : timeOf(value, path, nowMs);
}

function causeOf(value: unknown, path: string): SelectionCause {
  const cause = causes.find((one) => one === value);
  if (cause === undefined) throw new Error(`${path} is no cause`);
  return cause;
}
