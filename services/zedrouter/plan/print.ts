import { untilText } from '../desired/sets.js';
import { markText } from '../../../lib/dataplane-layout/index.js';
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
      return [`  bridge add ${operation.bridge.name} ${operation.bridge.address}`];
    case 'bridge-change':
      return [`  bridge change ${operation.bridge.name} ${operation.before.address} to ${operation.bridge.address}`];
    case 'bridge-down':
      return [`  bridge down ${operation.name}`];
    case 'bridge-delete':
      return [`  bridge delete ${operation.name}`];
    case 'route-replace':
      return [`  ip route replace ${operation.route}`];
    case 'route-delete':
      return [`  ip route del ${operation.route}`];
    case 'rule-add':
      return [`  ip rule add ${operation.rule}`];
    case 'rule-delete':
      return [`  ip rule del ${operation.rule}`];
    case 'nft':
      return nftScript(operation.change, untilText)
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
    case 'flows-end':
      return [`  conntrack -D --mark ${markText(operation.mark)}/${markText(operation.mask)}`];
  }
}
