import type { AccessFlow } from '../index.js';
import { NAMES, PLACES } from './cases.js';

interface Ace {
  readonly id?: number;
  readonly matches?: readonly { readonly type: string; readonly value?: string }[];
  readonly actions?: readonly { readonly drop?: boolean; readonly portmap?: boolean }[];
  readonly dir?: string;
}

const bits = (address: string): string =>
  address
    .split('.')
    .map((byte) => Number(byte).toString(2).padStart(8, '0'))
    .join('');

/**
 * What an access list says, read from the ACEs as they are written: another way to the same answer, that shares nothing
 * with the product's. Every entry must be one that the product takes.
 */
export function oracleVerdict(acls: readonly Record<string, unknown>[], flow: AccessFlow): string {
  for (const ace of acls as readonly Ace[]) {
    const [action] = ace.actions ?? [];
    const isPortMap = action?.portmap === true;
    if (isPortMap && (flow.direction === 'egress' || flow.portMap === undefined)) continue;
    if (!isPortMap && ace.dir !== undefined && ace.dir !== 'BOTH' && ace.dir.toLowerCase() !== flow.direction) continue;
    const all = (ace.matches ?? []).every(({ type, value = '' }) => {
      const port = (which: number | undefined): boolean => {
        const [from = '', to = from] = value.split(/[-:]/);
        return which !== undefined && which >= Number(from) && which <= Number(to);
      };
      switch (type) {
        case 'ip': {
          const [address = '', length = '32'] = value.split('/');
          if (address.includes(':')) return false;
          const wanted = bits(address).slice(0, Number(length));
          return bits(flow.remoteAddress).startsWith(wanted);
        }
        case 'host':
          return Object.entries(NAMES).some(
            ([name, address]) => address === flow.remoteAddress && `.${name}`.endsWith(`.${value.toLowerCase()}`),
          );
        case 'eidset':
          return ([PLACES.app, PLACES.neighbour, PLACES.staticHost] as readonly string[]).includes(flow.remoteAddress);
        case 'protocol':
          return (
            value === 'all' ||
            ['1', 'icmp', '6', 'tcp', '17', 'udp'].indexOf(value) >> 1 === [1, 6, 17].indexOf(flow.protocol)
          );
        case 'fport':
          return port(flow.remotePort);
        case 'lport':
          return port(isPortMap ? flow.portMap?.externalPort : flow.localPort);
        case 'adapter':
          return flow.direction === 'ingress' && flow.portLabels.includes(value);
        default:
          throw new Error(`the oracle knows no ${type}`);
      }
    });
    if (all) return `${action?.drop === true ? 'dropped' : 'allowed'} ${ace.id ?? 0}`;
  }
  return 'refused';
}
