import { formatChange, formatLinkAddress, formatMark } from '../../../lib/netlink/index.js';
import type { Bridge } from '../desired/dataplane.js';
import type { Operation, Plan } from './operations.js';
import { nftScript } from './nft-script.js';

/** A plan as text: for the log at debug level and for tests. */
export function printPlan(plan: Plan): string {
  return plan
    .map(({ name, operations }) => [`${name}:`, ...operations.flatMap((operation) => printOperation(operation))])
    .flat()
    .join('\n');
}

function printOperation(operation: Operation): readonly string[] {
  switch (operation.kind) {
    case 'sysctl':
      return [`  sysctl ${operation.path} = ${operation.value}`];
    case 'bridge-add':
      return [`  bridge add ${operation.bridge.name} ${addressOf(operation.bridge)}`];
    case 'bridge-change':
      return [
        `  bridge change ${operation.bridge.name} ${addressOf(operation.before)} to ${addressOf(operation.bridge)}`,
      ];
    case 'bridge-down':
      return [`  bridge down ${operation.name}`];
    case 'bridge-delete':
      return [`  bridge delete ${operation.name}`];
    case 'route-replace':
    case 'route-delete':
    case 'rule-add':
    case 'rule-delete':
      return [`  ip ${formatChange(operation)}`];
    case 'egress-filter-replace':
    case 'egress-filter-delete':
      return [`  tc ${formatChange(operation)}`];
    case 'nft':
      return nftScript(operation.change, 0)
        .trimEnd()
        .split('\n')
        .map((line) => `  nft ${line}`);
    case 'name-service-start':
      return [`  dnsmasq start ${operation.bridge}`];
    case 'name-service-reload':
      return [`  dnsmasq reload ${operation.bridge}`];
    case 'name-service-stop':
      return [`  dnsmasq stop ${operation.bridge}`];
    case 'neighbour-warm':
      return [`  ip neigh replace ${operation.address} dev ${operation.interfaceName} use`];
    case 'refused-flows-end':
      return [`  conntrack -D of ${[...operation.changes.keys()].join(', ')}, where their access lists refuse it`];
    case 'untranslated-flows-end':
      return operation.destinations.map(
        ({ address, port }) => `  conntrack -D -p udp -d ${address} --dport ${port} --status UNSET`,
      );
    case 'flows-end':
      return [`  conntrack -D --mark ${formatMark(operation.mark)}/${formatMark(operation.mask)}`];
  }
}

function addressOf({ address }: Bridge): string {
  return address === undefined ? '' : formatLinkAddress(address);
}
