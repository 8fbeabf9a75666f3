import { run } from 'iproute-exec';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { NetworkRouterServiceClient, type NetworkInstanceStatus } from '../../gen/zedrouter/v1/network_router.js';
import { call, connectTo } from '../../lib/rpc/index.js';
import { internetAddresses, waitUntil, type HostName } from '../../lab/index.js';
import { goesOutBy, launchShip, type Ship } from './ship.js';

const TIMEOUT_MS = 10_000;

/** `default` is 10.77.0.0/24, and its gateway 10.77.0.1. */
describe('a lease that overlaps a network instance', () => {
  let ship: Ship;
  let zedrouter: NetworkRouterServiceClient;

  beforeEach(async () => {
    ship = await launchShip({ services: { controller: true } });
    zedrouter = connectTo(NetworkRouterServiceClient, `unix:${ship.lab.runDir}/zedrouter.sock`);
  });

  afterEach(async () => {
    zedrouter.close();
    await ship.destroy();
  });

  async function ip(host: HostName, ...commands: readonly string[]): Promise<void> {
    await run('ip', ['-batch', '-'], { namespace: ship.lab.namespace(host), input: `${commands.join('\n')}\n` });
  }

  async function statusOf(name: string): Promise<NetworkInstanceStatus | undefined> {
    const { statuses } = await call(
      zedrouter,
      'listNetworkInstanceStatus',
      { networkInstances: [] },
      { timeoutMs: TIMEOUT_MS },
    );
    return statuses.find(({ displayName }) => displayName === name);
  }

  async function errorsOf(name: string): Promise<string> {
    return (await statusOf(name))?.errors.join('\n') ?? '';
  }

  it('is an error of that network instance, with the remedy, and of no other; it heals with the lease', async () => {
    const { lab } = ship;
    await ip('device', 'addr add 10.77.0.57/24 dev sat0');
    expect(await waitUntil(async () => (await errorsOf('default')) !== '', { timeoutMs: TIMEOUT_MS })).toBe(true);
    expect(await errorsOf('default')).toMatch(
      /10\.77\.0\.0\/24 overlaps .* port sat0 \(10\.77\.0\.57\/24\).* another subnet/,
    );
    expect(await errorsOf('business')).toBe('');
    expect(await goesOutBy(lab, 'app2', 'eth0')).toBe(true);
    await ip('device', 'addr del 10.77.0.57/24 dev sat0');
    expect(await waitUntil(async () => (await errorsOf('default')) === '', { timeoutMs: TIMEOUT_MS })).toBe(true);
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
  });

  it("leaves the port its own traffic, where the lease's router is the network instance's gateway", async () => {
    const { lab } = ship;
    const { gateway, metric } = lab.topology.ports.eth0;
    // The ISP hands out the very network, itself at .1, and translates it.
    await ip('isp-eth0', 'addr add 10.77.0.1/24 dev customer');
    await run('nft', ['-f', '-'], {
      namespace: lab.namespace('isp-eth0'),
      input: `add element inet isp customers { 10.77.0.57 }
      table ip home {
        chain out { type nat hook postrouting priority srcnat
          ip saddr 10.77.0.0/24 oifname "internet" masquerade
        }
      }`,
    });
    await ip('device', 'addr add 10.77.0.57/24 dev eth0');
    expect(await waitUntil(async () => (await errorsOf('default')) !== '', { timeoutMs: TIMEOUT_MS })).toBe(true);
    await ip(
      'device',
      `addr del ${lab.isp('eth0').leaseAddress}/24 dev eth0`,
      `route replace default via 10.77.0.1 dev eth0 metric ${metric}`,
    );
    const seen = async (): Promise<string> => {
      const answer = await lab.app('app2').agent.call('askUdp', {
        ...{ address: internetAddresses.echo2, port: 7, timeoutMs: 300 },
      });
      return answer.kind === 'answered' ? answer.text : '';
    };
    const { ispAddress } = lab.topology.ports.eth0.transit;
    expect(
      await waitUntil(async () => (await seen()).includes(ispAddress), { timeoutMs: TIMEOUT_MS, everyMs: 50 }),
    ).toBe(true);
    expect(await waitUntil(async () => (await errorsOf('business')) === '', { timeoutMs: TIMEOUT_MS })).toBe(true);
    // The port's own tests go on, bound to its device and with its address.
    const ping = ['ping', '-c', '1', '-W', '1', '-I', 'eth0', internetAddresses.controller] as const;
    expect((await lab.exec('device', ping)).exitCode).toBe(0);
    await ip(
      'device',
      `addr add ${lab.isp('eth0').leaseAddress}/24 dev eth0`,
      `route replace default via ${gateway} dev eth0 metric ${metric}`,
      'addr del 10.77.0.57/24 dev eth0',
    );
    expect(await waitUntil(async () => (await errorsOf('default')) === '', { timeoutMs: TIMEOUT_MS })).toBe(true);
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
  });
});
