import { destination, pino, stdTimeFunctions } from 'pino';

import type { LogEventName } from './log-events.js';

/** The fields of a line: its event by name, and whatever says more. An error goes by the name `err`. */
export interface LogFields {
  readonly event?: LogEventName;
  readonly [field: string]: unknown;
}

type Log = (fields: LogFields, message: string) => void;

/** What the services ask of a logger; a pino logger is one. */
export interface Logger {
  readonly trace: Log;
  readonly debug: Log;
  readonly info: Log;
  readonly warn: Log;
  readonly error: Log;
  readonly fatal: Log;
  isLevelEnabled(level: string): boolean;
  /** A logger that adds these fields to each line. */
  child(fields: Readonly<Record<string, unknown>>): Logger;
}

/** From the most to the least talkative; `silent` for tests. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export type LogLevel = (typeof logLevels)[number];

/** Whether a word names a log level. */
export function isLogLevel(word: string): word is LogLevel {
  return (logLevels as readonly string[]).includes(word);
}

/**
 * A logger that writes one JSON object a line to standard error, with `service`, the level in words and an ISO time.
 * It writes synchronously: a line that says why a process ends is never lost.
 */
export function createLogger(options: { readonly service: string; readonly level: LogLevel }): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ fd: 2, sync: true }),
  );
}
