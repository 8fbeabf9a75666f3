import { InvalidArgumentError, type Command } from 'commander';
import { systemClock } from '../../../lib/clock/index.js';
import { action } from '../../terminal/action.js';
import { pointInTimeMs } from './event-filter.js';

const DEFAULT_LIMIT = 50;

function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is a whole number; 0 means all that are kept.');
  return Number(text);
}

/** `events`. */
export function addEventsCommand(program: Command): void {
  program
    .command('events')
    .description('what happened to ports, selections and the configuration')
    .option('-f, --follow', 'go on with events as they happen')
    .option('-n, --limit <count>', 'so many of the newest; 0 is all that are kept', count, DEFAULT_LIMIT)
    .option('--since <time>', 'how long ago (2h, 1d) or a date (2026-11-30T08:00:00Z)', (text) =>
      pointInTimeMs(text, systemClock.wallMs()),
    )
    .option('--port <port>', 'only of this port, by logical label or interface')
    .option('--ni <network-instance>', 'only of this network instance, by name or UUID; with --port, of either')
    .option('--json', 'print for programs; with --follow one value a line')
    .action(action(async () => (await import('./events.js')).events));
}
