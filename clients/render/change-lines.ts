import { PortTestState } from '../../gen/evecommon/uplink.js';
import { PortLinkState, type PortStatus } from '../../gen/nim/v1/port_status.js';
import { networkInstancesOf, type NetworkInstanceView, type StatusView } from '../status-view/view.js';
import { printable } from './table.js';
import { applyLabel, causeLabel, linkLabel, noPortLabel, testLabel } from './enum-labels.js';

/** What of a port is worth a line. */
function portFacts(port: PortStatus): string {
  const addresses = port.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`);
  // Of a port that is well, the last error is history.
  const isWell =
    port.linkState === PortLinkState.PORT_LINK_STATE_UP && port.testState !== PortTestState.PORT_TEST_STATE_FAILING;
  const error = isWell ? '' : port.lastError;
  const parts = [linkLabel(port.linkState), addresses.join(' ') || 'no address', testLabel(port.testState), error];
  return parts.filter((part) => part !== '').join(', ');
}

/** What of a network instance is worth a line. */
function networkInstanceFacts({ selection, applied }: NetworkInstanceView): string {
  const parts: string[] = [];
  if (applied !== undefined) {
    parts.push(`${applyLabel(applied.state)} ${applied.armedPorts.join(' > ') || 'no port'}`, ...applied.errors);
  }
  if (selection !== undefined) {
    const { selectedPort, noPortReason, cause, causeDetail, failoverWait } = selection;
    parts.push(`selected ${selectedPort?.logicalLabel ?? `none: ${noPortLabel(noPortReason)}`}`);
    parts.push([causeLabel(cause), causeDetail].filter((part) => part !== '').join(': '));
    if (failoverWait !== undefined) parts.push('does not work, and is kept for failover_hold');
  }
  return parts.filter((part) => part !== '').join(', ');
}

function factsOf(view: StatusView): ReadonlyMap<string, string> {
  return new Map([
    ...view.ports.map((port) => [`port ${port.logicalLabel}`, portFacts(port)] as const),
    ...networkInstancesOf(view).map((each) => [`network instance ${each.name}`, networkInstanceFacts(each)] as const),
  ]);
}

/** One line for each port and network instance that changed between two views, then troubles that are new or over. */
export function changeLines(before: StatusView, after: StatusView): readonly string[] {
  const old = factsOf(before);
  const now = factsOf(after);
  return [
    ...[...now].filter(([name, facts]) => old.get(name) !== facts).map(([name, facts]) => `${name}: ${facts}`),
    ...[...old.keys()].filter((name) => !now.has(name)).map((name) => `${name}: gone`),
    ...after.troubles.filter((trouble) => !before.troubles.includes(trouble)),
    ...before.troubles.filter((trouble) => !after.troubles.includes(trouble)).map((trouble) => `over: ${trouble}`),
  ].map(printable);
}
