import { causes, testStates, type SelectionCause } from '../../../lib/decision/decide/index.js';
import { failureKinds } from '../../../lib/decision/health/index.js';
import { policyChangeTypes, type ManagerEvent, type LoggedEvent } from './event.js';

/** An event as one line of JSON, without the line break. */
export function formatEvent({ sequence, wallMs, event }: LoggedEvent): string {
  const time = new Date(wallMs).toISOString();
  return JSON.stringify({ sequence, time, ...event }, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

/** Reads a line back; undefined where it is not one that `formatEvent` wrote. */
export function parseEvent(line: string): LoggedEvent | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null) return undefined;
  const fields = json as Readonly<Record<string, unknown>>;
  const { sequence, time } = fields;
  const wallMs = typeof time === 'string' ? Date.parse(time) : NaN;
  const event = parseFields(fields);
  if (!Number.isSafeInteger(sequence) || Number(sequence) < 1 || Number.isNaN(wallMs) || event === undefined) {
    return undefined;
  }
  return { sequence: Number(sequence), wallMs, event };
}

function parseFields(fields: Readonly<Record<string, unknown>>): ManagerEvent | undefined {
  switch (fields.kind) {
    case 'port-changed': {
      const { label, interfaceName, changes } = fields;
      if (!isText(label) || !isText(interfaceName) || !Array.isArray(changes)) return undefined;
      return { kind: 'port-changed', label, interfaceName, changes: changes.filter(isText) };
    }
    case 'selection-changed': {
      const { networkInstanceId, networkInstanceName, fromPort, toPort, cause, causeDetail } = fields;
      if (!isText(networkInstanceId) || !isText(networkInstanceName) || !isCause(cause) || !isText(causeDetail)) {
        return undefined;
      }
      return {
        kind: 'selection-changed',
        networkInstanceId,
        networkInstanceName,
        fromPort: isText(fromPort) ? fromPort : undefined,
        toPort: isText(toPort) ? toPort : undefined,
        cause,
        causeDetail,
      };
    }
    case 'port-test-changed': {
      const { label, interfaceName, targetKey, detail } = fields;
      const [from, to] = [fields.from, fields.to].map((state) => testStates.find((one) => one === state));
      if (!isText(label) || !isText(interfaceName) || !isText(targetKey) || !isText(detail)) return undefined;
      if (from === undefined || to === undefined) return undefined;
      const failure = failureKinds.find((one) => one === fields.failure);
      return { kind: 'port-test-changed', label, interfaceName, targetKey, from, to, failure, detail };
    }
    case 'configuration-changed': {
      const { version, author, changes, reason } = fields;
      if (!isVersion(version) || !isText(author)) return undefined;
      return {
        kind: 'configuration-changed',
        ...{ version: BigInt(version), author },
        ...(Array.isArray(changes) ? { changes: changes.filter(isText) } : {}),
        ...(isText(reason) ? { reason } : {}),
      };
    }
    case 'policy-changed': {
      const { policyVersion, change, author, reason, grantId, changes } = fields;
      const word = policyChangeTypes.find((one) => one === change);
      if (!isVersion(policyVersion) || word === undefined || !isText(author) || !isText(reason)) return undefined;
      return {
        kind: 'policy-changed',
        policyVersion: BigInt(policyVersion),
        change: word,
        author,
        reason,
        grantId: isText(grantId) ? grantId : undefined,
        changes: Array.isArray(changes) ? changes.filter(isText) : [],
      };
    }
    default:
      return undefined;
  }
}

function isVersion(value: unknown): value is string {
  return isText(value) && /^\d{1,20}$/.test(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isCause(value: unknown): value is SelectionCause {
  return causes.some((cause) => cause === value);
}
