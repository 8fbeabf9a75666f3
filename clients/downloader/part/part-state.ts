import type { Validator } from '../exchange/validator.js';

/** What is known of a part of a file, kept beside it as JSON so that a later process can go on. */
export interface PartState {
  readonly url: string;
  /** Hexadecimal; undefined: nobody said. */
  readonly sha256: string | undefined;
  readonly validator: Validator | undefined;
  readonly sizeBytes: number | undefined;
  /** So much was safely on the disk. */
  readonly offset: number;
  /**
   * The boot in which this was written: within it, all of the part's file counts, since only a crash of the machine
   * loses what was written.
   */
  readonly bootId: string;
}

const FORMAT = 1;

export function stateToText({ url, sha256, validator, sizeBytes, offset, bootId }: PartState): string {
  const fields = { format: FORMAT, url, sha256, validator, sizeBytes, offset, bootId };
  return `${JSON.stringify(fields, undefined, 2)}\n`;
}

/** Undefined where the text is no such state. */
export function stateFromText(text: string): PartState | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { format, url, sha256, validator, sizeBytes, offset, bootId } = value as Readonly<Record<string, unknown>>;
  if (format !== FORMAT || typeof url !== 'string' || typeof bootId !== 'string' || !isCount(offset)) return undefined;
  return {
    url,
    sha256: typeof sha256 === 'string' ? sha256 : undefined,
    validator: validatorFrom(validator),
    sizeBytes: isCount(sizeBytes) ? sizeBytes : undefined,
    offset,
    bootId,
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function validatorFrom(value: unknown): Validator | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, value: text } = value as Readonly<Record<string, unknown>>;
  return (kind === 'etag' || kind === 'last-modified') && typeof text === 'string' ? { kind, value: text } : undefined;
}
