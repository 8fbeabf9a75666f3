import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { NetworkOperation } from '../../gen/evecommon/uplink.js';
import { AuthorizationLists } from './authorization-lists.js';
import { DecidedDevice } from './testing/decided-device.js';

const { NETWORK_OPERATION_CONTROLLER: controller, NETWORK_OPERATION_APP_IMAGE_DOWNLOAD: appImage } = NetworkOperation;

/** What a controller of some generation says of a port. */
interface PortSays {
  readonly freeUplink?: boolean;
  readonly adapterFreeUplink?: boolean;
  readonly cost?: number;
  readonly fallBackPriority?: number;
}

const networkInstance = (displayname: string, position: number, port: string) => ({
  uuidandversion: { uuid: `6ba7b81${position}-9dad-41d1-80b4-00c04fd430c8`, version: '1' },
  displayname,
  instType: 'ZnetInstLocal',
  activate: true,
  port: { name: port },
  ipType: 'IPV4',
  ip: { subnet: `10.77.${position}.0/24`, gateway: `10.77.${position}.1` },
});

function deviceOf(ports: Readonly<Record<string, PortSays>>): object {
  return {
    deviceIoList: Object.entries(ports).map(([name, { freeUplink = false, fallBackPriority }]) => ({
      ...{ logicallabel: name, phyaddrs: { ifname: name }, usage: 'PhyIoUsageMgmtAndApps' },
      usagePolicy: { freeUplink, ...(fallBackPriority === undefined ? {} : { fallBackPriority }) },
    })),
    systemAdapterList: Object.entries(ports).map(([name, { cost = 0, adapterFreeUplink = false }]) => ({
      ...{ name, uplink: true, cost, freeUplink: adapterFreeUplink },
    })),
    networkInstances: [networkInstance('any', 0, 'uplink'), networkInstance('free', 1, 'freeuplink')],
  };
}

/** An operation's ports in groups of equal preference, and what the network instances may use: `eth0 | sat0 wwan0`. */
function orders(ports: Readonly<Record<string, PortSays>>) {
  const device = new DecidedDevice();
  device.decide(deviceOf(ports), Object.fromEntries(Object.keys(ports).map((name) => [name, 'up'])));
  const { publisher, clock } = device;
  const { published } = publisher;
  if (published === undefined) throw new Error('nothing is published');
  const lists = new AuthorizationLists(publisher, clock);
  const groupsOf = (operation: NetworkOperation): string => {
    const groups: string[][] = [];
    for (const { group, logicalLabel } of lists.list(operation, published).ports) {
      (groups[group - 1] ??= []).push(logicalLabel);
    }
    return groups.map((group) => group.join(' ')).join(' | ');
  };
  const [any, free] = publisher
    .networkInstanceTestStatuses()
    .map(({ candidates }) =>
      candidates.flatMap(({ rank, logicalLabel }) => (rank === 0 ? [] : [logicalLabel])).join(' '),
    );
  return { controller: groupsOf(controller), download: groupsOf(appImage), any, free };
}

describe("EVE's three generations of configuration give the order that EVE gives", () => {
  it.each<[string, Record<string, PortSays>, object]>([
    [
      'freeUplink only: free ports first, the others as equals',
      { wwan0: {}, eth0: { freeUplink: true }, sat0: {} },
      { controller: 'eth0 | sat0 wwan0', download: 'eth0', any: 'eth0 sat0 wwan0', free: 'eth0' },
    ],
    [
      'freeUplink said by the adapter, for which the physical port of another one shows the generation',
      { wwan0: {}, eth0: { freeUplink: true }, eth1: { adapterFreeUplink: true } },
      { controller: 'eth0 eth1 | wwan0', download: 'eth0 eth1', any: 'eth0 eth1 wwan0', free: 'eth0 eth1' },
    ],
    [
      'nothing said at all: all are free',
      { wwan0: {}, eth0: {}, sat0: {} },
      { controller: 'eth0 sat0 wwan0', download: 'eth0 sat0 wwan0', any: 'eth0 sat0 wwan0', free: 'eth0 sat0 wwan0' },
    ],
    [
      'cost',
      { wwan0: { cost: 10 }, eth0: { cost: 0 }, sat0: { cost: 300 } },
      { controller: 'eth0 | wwan0 | sat0', download: 'eth0', any: 'eth0 wwan0 sat0', free: 'eth0' },
    ],
    [
      'cost beside the freeUplink that is kept for older devices',
      { wwan0: { cost: 10 }, eth0: { freeUplink: true }, sat0: { cost: 20 } },
      { controller: 'eth0 | wwan0 | sat0', download: 'eth0', any: 'eth0 wwan0 sat0', free: 'eth0' },
    ],
    [
      'fallBackPriority, whatever the others say',
      {
        wwan0: { fallBackPriority: 1, cost: 0, freeUplink: true },
        eth0: { fallBackPriority: 0, cost: 7 },
        sat0: { fallBackPriority: 2 },
      },
      { controller: 'eth0 | wwan0 | sat0', download: 'eth0', any: 'eth0 wwan0 sat0', free: 'eth0' },
    ],
  ])('%s', (_what, ports, want) => {
    expect(orders(ports)).toEqual(want);
  });

  it('on any device of the first two', () => {
    const says = fc.record({
      freeUplink: fc.boolean(),
      adapterFreeUplink: fc.boolean(),
      cost: fc.constantFrom(0, 0, 1, 9, 255, 400),
    });
    const devices = fc.dictionary(fc.constantFrom('eth0', 'eth1', 'wwan0', 'wlan0', 'sat0'), says, { minKeys: 1 });
    fc.assert(
      fc.property(devices, (ports) => {
        expect(orders(ports).controller).toBe(eveOrder(ports));
      }),
      { numRuns: 200 },
    );
  });
});

/** As EVE has it: costs are clamped; where any physical port says freeUplink, a port of no cost that is not free costs 1. */
function eveOrder(ports: Readonly<Record<string, PortSays>>): string {
  const oldController = Object.values(ports).some(({ freeUplink }) => freeUplink === true);
  const byCost = new Map<number, string[]>();
  for (const [name, { freeUplink, adapterFreeUplink, cost = 0 }] of Object.entries(ports)) {
    const free = freeUplink === true || adapterFreeUplink === true;
    const clamped = Math.min(cost, 255);
    const effective = clamped === 0 && oldController && !free ? 1 : clamped;
    byCost.set(effective, [...(byCost.get(effective) ?? []), name]);
  }
  return [...byCost]
    .sort(([a], [b]) => a - b)
    .map(([, names]) => names.sort().join(' '))
    .join(' | ');
}
