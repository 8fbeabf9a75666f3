import { ipv4Number } from '../ipv4/index.js';
import type { App, NetworkInstance } from './model.js';
import type { Problems } from './problems.js';

/**
 * Refuses more apps than a network instance has addresses for: the last ones would get none. `fieldOf`: where an
 * interface stands, by app and by interface of it.
 */
export function checkRoom(
  apps: readonly App[],
  instances: readonly NetworkInstance[],
  fieldOf: (app: number, index: number) => string,
  problems: Problems,
): void {
  const placed = new Map<string, { readonly address: string | undefined; readonly field: string }[]>();
  apps.forEach(({ active, interfaces }, app) => {
    if (!active) return;
    interfaces.forEach(({ networkInstanceId, address }, index) => {
      const there = placed.get(networkInstanceId) ?? [];
      there.push({ address, field: fieldOf(app, index) });
      placed.set(networkInstanceId, there);
    });
  });
  for (const { id, network } of instances) {
    const there = placed.get(id);
    if (network === undefined || there === undefined) continue;
    const first = ipv4Number(network.dhcpRange.first) ?? 0;
    const last = ipv4Number(network.dhcpRange.last) ?? 0;
    const fixed = there.flatMap(({ address }) => (address === undefined ? [] : [ipv4Number(address)]));
    const taken = new Set([...fixed, ipv4Number(network.gateway)].filter((each) => isWithin(each, first, last)));
    const room = Math.max(0, last - first + 1 - taken.size);
    const floating = there.filter(({ address }) => address === undefined);
    const [tooMany] = floating.slice(room);
    if (tooMany === undefined) continue;
    problems.add(
      tooMany.field,
      `no address is left: ${network.dhcpRange.first} to ${network.dhcpRange.last} has room for ${room} apps' interfaces without an address of their own, and there are ${floating.length}`,
    );
  }
}

function isWithin(address: number | undefined, first: number, last: number): boolean {
  return address !== undefined && address >= first && address <= last;
}
