import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { NetworkInstanceTest } from '../../gen/config/uplink.js';
import { NetworkInterfaceManagerServiceClient } from '../../gen/nim/v1/network_interface_manager.js';
import type { FailoverWait } from '../../gen/nim/v1/network_instance_test_status.js';
import { call, connectTo } from '../../lib/rpc/index.js';
import { internetAddresses, servicePorts, waitFor, waitUntil } from '../../lab/index.js';
import { goesOutBy, launchShip, sourceSeen, wrongSources, type Ship } from './ship.js';

describe('a ship that rather waits a while than pays', () => {
  let ship: Ship;
  let nim: NetworkInterfaceManagerServiceClient;

  beforeAll(async () => {
    ship = await launchShip();
    nim = connectTo(NetworkInterfaceManagerServiceClient, `unix:${ship.lab.runDir}/nim.sock`);
  });

  afterAll(async () => {
    nim.close();
    expect(await wrongSources(ship.lab)).toBe(0);
    await ship.destroy();
  });

  /** `default` with this failover_hold; `business` without. */
  async function holdFor(seconds: number): Promise<void> {
    const config = ship.lab.configuration();
    for (const networkInstance of config.networkInstances) {
      networkInstance.test = NetworkInstanceTest.create({
        failbackHold: { seconds: 0n, nanos: 0 },
        ...(networkInstance.displayname === 'default' ? { failoverHold: { seconds: BigInt(seconds), nanos: 0 } } : {}),
      });
    }
    await ship.lab.pushConfig(config);
  }

  async function waitOf(name: string): Promise<FailoverWait | undefined> {
    const { statuses } = await call(
      nim,
      'listNetworkInstanceTestStatus',
      { networkInstances: [name] },
      { timeoutMs: 5_000 },
    );
    return statuses.find(({ displayName }) => displayName === name)?.failoverWait;
  }

  it('stays where it is through an outage that ends in time, and so do its sessions', async () => {
    const { lab, watch } = ship;
    await holdFor(600);
    await watch.applied('default', 'eth0');
    const { agent } = lab.app('app1');
    const echo = { address: internetAddresses.echo1, port: servicePorts.echo };
    const { session } = await agent.call('startTcpSession', { ...echo, intervalMs: 20 });
    const isAnswered = async (): Promise<boolean> =>
      (await agent.call('readTcpSession', { session })).source === lab.isp('eth0').publicAddress;
    expect(await waitUntil(isAnswered, { timeoutMs: 5_000 })).toBe(true);
    await lab.pullCable('eth0');
    // The one without a hold moves.
    await watch.applied('business', 'wwan0');
    const wait = await waitFor('failover_hold to run', () => waitOf('default'), { timeoutMs: 5_000, everyMs: 20 });
    expect(wait.toPort).toBe('wwan0');
    expect(await sourceSeen(lab, 'app1')).toBeUndefined();
    expect(await goesOutBy(lab, 'app2', 'wwan0')).toBe(true);
    await lab.plugCable('eth0');
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    expect(await waitUntil(async () => (await waitOf('default')) === undefined, { timeoutMs: 5_000 })).toBe(true);
    const { breaks } = await agent.call('stopTcpSession', { session });
    expect(breaks).toEqual([]);
  });

  it('keeps off the costlier port with the services dead as well', async () => {
    const { lab } = ship;
    await lab.services.stop();
    await lab.pullCable('eth0');
    expect(await sourceSeen(lab, 'app1')).toBeUndefined();
    expect(await goesOutBy(lab, 'app2', 'wwan0')).toBe(true);
    await lab.plugCable('eth0');
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    await lab.services.start();
    await ship.watch.applied('default', 'eth0');
  });

  it('moves to the costlier port when the time is over, and not before', async () => {
    const { lab, watch } = ship;
    await holdFor(2);
    await watch.applied('default', 'eth0');
    const { beforeMs } = await lab.pullCable('eth0');
    expect((await watch.applied('default', 'wwan0')) - beforeMs).toBeGreaterThan(2_000);
    expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
    await lab.plugCable('eth0');
    await watch.applied('default', 'eth0');
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
  });
});
