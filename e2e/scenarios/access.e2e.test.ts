import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { ACE } from '../../gen/config/fw.js';
import { AccessVerdict, NetworkRouterServiceClient } from '../../gen/zedrouter/v1/network_router.js';
import { internetAddresses, internetHostName, servicePorts, waitUntil } from '../../lab/index.js';
import { monotonicMs } from '../../lab/monotonic.js';
import type { InternetHost } from '../../lab/topology.js';
import { call, connectTo } from '../../lib/rpc/index.js';
import { launchShip, portMapAnswersOn, type Ship } from './ship.js';

/** How soon a flow that is no longer allowed has ended after the push was answered. */
const CUT_WITHIN_MS = 100;
/** What busy test processors add. */
const SLACK_MS = 400;

let ship: Ship;

beforeAll(async () => {
  ship = await launchShip({ configuration: { drainSeconds: 0 } });
});

afterAll(async () => {
  await ship.destroy();
});

beforeEach(async () => {
  await push([ace(1, { type: 'ip', value: '0.0.0.0/0' })]);
});

function ace(id: number, ...matches: readonly { readonly type: string; readonly value: string }[]): ACE {
  return ACE.fromPartial({ id, matches: [...matches] });
}

/** Puts a list in force for app1, and waits until the kernel has it. */
async function push(acls: readonly ACE[]): Promise<void> {
  const { lab } = ship;
  const config = lab.configuration({ failbackHoldSeconds: 0, drainSeconds: 0 });
  for (const each of config.apps[0]?.interfaces ?? []) each.acls = [...acls];
  const version = await lab.pushConfig(config);
  const isApplied = async (): Promise<boolean> => {
    const { statuses } = await withZedrouter((client) =>
      call(client, 'listNetworkInstanceStatus', { networkInstances: [] }, { timeoutMs: 5_000 }),
    );
    return statuses.every((each) => each.appliedConfigVersion >= version && each.settled);
  };
  expect(await waitUntil(isApplied, { timeoutMs: 10_000, everyMs: 20 })).toBe(true);
}

async function withZedrouter<T>(use: (client: NetworkRouterServiceClient) => Promise<T>): Promise<T> {
  const client = connectTo(NetworkRouterServiceClient, `unix:${ship.lab.runDir}/zedrouter.sock`);
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

async function reaches(host: InternetHost): Promise<boolean> {
  const answer = await ship.lab.app('app1').agent.call('askTcp', {
    address: internetAddresses[host],
    port: servicePorts.echo,
    timeoutMs: 2_000,
  });
  return answer.kind === 'answered';
}

describe('access lists of apps', () => {
  it('deny everything where there are no entries, and leave DHCP and DNS', async () => {
    const { lab } = ship;
    expect(await reaches('echo1')).toBe(true);
    await push([]);
    const refused = await lab.app('app1').agent.call('askTcp', {
      address: internetAddresses.echo1,
      port: servicePorts.echo,
      timeoutMs: 2_000,
    });
    expect(refused).toMatchObject({ kind: 'failed', error: expect.stringContaining('ECONNREFUSED') as unknown });
    expect(await portMapAnswersOn(lab)).toEqual([]);
    expect(await resolve('echo1')).toContain(internetAddresses.echo1);
    await lab.app('app1').waitForAddress();

    const { explanations } = await withZedrouter((client) =>
      call(
        client,
        'explainAccess',
        {
          app: 'app1',
          interface: '',
          remote: internetAddresses.echo1,
          remotePort: servicePorts.echo,
          protocol: 6,
          localPort: 0,
        },
        { timeoutMs: 5_000 },
      ),
    );
    expect(explanations).toMatchObject([
      { appName: 'app1', verdict: AccessVerdict.ACCESS_VERDICT_REFUSED, entryId: 0, place: 0 },
    ]);
    expect(Number(explanations[0]?.denied[0]?.packets)).toBeGreaterThan(0);
  });

  it('allow the addresses that DNS has given for a name, from the answer on', async () => {
    await push([ace(1, { type: 'host', value: internetHostName('echo1') })]);
    expect(await reaches('echo1')).toBe(false);
    expect(await resolve('echo1')).toContain(internetAddresses.echo1);
    expect(await reaches('echo1')).toBe(true);
    expect(await resolve('echo2')).toContain(internetAddresses.echo2);
    expect(await reaches('echo2')).toBe(false);
  });

  it('allow the names below a name', async () => {
    await push([ace(1, { type: 'host', value: 'example' }), ace(2, { type: 'host', value: 'echo2.example' })]);
    for (const host of ['echo1', 'echo2'] as const) {
      expect(await resolve(host)).toContain(internetAddresses[host]);
      expect(await reaches(host)).toBe(true);
    }
  });

  it('cut a flow that they no longer allow at once, and no other', async () => {
    const { agent } = ship.lab.app('app1');
    const start = (host: InternetHost) =>
      agent.call('startTcpSession', { address: internetAddresses[host], port: servicePorts.echo, intervalMs: 10 });
    const [one, two] = [await start('echo1'), await start('echo2')];
    const connected = async (session: number): Promise<boolean> =>
      (await agent.call('readTcpSession', { session })).connectedSinceMs !== undefined;
    expect(await waitUntil(() => connected(one.session), { timeoutMs: 5_000, everyMs: 10 })).toBe(true);
    expect(await waitUntil(() => connected(two.session), { timeoutMs: 5_000, everyMs: 10 })).toBe(true);
    const { lab } = ship;
    const config = lab.configuration({ failbackHoldSeconds: 0, drainSeconds: 0 });
    for (const each of config.apps[0]?.interfaces ?? []) {
      each.acls = [ace(1, { type: 'ip', value: internetAddresses.echo2 })];
    }
    await lab.pushConfig(config);
    const answeredMs = monotonicMs();
    expect(await waitUntil(async () => !(await connected(one.session)), { timeoutMs: 5_000, everyMs: 5 })).toBe(true);
    const { breaks } = await agent.call('readTcpSession', { session: one.session });
    expect(breaks).toMatchObject([{ detail: 'ECONNRESET' }]);
    expect((breaks[0]?.brokenMs ?? Infinity) - answeredMs).toBeLessThan(CUT_WITHIN_MS + SLACK_MS);
    expect((await agent.call('stopTcpSession', { session: two.session })).breaks).toEqual([]);
    await agent.call('stopTcpSession', { session: one.session });
  });
});

async function resolve(host: InternetHost): Promise<string> {
  const words = ['busybox', 'nslookup', '-type=a', internetHostName(host), '10.77.0.1'] as const;
  return (await ship.lab.exec('app1', words, 5_000)).stdout;
}
