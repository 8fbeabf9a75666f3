import { InvalidArgumentError, type Command } from 'commander';
import { action } from '../../terminal/action.js';

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
    .option('--json', 'print for programs; with --follow one value a line')
    .action(action(async () => (await import('./events.js')).events));
}
