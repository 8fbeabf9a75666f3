import { TestFailureKind } from '../../../gen/evecommon/uplink.js';

/** A time in which a port or a network instance had no way out that worked. Milliseconds of the wall clock. */
export interface Outage {
  readonly kind: 'port' | 'network-instance';
  /** Logical label, or UUID. */
  readonly id: string;
  /** Of a network instance; empty of a port. */
  readonly name: string;
  /** The last sign that it worked. */
  readonly beginMs: number;
  /** Undefined: it lasts. */
  readonly endMs: number | undefined;
  /** From the last sign until NIM had found out. */
  readonly detectionMs: number;
  /** In words. */
  readonly cause: string;
  readonly failure: TestFailureKind;
  /** Logical labels; empty: none. */
  readonly fromPort: string;
  readonly toPort: string;
}

/** The same outage has the same key, whether it lasts or has ended. */
export function outageKey({ kind, id, beginMs }: Outage): string {
  return `${kind} ${id} ${beginMs}`;
}

/** As one line of JSON, without the line break. */
export function formatOutage(outage: Outage): string {
  return JSON.stringify(outage);
}

/** Reads it back; undefined where it is none. */
export function outageIn(json: unknown): Outage | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const fields = json as Readonly<Record<string, unknown>>;
  const { kind, id, name, beginMs, endMs, detectionMs, cause, failure, fromPort, toPort } = fields;
  if (kind !== 'port' && kind !== 'network-instance') return undefined;
  if (!isText(id) || !isText(name) || !isText(cause) || !isText(fromPort) || !isText(toPort)) return undefined;
  if (!isNumber(beginMs) || !isNumber(detectionMs) || !isFailure(failure)) return undefined;
  if (endMs !== undefined && !isNumber(endMs)) return undefined;
  return { kind, id, name, beginMs, endMs, detectionMs, cause, failure, fromPort, toPort };
}

/** Reads a line back; undefined where it is none. */
export function parseOutage(line: string): Outage | undefined {
  try {
    return outageIn(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isFailure(value: unknown): value is TestFailureKind {
  return Object.values(TestFailureKind).some((each) => each === value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
