import { InvalidArgumentError, Option, type Command } from 'commander';
import { systemClock } from '../../../lib/clock/index.js';
import { action } from '../../terminal/action.js';
import { pointInTimeMs } from '../events/event-filter.js';

/** First and last moment of a month of UTC: `2026-11`. */
export function monthOf(text: string): { readonly sinceMs: number; readonly untilMs: number } {
  const [, year, month] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text) ?? [];
  if (year === undefined || month === undefined) throw new InvalidArgumentError('It is a year and a month: 2026-11.');
  const begins = (months: number): number => Date.UTC(Number(year), Number(month) - 1 + months);
  return { sinceMs: begins(0), untilMs: begins(1) };
}

/** `report`. */
export function addReportCommand(program: Command): void {
  program
    .command('report')
    .description('availability, outages, moves, bytes and cost, since the first of this month (UTC)')
    .addOption(
      new Option('--since <time>', 'how long ago (2h, 7d) or a date (2026-11-30T08:00:00Z), by the hour')
        .argParser((text) => pointInTimeMs(text, systemClock.wallMs()))
        .conflicts('month'),
    )
    .addOption(new Option('--month <month>', 'all of a month: 2026-11').argParser(monthOf))
    .addOption(new Option('--csv', 'print for spreadsheets').conflicts('json'))
    .option('--json', 'print for programs')
    .action(action(async () => (await import('./report.js')).report));
}
