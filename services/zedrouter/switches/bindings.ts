import type { DesiredSwitch, SwitchApp } from '../desired/switches.js';

/** A member of a switch's bridge, by name and the kernel's index, and the app interface that it was found to be of. */
export interface Binding {
  readonly interfaceName: string;
  readonly index: number;
  readonly appKey: string;
}

/** An app's MAC address, seen to come from a member. */
export interface Sighting {
  readonly interfaceName: string;
  readonly macAddress: string;
}

/**
 * Which member is whose: by the MAC address that the configuration gives the app's interface. Whoever was first has it
 * as long as it stays; one that shows another's address later stays who it is. `members`: those of the switch's bridge
 * but for the way to its port.
 */
export function bind(
  { apps }: Pick<DesiredSwitch, 'apps'>,
  members: readonly { readonly name: string; readonly index: number }[],
  before: readonly Binding[],
  sightings: readonly Sighting[],
): readonly Binding[] {
  const byKey = new Map(apps.map((app) => [app.key, app]));
  const bindings: Binding[] = [];
  const [takenApps, takenMembers] = [new Set<string>(), new Set<string>()];
  const take = (binding: Binding): void => {
    if (takenApps.has(binding.appKey) || takenMembers.has(binding.interfaceName)) return;
    bindings.push(binding);
    takenApps.add(binding.appKey);
    takenMembers.add(binding.interfaceName);
  };
  for (const binding of before) {
    const isThere = members.some(({ name, index }) => name === binding.interfaceName && index === binding.index);
    if (isThere && byKey.has(binding.appKey)) take(binding);
  }
  for (const { interfaceName, macAddress } of sightings) {
    const member = members.find(({ name }) => name === interfaceName);
    const app = apps.find((each) => each.macAddress === macAddress);
    if (member !== undefined && app !== undefined) take({ interfaceName, index: member.index, appKey: app.key });
  }
  return bindings;
}

/** Members that show the address of an app which another member is. */
export function impostors(
  { apps }: Pick<DesiredSwitch, 'apps'>,
  bindings: readonly Binding[],
  sightings: readonly Sighting[],
): readonly { readonly interfaceName: string; readonly app: SwitchApp; readonly owner: string }[] {
  return sightings.flatMap(({ interfaceName, macAddress }) => {
    const app = apps.find((each) => each.macAddress === macAddress);
    const owner = bindings.find(({ appKey }) => appKey === app?.key)?.interfaceName;
    return app === undefined || owner === undefined || owner === interfaceName ? [] : [{ interfaceName, app, owner }];
  });
}
