import { fstatSync } from 'node:fs';

import { destination, pino, stdTimeFunctions } from 'pino';

import type { LogEventName } from './log-events.js';

/** The fields of a line: its event by name, always, and whatever says more. An error goes by the name `err`. */
export interface LogFields {
  readonly event: LogEventName;
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

export interface LoggerOptions {
  readonly service: string;
  readonly level: LogLevel;
  /** Each line begins with its priority, as the journal understands it. */
  readonly priorities?: boolean;
}

/** A logger whose level can be changed while it is in use. */
export interface LevelledLogger extends Logger {
  setLevel(level: LogLevel): void;
}

/**
 * A logger that writes one JSON object a line to standard error, with `service`, the level in words and an ISO time.
 * It writes synchronously: a line that says why a process ends is never lost.
 */
export function createLogger(options: LoggerOptions): LevelledLogger {
  const lines = destination({ fd: 2, sync: true });
  const logger = pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.priorities === true ? withPriorities(lines) : lines,
  );
  return Object.assign(logger, {
    setLevel: (level: LogLevel) => {
      logger.level = level;
    },
  });
}

/** Whether standard error goes to the journal, which takes a line's priority from its beginning (sd-daemon(3)). */
export function isJournal(environment: NodeJS.ProcessEnv): boolean {
  const [device, inode] = (environment.JOURNAL_STREAM ?? '').split(':');
  const { dev, ino } = fstatSync(2);
  return device === String(dev) && inode === String(ino);
}

/** Syslog's number for a level of pino: `<3>` is an error, `<6>` information. */
function priorityOf(level: number): number {
  if (level >= 60) return 2;
  if (level >= 50) return 3;
  if (level >= 40) return 4;
  return level >= 30 ? 6 : 7;
}

/** Puts the priority before each line. pino tells a destination with this symbol the level of what it writes. */
function withPriorities(lines: { write(line: string): unknown }) {
  return {
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 0,
    write(line: string): void {
      lines.write(`<${priorityOf(this.lastLevel)}>${line}`);
    },
  };
}
