import { wallMsOf } from '../../lib/configuration/index.js';
import { ApplyState } from '../../gen/zedrouter/v1/network_router.js';
import { networkInstancesOf, type NetworkInstanceView, type StatusView } from '../status-view/view.js';
import { configurationLines } from './configuration-lines.js';
import { drainLines } from './drain-lines.js';
import { differenceLines, portTable, testErrorLines, testTable } from './port-tables.js';
import { obstacleLines } from './obstacle-lines.js';
import { printable, table } from './table.js';
import { durationText, sinceText } from './time.js';
import { applyLabel, causeLabel, noPortLabel } from './enum-labels.js';

const networkInstanceHead = ['NETWORK INSTANCE', 'PORT IN USE', 'STATE', 'STANDBY', 'SELECTED', 'SINCE', 'WHY'];

/** The port that carries the traffic now, by zedrouter's word; what NIM selected is another column. */
function portInUse({ applied }: NetworkInstanceView): string {
  if (applied === undefined) return '?';
  if (applied.interfaceInUse === '') return 'none';
  const [label = applied.interfaceInUse] = applied.armedPorts;
  return label === applied.interfaceInUse ? label : `${label} (${applied.interfaceInUse})`;
}

function selected({ selection }: NetworkInstanceView): string {
  if (selection === undefined) return '?';
  const { selectedPort, noPortReason, verified } = selection;
  if (selectedPort === undefined) return `none: ${noPortLabel(noPortReason)}`;
  return verified ? selectedPort.logicalLabel : `${selectedPort.logicalLabel} (unverified)`;
}

function why({ selection }: NetworkInstanceView): string {
  if (selection === undefined) return '';
  return [causeLabel(selection.cause), selection.causeDetail].filter((part) => part !== '').join(': ');
}

function networkInstanceRow(view: NetworkInstanceView, nowMs: number): readonly string[] {
  return [
    view.name,
    portInUse(view),
    stateText(view),
    view.applied?.armedPorts.slice(1).join(' ') ?? '',
    selected(view),
    sinceText(view.selection?.selectedSince, nowMs),
    why(view),
  ];
}

/** Applied and obstructed: all is done that is ours to do, and apps may have no way out. */
function stateText({ applied }: NetworkInstanceView): string {
  if (applied === undefined) return '?';
  const state = applyLabel(applied.state);
  return applied.obstacles.length === 0 ? state : `${state}, obstructed`;
}

function errorLines({ name, applied }: NetworkInstanceView): readonly string[] {
  if (applied === undefined || (applied.state !== ApplyState.APPLY_STATE_ERROR && applied.errors.length === 0))
    return [];
  return applied.errors.map((error) => printable(`${name}: ${error}`));
}

function waitLines({ name, selection }: NetworkInstanceView, nowMs: number): readonly string[] {
  const wait = selection?.failoverWait;
  if (wait === undefined) return [];
  const left = durationText(wallMsOf(wait.until) - nowMs);
  const then = wait.toPort === '' ? 'gives its port up' : `moves to the costlier ${wait.toPort}`;
  return [printable(`${name}: waits ${left} more before it ${then}`)];
}

function obstructionLines({ name, applied }: NetworkInstanceView): readonly string[] {
  return obstacleLines(applied?.obstacles ?? []).map((line) => printable(`${name}: ${line}`));
}

function noticeLines({ name, applied }: NetworkInstanceView): readonly string[] {
  return (applied?.notices ?? []).map((notice) => printable(`${name}: ${notice}`));
}

/**
 * Ports and their tests, then network instances with the port in use as applied and flows that stay on former ports,
 * then errors, what the configuration says in vain, and services that do not answer.
 */
export function statusText(view: StatusView, nowMs: number): string {
  const ports = [...view.ports].sort((a, b) => a.priority - b.priority || a.logicalLabel.localeCompare(b.logicalLabel));
  const networkInstances = networkInstancesOf(view);
  const sections = [
    ports.length === 0 ? 'No ports' : portTable(ports),
    ports.length === 0 ? '' : testTable(ports, nowMs),
    networkInstances.length === 0
      ? 'No network instances'
      : table(
          networkInstanceHead,
          networkInstances.map((each) => networkInstanceRow(each, nowMs)),
        ),
    networkInstances.flatMap(({ name, applied }) => drainLines(name, applied?.drainingPorts ?? [], nowMs)).join('\n'),
    [
      ...testErrorLines(ports),
      ...differenceLines(ports),
      ...networkInstances.flatMap((each) => waitLines(each, nowMs)),
      ...networkInstances.flatMap(errorLines),
      ...networkInstances.flatMap(obstructionLines),
      ...networkInstances.flatMap(noticeLines),
      ...configurationLines(view.configuration, nowMs),
      ...view.troubles,
    ].join('\n'),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}
