import { readFile } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from 'iproute-exec';

import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import { IPRoute, type NetworkInstanceConfig } from '../../gen/config/netinst.js';
import {
  internetAddresses,
  serviceNames,
  servicePorts,
  waitUntil,
  type AppName,
  type Lab,
  type PortName,
} from '../../lab/index.js';
import { NetworkRouterServiceClient } from '../../gen/zedrouter/v1/network_router.js';
import { call, connectTo } from '../../lib/rpc/index.js';
import { goesOutBy, launchShip, sourceSeen, wrongSources, type Ship } from './ship.js';

type Changes = Partial<NetworkInstanceConfig>;

/** The ship's configuration with its first network instance changed. */
function withDefaultInstance(lab: Lab, changes: Changes): EdgeDevConfig {
  const configuration = lab.configuration({ failbackHoldSeconds: 0, drainSeconds: 0 });
  const [first, ...others] = configuration.networkInstances;
  if (first === undefined) throw new Error('the ship has no network instance');
  return {
    ...configuration,
    // Two of the ports share a label.
    systemAdapterList: configuration.systemAdapterList.map((adapter) =>
      adapter.name === 'eth0' ? adapter : { ...adapter, sharedLabels: ['radio'] },
    ),
    networkInstances: [{ ...first, ...changes }, ...others],
    // A port map for one port alone is a problem where the network instance has none.
    apps: configuration.apps.map((app) => ({
      ...app,
      interfaces: app.interfaces.map((one) => ({
        ...one,
        acls: one.acls.filter(({ matches }) => !matches.some(({ type }) => type === 'adapter')),
      })),
    })),
  };
}

/** What the app has of its lease, as `ip` prints it. */
async function inApp(lab: Lab, app: AppName, ...words: readonly string[]): Promise<string> {
  return (await run('ip', ['-n', lab.app(app).topology.namespace, ...words])).stdout;
}

/** Name servers and time servers of its lease, as its DHCP client keeps them. */
function inLease(lab: Lab, app: AppName): Promise<string> {
  return readFile(`/etc/netns/${lab.app(app).topology.namespace}/resolv.conf`, 'utf8');
}

describe('an app', () => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip();
  });

  afterAll(async () => {
    await ship.destroy();
  });

  /** Pushes, and has the app ask for its lease until it has what is wanted. */
  async function pushUntilTold(changes: Changes, isTold: (routes: string, link: string) => boolean): Promise<string> {
    const { lab } = ship;
    await lab.pushConfig(withDefaultInstance(lab, changes));
    const isToldNow = async (): Promise<boolean> =>
      // Its name servers are the last of what a lease brings, and go with it.
      (await inLease(lab, 'app1')).includes('nameserver') &&
      isTold(
        await inApp(lab, 'app1', 'route', 'show', 'proto', 'dhcp'),
        await inApp(lab, 'app1', 'link', 'show', 'dev', 'eth0'),
      );
    const isToldByNewLease = async (): Promise<boolean> => {
      await lab.app('app1').plug('bn1');
      // A lease takes its time, and its routes come one after the other.
      return waitUntil(isToldNow, { timeoutMs: 4_000, everyMs: 50 });
    };
    expect(await waitUntil(isToldByNewLease, { timeoutMs: 30_000 })).toBe(true);
    return inApp(lab, 'app1', 'route', 'show', 'proto', 'dhcp');
  }

  it('is told static routes, those to the subnets of the ports, and the MTU', async () => {
    await run('ip', ['-n', ship.lab.namespace('device'), 'link', 'set', 'dev', 'wwan0', 'mtu', '1430']);
    const routes = await pushUntilTold(
      {
        propagateConnectedRoutes: true,
        mtu: 9000,
        staticRoutes: [IPRoute.fromPartial({ destinationNetwork: '198.51.100.0/24', port: 'wwan0' })],
      },
      (told, link) =>
        ['198.51.100.0/24', '192.0.2.0/24', '203.0.113.0/24', '100.64.0.0/24'].every((each) => told.includes(each)) &&
        link.includes('mtu 1430'),
    );
    expect(
      routes
        .split('\n')
        .map((line) => line.split(' ')[0])
        .filter((word) => word !== ''),
    ).toEqual(expect.arrayContaining(['default', '198.51.100.0/24']));
    const subnets = await run('ip', ['-n', ship.lab.namespace('device'), '-4', 'route', 'show', 'proto', 'kernel']);
    for (const line of subnets.stdout.split('\n').filter((each) => /dev (eth0|wwan0|sat0)/.test(each))) {
      expect(routes).toContain(`${line.split(' ')[0] ?? ''} via 10.77.0.1`);
    }
  });

  it('is told the time servers that the leases of ports name', async () => {
    const { lab } = ship;
    await lab.pushConfig(withDefaultInstance(lab, {}));
    await lab.isp('sat0').nameTimeServer('192.0.2.123');
    await lab.renewAddress('sat0');
    const isTold = async (): Promise<boolean> => {
      await lab.app('app1').plug('bn1');
      const kept = async (): Promise<boolean> => (await inLease(lab, 'app1')).includes('ntp 192.0.2.123\n');
      return waitUntil(kept, { timeoutMs: 4_000, everyMs: 50 });
    };
    expect(await waitUntil(isTold, { timeoutMs: 30_000 })).toBe(true);
  });

  it('of an air-gapped network instance gets no default route', async () => {
    const routes = await pushUntilTold({ port: undefined }, (told) => !told.includes('default'));
    expect(routes).toBe('');
  });
});

const TO_OFFICE = `${internetAddresses.echo2}/32`;
const BY_RADIO = { destinationNetwork: TO_OFFICE, port: 'radio', preferLowerCost: true };

describe('a static route', () => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip();
  });

  afterAll(async () => {
    await ship.destroy();
  });

  const push = (...routes: Partial<IPRoute>[]): Promise<bigint> =>
    ship.lab.pushConfig(
      withDefaultInstance(ship.lab, { staticRoutes: routes.map((route) => IPRoute.fromPartial({ ...route })) }),
    );
  const officeBy = (port: PortName): Promise<boolean> => goesOutBy(ship.lab, 'app1', port, internetAddresses.echo2);

  it('by a label has a port and a standby of its own, whatever the default route does', async () => {
    const { lab, watch } = ship;
    await push(BY_RADIO);
    expect(await officeBy('wwan0')).toBe(true);
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);

    await lab.pullCable('wwan0');
    expect(await officeBy('sat0')).toBe(true);
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    await lab.plugCable('wwan0');
    expect(await officeBy('wwan0')).toBe(true);

    await lab.pullCable('eth0');
    await watch.applied('default', 'wwan0');
    expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
    expect(await officeBy('wwan0')).toBe(true);
    await lab.plugCable('eth0');
    await watch.applied('default', 'eth0');
  });

  it('keeps its sessions while the default route comes to its port and leaves it', async () => {
    const { lab, watch } = ship;
    await push(BY_RADIO);
    expect(await officeBy('wwan0')).toBe(true);
    const { agent } = lab.app('app1');
    const { session } = await agent.call('startTcpSession', {
      ...{ address: internetAddresses.echo2, port: servicePorts.echo, intervalMs: 5 },
    });
    await lab.pullCable('eth0');
    await watch.applied('default', 'wwan0');
    expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
    await lab.plugCable('eth0');
    await watch.applied('default', 'eth0');
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    const hasGoneOn = async (): Promise<boolean> => (await agent.call('readTcpSession', { session })).echoedLines > 10;
    expect(await waitUntil(hasGoneOn, { timeoutMs: 5_000 })).toBe(true);
    const report = await agent.call('stopTcpSession', { session });
    expect(report.breaks).toEqual([]);
    expect(report.source).toBe(lab.isp('wwan0').publicAddress);
  });

  it('fails over in the kernel with every service killed, and never to a port without its label', async () => {
    const { lab, watch } = ship;
    await push(BY_RADIO);
    expect(await officeBy('wwan0')).toBe(true);
    await Promise.all(serviceNames.map((name) => lab.service(name).kill('SIGKILL')));
    await lab.pullCable('wwan0');
    expect(await officeBy('sat0')).toBe(true);
    await lab.pullCable('sat0');
    const before = (await lab.isp('eth0').counters()).destinations.get(internetAddresses.echo2)?.packets ?? 0;
    expect(await sourceSeen(lab, 'app1', internetAddresses.echo2)).toBeUndefined();
    expect((await lab.isp('eth0').counters()).destinations.get(internetAddresses.echo2)?.packets ?? 0).toBe(before);
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    await lab.services.start();
    await lab.plugCable('wwan0');
    await lab.plugCable('sat0');
    await watch.applied('default', 'eth0');
    expect(await officeBy('wwan0')).toBe(true);
  });

  it('drains over a planned move: what there is stays, what is new goes the new way', async () => {
    const { lab } = ship;
    const configured = withDefaultInstance(lab, { staticRoutes: [IPRoute.fromPartial(BY_RADIO)] });
    /** Gives this port the better priority of the two. */
    const prefer = (port: PortName): Promise<bigint> =>
      lab.pushConfig({
        ...configured,
        networkInstances: configured.networkInstances.map((one) => ({
          ...one,
          test: one.test === undefined ? undefined : { ...one.test, drain: { seconds: 300n, nanos: 0 } },
        })),
        deviceIoList: configured.deviceIoList.map((one) =>
          one.usagePolicy === undefined || one.phylabel === 'eth0'
            ? one
            : { ...one, usagePolicy: { ...one.usagePolicy, fallBackPriority: one.phylabel === port ? 1 : 2 } },
        ),
      });
    /** The services were killed a moment ago: the way there is may be the kernel's alone. */
    const known = async (version: bigint): Promise<void> => {
      const zedrouter = connectTo(NetworkRouterServiceClient, `unix:${lab.runDir}/zedrouter.sock`);
      const isKnown = async (): Promise<boolean> => {
        const request = { networkInstances: [] };
        const { statuses } = await call(zedrouter, 'listNetworkInstanceStatus', request, { timeoutMs: 5_000 });
        return statuses.length > 0 && statuses.every((each) => each.appliedConfigVersion >= version && each.settled);
      };
      expect(await waitUntil(isKnown, { timeoutMs: 10_000 })).toBe(true);
      zedrouter.close();
    };
    const version = await prefer('wwan0');
    await known(version);
    expect(await officeBy('wwan0')).toBe(true);
    const { agent } = lab.app('app1');
    const { session } = await agent.call('startTcpSession', {
      ...{ address: internetAddresses.echo2, port: servicePorts.echo, intervalMs: 2 },
    });
    const echoed = async (): Promise<number> => (await agent.call('readTcpSession', { session })).echoedLines;
    expect(await waitUntil(async () => (await echoed()) > 0, { timeoutMs: 5_000 })).toBe(true);
    for (const port of ['sat0', 'wwan0', 'sat0'] as const) {
      await prefer(port);
      expect(await officeBy(port)).toBe(true);
      const before = await echoed();
      expect(await waitUntil(async () => (await echoed()) > before + 10, { timeoutMs: 5_000 })).toBe(true);
    }
    const report = await agent.call('stopTcpSession', { session });
    expect(report.breaks).toEqual([]);
    expect(report.source).toBe(lab.isp('wwan0').publicAddress);
  });

  it('for everything: by a label, by a router, with the network instance itself', async () => {
    const { lab, watch } = ship;
    await push({ destinationNetwork: '0.0.0.0/0', port: 'radio', preferLowerCost: true });
    await watch.applied('default', 'wwan0');
    expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
    await push({ gateway: lab.topology.ports.sat0.gateway });
    await watch.applied('default', 'sat0');
    expect(await goesOutBy(lab, 'app1', 'sat0')).toBe(true);
    await lab.pullCable('sat0');
    const isRejected = async (): Promise<boolean> => (await sourceSeen(lab, 'app1')) === undefined;
    expect(await waitUntil(isRejected, { timeoutMs: 10_000, everyMs: 100 })).toBe(true);
    await lab.plugCable('sat0');
    await push();
    await watch.applied('default', 'eth0');
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
  });

  it("by a router in a port's network goes that way, and is rejected where nobody knows the router", async () => {
    const { lab } = ship;
    await push({ destinationNetwork: TO_OFFICE, gateway: lab.topology.ports.sat0.gateway });
    expect(await officeBy('sat0')).toBe(true);
    await push({ destinationNetwork: TO_OFFICE, gateway: '198.19.0.1' });
    expect(
      await waitUntil(async () => (await sourceSeen(lab, 'app1', internetAddresses.echo2)) === undefined, {
        ...{ timeoutMs: 10_000, everyMs: 100 },
      }),
    ).toBe(true);
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    await push();
    expect(await officeBy('eth0')).toBe(true);
    expect(await wrongSources(lab)).toBe(0);
  });
});
