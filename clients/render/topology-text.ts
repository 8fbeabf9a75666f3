import type { PortStatus } from '../../gen/nim/v1/port_status.js';
import { networkInstancesOf, type NetworkInstanceView, type StatusView } from '../status-view/view.js';
import { noPortLabel } from './enum-labels.js';
import { gatewaysText, inOrder, portName, portState } from './port-tables.js';
import { printable, type TableOptions } from './table.js';

interface Branch {
  readonly text: string;
  readonly below: readonly Branch[];
}

/**
 * The way from the internet to each app as a tree: ports by priority, below each the network instances that leave by
 * it, as applied, and below these their apps. What has no port stands below a root of its own.
 */
export function topologyText(view: StatusView, { paint = (text) => text }: Pick<TableOptions, 'paint'> = {}): string {
  const ports = inOrder(view.ports);
  const instances = networkInstancesOf(view);
  const interfaces = new Set(ports.map(({ interface: name }) => name));
  const portless = instances.filter(({ applied }) => !interfaces.has(applied?.interfaceInUse ?? ''));
  const roots: readonly Branch[] = [
    {
      text: 'internet',
      below: ports.map((port) => ({
        text: portText(port, paint),
        below: instances
          .filter(({ applied }) => applied?.interfaceInUse === port.interface)
          .map((each) => instanceBranch(each, '')),
      })),
    },
    { text: 'no port', below: portless.map((each) => instanceBranch(each, whyNone(each))) },
  ];
  const lines = roots.filter(({ below }) => below.length > 0).flatMap(({ text, below }) => [text, ...linesOf(below)]);
  return [...lines, ...view.troubles.map(printable)].join('\n');
}

function linesOf(branches: readonly Branch[]): readonly string[] {
  return branches.flatMap(({ text, below }, position) => {
    const isLast = position === branches.length - 1;
    return [`${isLast ? '└─' : '├─'} ${text}`, ...linesOf(below).map((line) => `${isLast ? '  ' : '│ '} ${line}`)];
  });
}

function portText(port: PortStatus, paint: NonNullable<TableOptions['paint']>): string {
  const { priority, addresses } = port;
  const { text, kind } = portState(port);
  const facts = [
    `priority ${priority}`,
    ...addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
    ...(port.gateways.length > 0 ? [`via ${gatewaysText(port)}`] : []),
  ].join(', ');
  return `${printable(portName(port))}: ${paint(printable(text), kind)}, ${printable(facts)}`;
}

function instanceBranch({ name, applied }: NetworkInstanceView, why: string): Branch {
  const { bridge = '', bridgeAddress = '', appInterfaces = [], armedPorts = [], tunnel } = applied ?? {};
  const [, ...standby] = armedPorts;
  const facts = [
    ...(bridge === '' ? [] : [`${bridge} ${bridgeAddress}`]),
    ...(tunnel === undefined ? [] : [`tunnel ${tunnel.interface} ${tunnel.up ? 'up' : 'down'}`]),
    ...(standby.length === 0 ? [] : [`then ${standby.join(', ')}`]),
    ...(why === '' ? [] : [why]),
  ];
  return {
    text: printable([name, ...(facts.length === 0 ? [] : [facts.join(', ')])].join(': ')),
    below: appInterfaces.map(({ appName, appId, address }) => ({
      text: printable([appName === '' ? appId : appName, address].filter((part) => part !== '').join(' ')),
      below: [],
    })),
  };
}

function whyNone({ selection, applied }: NetworkInstanceView): string {
  if (applied === undefined) return 'zedrouter says nothing of it';
  if (selection === undefined) return 'NIM says nothing of it';
  return selection.selectedPort === undefined ? noPortLabel(selection.noPortReason) : '';
}
