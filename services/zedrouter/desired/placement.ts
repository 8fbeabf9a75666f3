import { allowsEverything } from '../../../lib/acl/index.js';
import type { DeviceModel } from '../../../lib/configuration/index.js';
import { bridgeName } from '../../../lib/dataplane-layout/index.js';
import { routeKey, type Prefix, type Route } from '../../../lib/netlink/index.js';
import { lastPer } from '../../../lib/once/index.js';
import { type Bridge, type NameService } from './dataplane.js';
import { hostNameLines, remoteNames } from './host-names.js';
import type { Ids } from './inputs.js';
import { ipv4Text } from '../../../lib/ipv4/index.js';
import {
  appInterfaceKey,
  attachedInterfaces,
  localInstances,
  type AttachedInterface,
  type LocalInstance,
} from './local-instances.js';
import { madeOnceWithIds } from './made-once.js';
import { fixedFiles } from './name-service-files.js';
import { appTerms, noPortTerms, type AppTerms } from './port-terms.js';
import { subnetRoute } from './routes.js';

/** A local network instance and all of it that no switch changes. */
export interface Placement {
  readonly instance: LocalInstance;
  readonly number: number;
  readonly bridge: Bridge;
  readonly subnet: Prefix;
  readonly nameService: Omit<NameService, 'servers'>;
  readonly terms: AppTerms;
  /** The same where its ports have other terms. */
  readonly under: (terms: AppTerms) => Placement;
}

export interface Placements {
  readonly all: readonly Placement[];
  /** By name. */
  readonly bridges: ReadonlyMap<string, Bridge>;
  /** The way back to the apps, by `routeKey`. */
  readonly subnetRoutes: ReadonlyMap<string, Route>;
}

/**
 * Places every local network instance that has a number. Made once for each configuration: a switch need not do it
 * again.
 */
export const placements: (model: DeviceModel, ids: Ids, directory: string) => Placements = madeOnceWithIds(
  (model, ids, directory) => {
    const attachedByInstance = attachedInterfaces(model);
    const all = localInstances(model).flatMap((instance): readonly Placement[] => {
      const number = ids.networkInstances.get(instance.id);
      if (number === undefined) return [];
      const attached = attachedByInstance.get(instance.id) ?? [];
      const names = remoteNames(attached.map(({ appInterface }) => appInterface));
      const leased = attached.flatMap((each) => {
        const address = ids.appAddresses.get(appInterfaceKey(each));
        return address === undefined ? [] : [{ attached: each, address: ipv4Text(address) }];
      });
      const under = (terms: AppTerms): Placement => {
        const bridge = bridgeOf(instance, number, terms, attached);
        return {
          instance,
          number,
          bridge,
          subnet: { address: instance.network.subnet, length: instance.network.prefixLength },
          nameService: fixedFiles({
            instance,
            bridge: bridge.name,
            directory,
            leased,
            hostNameLines: hostNameLines(number, names),
            terms,
          }),
          terms,
          under,
        };
      };
      return [under(appTerms(instance, noPortTerms))];
    });
    return {
      all,
      bridges: bridgesOf(all),
      subnetRoutes: new Map(
        all.map(({ subnet, bridge }) => {
          const route = subnetRoute(subnet, bridge.name);
          return [routeKey(route), route];
        }),
      ),
    };
  },
);

/** The placements as the ports have it now. The same object as long as the terms are. */
export const placementsUnder: (base: Placements, terms: ReadonlyMap<string, AppTerms>) => Placements = lastPer(
  (base, terms) => {
    const all = base.all.map((placement) => placement.under(terms.get(placement.instance.id) ?? placement.terms));
    return { ...base, all, bridges: bridgesOf(all) };
  },
);

function bridgesOf(all: readonly Placement[]): ReadonlyMap<string, Bridge> {
  return new Map(all.map(({ bridge }) => [bridge.name, bridge]));
}

/** Whether the bridge shows the rules what it passes from app to app: only where a list could refuse any of it. */
export function filtersWithin(attached: readonly AttachedInterface[]): boolean {
  return attached.length > 1 && !attached.every(({ appInterface }) => allowsEverything(appInterface.accessList));
}

function bridgeOf(
  { id, network }: LocalInstance,
  number: number,
  { mtu }: AppTerms,
  attached: readonly AttachedInterface[],
): Bridge {
  return {
    name: bridgeName(number),
    niId: id,
    address: { address: network.gateway, prefixLength: network.prefixLength },
    macAddress: bridgeMacAddress(number),
    mtu,
    filtersMembers: filtersWithin(attached),
    returnsToSender: attached.some(({ appInterface }) => appInterface.portMaps.length > 0),
  };
}

/** EVE's prefix for bridges, and the number; fixed, because a bridge otherwise takes on the lowest of its members'. */
export function bridgeMacAddress(niNumber: number): string {
  const hex = niNumber.toString(16).padStart(4, '0');
  return `02:16:3e:06:${hex.slice(0, 2)}:${hex.slice(2)}`;
}
