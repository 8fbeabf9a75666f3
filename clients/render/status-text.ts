import { wallMsOf } from '../../lib/configuration/index.js';
import { SelectionProof } from '../../gen/nim/v1/network_instance_test_status.js';
import { ApplyState } from '../../gen/zedrouter/v1/network_router.js';
import { networkInstancesOf, type NetworkInstanceView, type StatusView } from '../status-view/view.js';
import { configurationLines } from './configuration-lines.js';
import { drainLines } from './drain-lines.js';
import { differenceLines, inOrder, portTable, proxyLines, testErrorLines, testTable } from './port-tables.js';
import { isOnline, isUnknown, verdictLine } from './verdict-line.js';
import { obstacleLines } from './obstacle-lines.js';
import { printable, table, type Cell, type TableOptions } from './table.js';
import { durationText, sinceText } from './time.js';
import { tunnelLines } from './tunnel-lines.js';
import { applyLabel, causeLabel, noPortLabel } from './enum-labels.js';

const networkInstanceHead = ['NETWORK INSTANCE', 'PORT', 'STATE', 'FOR', 'THEN', 'APPS', 'WHY'];

/** How a status is shown. */
export interface StatusTextOptions extends TableOptions {
  /** What each port is tested by, too. */
  readonly tests?: boolean | undefined;
  /** What the verdict is of, where the view is a part of it. */
  readonly whole?: StatusView | undefined;
}

/** The port that carries the traffic now, by zedrouter's word; what NIM selected is another column. */
function portInUse({ applied }: NetworkInstanceView): string {
  if (applied === undefined) return '?';
  if (applied.interfaceInUse === '') return 'none';
  const [label = applied.interfaceInUse] = applied.armedPorts;
  return label === applied.interfaceInUse ? label : `${label} (${applied.interfaceInUse})`;
}

/** The port in use; what NIM selected beside it only where that is another. */
function portText(view: NetworkInstanceView): string {
  const inUse = portInUse(view);
  const wanted = view.selection?.selectedPort?.logicalLabel;
  if (wanted === undefined || view.applied === undefined) return wanted === undefined ? inUse : `?, ${wanted} selected`;
  return view.applied.interfaceInUse === view.selection?.selectedPort?.interface
    ? inUse
    : `${inUse}, ${wanted} selected`;
}

function why({ selection }: NetworkInstanceView): string {
  if (selection === undefined) return '';
  if (selection.selectedPort === undefined) return noPortLabel(selection.noPortReason);
  return [causeLabel(selection.cause), selection.causeDetail].filter((part) => part !== '').join(': ');
}

function networkInstanceRow(view: NetworkInstanceView, nowMs: number): readonly Cell[] {
  const apps = (view.applied?.appInterfaces ?? []).map(({ appName, appId }) => (appName === '' ? appId : appName));
  return [
    view.name,
    portText(view),
    { text: stateText(view), kind: isUnknown(view) ? 'doubt' : isOnline(view) ? 'good' : 'bad' },
    sinceText(view.selection?.selectedSince, nowMs),
    view.applied?.armedPorts.slice(1).join(' ') ?? '',
    [...new Set(apps)].join(' '),
    why(view),
  ];
}

/** Applied and obstructed: all is done that is ours to do, and apps may have no way out. */
function stateText({ applied, selection }: NetworkInstanceView): string {
  if (applied === undefined) return '?';
  const state = applyLabel(applied.state);
  if (applied.obstacles.length > 0) return `${state}, obstructed`;
  if (selection?.selectedPort === undefined || selection.verified) return state;
  return `${state}, ${isReachedOnly(selection) ? 'TCP connect only' : 'unverified'}`;
}

/** Connections to the target are accepted, which proves nothing of what is behind. */
function isReachedOnly(selection: NetworkInstanceView['selection']): boolean {
  return selection?.proof === SelectionProof.SELECTION_PROOF_CONNECTION;
}

function proofLines({ name, selection }: NetworkInstanceView): readonly string[] {
  if (!isReachedOnly(selection)) return [];
  const port = selection?.selectedPort?.logicalLabel ?? '';
  const why = 'connections are accepted, which anyone on the way can do; an https:// target would prove more';
  return [printable(`${name}: ${port} is reached by TCP connect only: ${why}`)];
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

function routeLines({ name, applied }: NetworkInstanceView): readonly string[] {
  return (applied?.staticRoutes ?? []).map(({ destination, gateway, armedPorts, problem }) => {
    const [inUse = 'an app', ...standby] = armedPorts;
    const way = [`by ${inUse}`, ...(gateway === '' ? [] : [`via ${gateway}`])].join(' ');
    const text =
      problem !== '' ? `rejected: ${problem}` : standby.length === 0 ? way : `${way}, standby ${standby.join(' ')}`;
    return printable(`${name}: to ${destination} ${text}`);
  });
}

function noticeLines({ name, applied }: NetworkInstanceView): readonly string[] {
  return (applied?.notices ?? []).map((notice) => printable(`${name}: ${notice}`));
}

/** That there is nothing can only be said where everybody has been asked; who has not is said below. */
function nothing({ troubles }: StatusView, words: string): string {
  return troubles.length === 0 ? words : '';
}

/**
 * The verdict; network instances with their apps and the port in use, as applied; ports; tests where asked for; then
 * flows that stay on former ports, errors, what the configuration says in vain, and services that do not answer.
 */
export function statusText(view: StatusView, nowMs: number, options: StatusTextOptions = {}): string {
  const ports = inOrder(view.ports);
  const networkInstances = networkInstancesOf(view);
  const sections = [
    verdictLine(options.whole ?? view) ?? '',
    networkInstances.length === 0
      ? nothing(view, 'No network instances')
      : table(
          networkInstanceHead,
          networkInstances.map((each) => networkInstanceRow(each, nowMs)),
          options,
        ),
    ports.length === 0 ? nothing(view, 'No ports') : portTable(ports, nowMs, options),
    options.tests === true && ports.length > 0 ? testTable(ports, nowMs, options) : '',
    networkInstances
      .flatMap(({ name, applied }) => [
        ...drainLines(name, applied?.drainingPorts ?? [], nowMs),
        ...(applied?.staticRoutes ?? []).flatMap(({ destination, drainingPorts }) =>
          drainLines(`${name} to ${destination}`, drainingPorts, nowMs),
        ),
      ])
      .join('\n'),
    [
      ...testErrorLines(ports),
      ...differenceLines(ports),
      ...proxyLines(ports),
      ...networkInstances.flatMap(proofLines),
      ...networkInstances.flatMap((each) => waitLines(each, nowMs)),
      ...networkInstances.flatMap(errorLines),
      ...networkInstances.flatMap(obstructionLines),
      ...networkInstances.flatMap(routeLines),
      ...networkInstances.flatMap(({ name, applied }) =>
        applied === undefined ? [] : tunnelLines(applied, nowMs).map((line) => printable(`${name}: ${line}`)),
      ),
      ...networkInstances.flatMap(noticeLines),
      ...configurationLines(view.configuration, nowMs),
      ...view.troubles,
    ].join('\n'),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}
