import { causeLabel } from '../../render/enum-labels.js';
import { table, type TableOptions } from '../../render/table.js';
import { durationText } from '../../render/time.js';
import type { Cost, Downtime, InstanceFigures, ReportFigures } from './figures.js';

/** A report as people read it. */
export function reportText(figures: ReportFigures, options: TableOptions = {}): string {
  const { sinceMs, untilMs, ports, networkInstances, traffic } = figures;
  const hasCost = ports.some(({ cost }) => cost !== undefined);
  const costs = (cost: Cost | undefined): readonly string[] => (hasCost ? [costText(cost)] : []);
  const costHead = hasCost ? ['COST'] : [];
  const sections = [
    `${minuteText(sinceMs)} to ${minuteText(untilMs)} (UTC), ${durationText(untilMs - sinceMs)}`,
    ...(networkInstances.length === 0
      ? ['No network instances']
      : [
          table(
            ['NETWORK INSTANCE', 'ONLINE', 'OUTAGES', 'LONGEST', 'FOUND IN'],
            networkInstances.map((each) => [each.name, shareText(each.availability), ...downtimeCells(each)]),
            options,
          ),
          table(
            ['NETWORK INSTANCE', 'TIME ON PRIORITY', 'MOVES'],
            networkInstances.map((each) => [each.name, prioritiesText(each), movesText(each)]),
            options,
          ),
        ]),
    ports.length === 0
      ? 'No ports'
      : table(
          ['PORT', 'WORKED', 'OUTAGES', 'LONGEST', 'FOUND IN', 'UP', 'DOWN', 'TESTS', ...costHead],
          ports.map((each) => [
            ...[each.port, shareText(each.availability), ...downtimeCells(each)],
            ...[bytesText(each.upBytes), bytesText(each.downBytes), bytesText(each.testBytes), ...costs(each.cost)],
          ]),
          options,
        ),
    ...(traffic.length === 0
      ? []
      : [
          table(
            ['NETWORK INSTANCE', 'APP', 'PORT', 'UP', 'DOWN', ...costHead],
            traffic.map(({ networkInstance, app, port, upBytes, downBytes, cost }) => [
              ...[networkInstance, app, port, bytesText(upBytes), bytesText(downBytes), ...costs(cost)],
            ]),
            options,
          ),
        ]),
  ];
  return sections.join('\n\n');
}

function downtimeCells({ outages, longestMs, slowestDetectionMs }: Downtime): readonly string[] {
  if (outages === 0) return ['0', '', ''];
  return [`${outages}`, shortText(longestMs), slowestDetectionMs === undefined ? '' : shortText(slowestDetectionMs)];
}

function shortText(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : durationText(ms);
}

function prioritiesText({ priorities }: InstanceFigures): string {
  return priorities.map(({ priority, share }) => `${priority}: ${shareText(share)}`).join(', ');
}

function movesText({ moves }: InstanceFigures): string {
  const total = moves.reduce((sum, { count }) => sum + count, 0);
  return total === 0 ? '0' : `${total}: ${moves.map(({ cause, count }) => `${count} ${causeLabel(cause)}`).join(', ')}`;
}

/** To a hundredth of a percent, and never 100 % where it was not. */
function shareText(share: number | undefined): string {
  if (share === undefined) return '';
  const hundredths = share >= 1 ? 10_000 : Math.min(9_999, Math.round(share * 10_000));
  return `${hundredths / 100} %`;
}

const units = [
  ['TB', 1e12],
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
] as const;

/** In three digits or so: `1.23 GB`. */
export function bytesText(bytes: number): string {
  for (const [unit, size] of units) {
    if (bytes >= size) return `${Number((bytes / size).toPrecision(3))} ${unit}`;
  }
  return `${bytes} B`;
}

function costText(cost: Cost | undefined): string {
  return cost === undefined ? '' : `${cost.amount.toFixed(2)} ${cost.currency}`.trimEnd();
}

function minuteText(ms: number): string {
  return new Date(ms).toISOString().slice(0, '2026-11-30T08:00'.length).replace('T', ' ');
}
