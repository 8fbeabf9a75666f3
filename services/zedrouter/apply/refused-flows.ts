import { FLOW_PORT_MASK, NFT_FAMILY, NFT_TABLE, portMark } from '../../../lib/dataplane-layout/index.js';
import { deleteFlows, elementKey, readNftTable, type ElementTypes, type TcpFlow } from '../../../lib/netlink/index.js';
import { hostSetNames } from '../desired/host-names.js';
import type { AccessInterface } from '../desired/access.js';
import { isRefused, type FlowSurroundings } from '../desired/refused-flows.js';
import type { Operation } from '../plan/operations.js';
import type { Kernel } from './kernel.js';

/**
 * Ends the flows that access lists do not allow any more, and no others; `onTcpFlow` hears of sessions among them.
 * @throws NetlinkError
 */
export async function deleteRefusedFlows(
  { changes, portLabels }: Extract<Operation, { readonly kind: 'refused-flows-end' }>,
  { namespace }: Pick<Kernel, 'namespace'>,
  boottimeMs: number,
  onTcpFlow: (flow: TcpFlow) => void,
): Promise<number> {
  const after = [...changes.values()].flatMap((change) => (change.after === undefined ? [] : [change.after]));
  const isNamed = namedAddresses(after, namespace, boottimeMs);
  const labelsByMark = new Map([...portLabels].map(([number, labels]) => [portMark(number), labels]));
  return deleteFlows(
    (flow) =>
      isRefused(flow, changes, {
        isNamed,
        labelsOf: (mark) => labelsByMark.get((mark & FLOW_PORT_MASK) >>> 0) ?? [],
      }),
    { namespace, onTcpFlow },
  );
}

/**
 * Whether DNS of a network instance, by its number, has given an address for a name that one of these lists matches, as
 * the kernel has it now. @throws NetlinkError
 */
export function namedAddresses(
  interfaces: Iterable<AccessInterface>,
  namespace: string | undefined,
  boottimeMs: number,
): FlowSurroundings['isNamed'] {
  const sets: Record<string, ElementTypes> = {};
  for (const { niNumber, list } of interfaces) {
    for (const { remoteName } of list) {
      if (remoteName === undefined) continue;
      for (const name of hostSetNames(niNumber, remoteName)) sets[name] = { key: ['ipv4_addr'] };
    }
  }
  if (Object.keys(sets).length === 0) return () => false;
  const { elements } = readNftTable({ family: NFT_FAMILY, table: NFT_TABLE, namespace, sets, boottimeMs });
  return (niNumber, name, address) =>
    hostSetNames(niNumber, name).some((set) => elements[set]?.has(elementKey([address])) === true);
}
