import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { NetworkOperation } from '../../gen/evecommon/uplink.js';
import { AuthorizationLists } from './authorize/authorization-lists.js';
import { DecidedDevice } from './testing/decided-device.js';

const { NETWORK_OPERATION_CONTROLLER: CONTROLLER } = NetworkOperation;

/** What a controller of some generation says of a port. */
interface PortSays {
  readonly freeUplink?: boolean;
  readonly adapterFreeUplink?: boolean;
  readonly cost?: number;
}

const networkInstance = (displayname: string, port: string) => ({
  uuidandversion: { uuid: '6ba7b810-9dad-41d1-80b4-00c04fd430c8', version: '1' },
  displayname,
  instType: 'ZnetInstLocal',
  activate: true,
  port: { name: port },
  ipType: 'IPV4',
  ip: { subnet: '10.77.0.0/24', gateway: '10.77.0.1' },
});

function deviceOf(ports: Readonly<Record<string, PortSays>>): object {
  return {
    deviceIoList: Object.entries(ports).map(([name, { freeUplink = false }]) => ({
      ...{ logicallabel: name, phyaddrs: { ifname: name }, usage: 'PhyIoUsageMgmtAndApps' },
      usagePolicy: { freeUplink },
    })),
    systemAdapterList: Object.entries(ports).map(([name, { cost = 0, adapterFreeUplink = false }]) => ({
      ...{ name, uplink: true, cost, freeUplink: adapterFreeUplink },
    })),
    networkInstances: [networkInstance('free', 'freeuplink')],
  };
}

/**
 * The controller's ports in groups of equal preference, `eth0 | sat0 wwan0`, and those that a network instance on
 * `freeuplink` may use.
 */
function orders(ports: Readonly<Record<string, PortSays>>) {
  const device = new DecidedDevice();
  device.decide(deviceOf(ports), Object.fromEntries(Object.keys(ports).map((name) => [name, 'up'])));
  const { publisher, clock } = device;
  const { published } = publisher;
  if (published === undefined) throw new Error('nothing is published');
  const lists = new AuthorizationLists(publisher, clock);
  const groups: string[][] = [];
  for (const { group, logicalLabel } of lists.list(CONTROLLER, published).ports) {
    (groups[group - 1] ??= []).push(logicalLabel);
  }
  const [free] = publisher.networkInstanceTestStatuses();
  return {
    management: groups.map((group) => group.join(' ')).join(' | '),
    free: (free?.candidates ?? [])
      .filter(({ rank }) => rank > 0)
      .map(({ logicalLabel }) => logicalLabel)
      .join(' '),
  };
}

/* Each generation by itself: authorization.test.ts. */
describe("EVE's first two generations of configuration, in any mixture, give the order that EVE gives", () => {
  it('to operations and to network instances', () => {
    const says = fc.record({
      freeUplink: fc.boolean(),
      adapterFreeUplink: fc.boolean(),
      cost: fc.constantFrom(0, 0, 1, 9, 255, 400),
    });
    const devices = fc.dictionary(fc.constantFrom('eth0', 'eth1', 'wwan0', 'wlan0', 'sat0'), says, { minKeys: 1 });
    fc.assert(
      fc.property(devices, (ports) => {
        const { management, free } = orders(ports);
        const order = eveOrder(ports);
        expect(management).toBe(order.map(({ names }) => names.join(' ')).join(' | '));
        expect(free).toBe((order.find(({ cost }) => cost === 0)?.names ?? []).join(' '));
      }),
      { numRuns: 200 },
    );
  });
});

/**
 * As EVE has it: costs are clamped; where any physical port says freeUplink, a port of no cost that is not free costs
 * 1.
 */
function eveOrder(
  ports: Readonly<Record<string, PortSays>>,
): readonly { readonly cost: number; readonly names: readonly string[] }[] {
  const oldController = Object.values(ports).some(({ freeUplink }) => freeUplink === true);
  const byCost = new Map<number, string[]>();
  for (const [name, { freeUplink, adapterFreeUplink, cost = 0 }] of Object.entries(ports)) {
    const free = freeUplink === true || adapterFreeUplink === true;
    const clamped = Math.min(cost, 255);
    const effective = clamped === 0 && oldController && !free ? 1 : clamped;
    byCost.set(effective, [...(byCost.get(effective) ?? []), name]);
  }
  return [...byCost].sort(([a], [b]) => a - b).map(([cost, names]) => ({ cost, names: names.sort() }));
}
