import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { countedBetween } from './isp/counters.js';
import type { Lab } from './lab.js';
import { startStaticRouter, staticPortMap } from './static-router.js';
import { createTestLab } from './test-lab.js';
import { internetAddresses, internetHostName, portNames, servicePorts } from './topology.js';
import { waitFor, waitUntil } from '../lib/clock/index.js';

let lab: Lab;

beforeAll(async () => {
  lab = await createTestLab();
  await startStaticRouter(lab, ['app1', 'app2']);
});

afterAll(async () => {
  await lab.destroy();
});

async function pings(host: 'device' | 'app1', ...target: readonly string[]): Promise<boolean> {
  const { exitCode } = await lab.exec(host, ['busybox', 'ping', '-c', '1', '-W', '1', ...target]);
  return exitCode === 0;
}

describe('the device', () => {
  it.each(portNames)('has a lease, a default route and name servers on %s', async (name) => {
    const { leaseAddress, gateway, metric } = lab.topology.ports[name];
    expect(await lab.portAddress(name)).toBe(leaseAddress);
    const { stdout } = await lab.exec('device', ['ip', 'route', 'show', 'default', 'dev', name]);
    expect(stdout.trim()).toBe(`default via ${gateway} proto dhcp metric ${metric}`);
    expect(await readFile(join(lab.runDir, 'dns', name), 'utf8')).toBe(`nameserver ${gateway}\n`);
  });
});

describe('an app', () => {
  it('resolves names and reaches the internet', async () => {
    expect(await pings('app1', internetHostName('web'))).toBe(true);
  });

  it('sees each server of the internet', async () => {
    const { agent } = lab.app('app1');
    const timeoutMs = 2_000;
    const echo = { address: internetAddresses.echo1, port: servicePorts.echo, timeoutMs };
    expect(await agent.call('askUdp', echo)).toMatchObject({
      kind: 'answered',
      text: expect.stringMatching(/^\?echo1 192\.0\.2\.10:/),
    });
    expect(await agent.call('askTcp', echo)).toMatchObject({
      kind: 'answered',
      text: expect.stringMatching(/^echo1 192\.0\.2\.10:/),
    });
    const host = internetHostName('controller');
    const ping = `${host}/api/v2/edgedevice/ping`;
    expect(await agent.call('fetch', { url: `http://${ping}`, timeoutMs })).toMatchObject({ status: 200 });
    const { certificateAuthority } = lab.internet;
    expect(await agent.call('fetch', { url: `https://${ping}`, timeoutMs, certificateAuthority })).toMatchObject({
      status: 200,
    });
    expect(await agent.call('fetch', { url: `https://${ping}`, timeoutMs })).toMatchObject({ kind: 'failed' });
    const file = await agent.call('fetch', { url: `http://${internetHostName('web')}/bytes/100000`, timeoutMs });
    expect(file.kind === 'answered' ? file.body.length : file).toBe(100_000);
  });
});

describe('a cable pulled', () => {
  it('moves traffic to the next port, and back when it is plugged', async () => {
    const { agent } = lab.app('app1');
    const { stream } = await agent.call('startUdpStream', {
      address: internetAddresses.echo,
      port: servicePorts.echo,
      intervalMs: 1,
    });
    const { session } = await agent.call('startTcpSession', {
      ...{ address: internetAddresses.echo, port: servicePorts.echo },
      intervalMs: 20,
      giveUpMs: 500,
    });
    const sourceIs = (port: 'eth0' | 'wwan0') => async (): Promise<boolean> => {
      const { sources } = await agent.call('readUdpStream', { stream });
      return sources.some(({ address }) => address === lab.isp(port).publicAddress);
    };
    expect(await waitUntil(sourceIs('eth0'), { timeoutMs: 5_000 })).toBe(true);
    const before = await lab.isp('wwan0').counters();
    const pulled = await lab.pullCable('eth0');
    expect(await waitUntil(sourceIs('wwan0'), { timeoutMs: 5_000 })).toBe(true);
    const broken = await waitFor(
      'the session on wwan0',
      async () => {
        const { breaks } = await agent.call('readTcpSession', { session });
        return breaks.find(({ reconnectedMs }) => reconnectedMs !== undefined);
      },
      { timeoutMs: 10_000, everyMs: 50 },
    );
    expect(broken).toMatchObject({ kind: 'gave-up', sourceBefore: '192.0.2.10', sourceAfter: '203.0.113.20' });
    const seen = countedBetween(before, await lab.isp('wwan0').counters());
    // The ISP saw the session's packets without its beginning, and said nothing.
    expect(seen.swallowed.packets).toBeGreaterThan(0);
    expect(seen.destinations.get(internetAddresses.echo)?.packets).toBeGreaterThan(0);

    await lab.plugCable('eth0');
    const backSinceMs = pulled.afterMs + 1;
    await waitFor(
      'the stream on eth0 again',
      async () => {
        const { sources } = await agent.call('readUdpStream', { stream, sinceMs: backSinceMs });
        return sources.find(({ address }) => address === '192.0.2.10');
      },
      { timeoutMs: 5_000 },
    );
    const report = await agent.call('stopUdpStream', { stream });
    await agent.call('stopTcpSession', { session });
    const first = report.outages[0];
    expect(first?.lostPackets).toBeGreaterThan(0);
    expect(first?.lastAnsweredMs).toBeLessThan(pulled.afterMs);
    expect(first?.nextAnsweredMs).toBeGreaterThan(pulled.beforeMs);
    expect(report.answered + report.lost).toBe(report.sent);
  });
});

describe('an ISP', () => {
  it('counts and drops packets with a foreign source', async () => {
    await lab.exec('device', ['ip', 'address', 'add', '10.9.9.9/32', 'dev', 'lo']);
    const before = await lab.isp('eth0').counters();
    expect(await pings('device', '-I', '10.9.9.9', internetAddresses.echo)).toBe(false);
    const seen = countedBetween(before, await lab.isp('eth0').counters());
    // A late packet of an app's flow may be among them: the static router lets those through.
    expect(seen.foreign.packets).toBeGreaterThanOrEqual(1);
    expect(seen.foreignSources.get('10.9.9.9')?.packets).toBe(1);
  });

  it('can lose the internet while its gateway answers', async () => {
    const { gateway } = lab.topology.ports.eth0;
    await lab.killInternetBehind('eth0');
    expect(await pings('device', gateway)).toBe(true);
    expect(await pings('device', internetAddresses.echo)).toBe(false);
    await lab.restoreInternetBehind('eth0');
    expect(await pings('device', internetAddresses.echo)).toBe(true);
  });

  it('can fall silent with its carrier up, and lose a share of packets', async () => {
    const { gateway } = lab.topology.ports.eth0;
    await lab.blackholeGateway('eth0');
    expect(await pings('device', gateway)).toBe(false);
    expect((await lab.exec('device', ['cat', '/sys/class/net/eth0/carrier'])).stdout.trim()).toBe('1');
    await lab.restoreGateway('eth0');
    expect(await waitUntil(() => pings('device', gateway), { timeoutMs: 5_000 })).toBe(true);
    await lab.lose('eth0', 0.3);
    const { agent } = lab.app('app1');
    const { stream } = await agent.call('startUdpStream', {
      address: internetAddresses.echo,
      port: servicePorts.echo,
      intervalMs: 1,
    });
    await waitFor(
      'a thousand packets',
      async () => ((await agent.call('readUdpStream', { stream })).sent > 1_000 ? true : undefined),
      { timeoutMs: 5_000, everyMs: 100 },
    );
    const { sent, lost } = await agent.call('stopUdpStream', { stream });
    await lab.lose('eth0', 0);
    // Twice 30 %: 51 %. Ten standard deviations to either side.
    expect(lost / sent).toBeGreaterThan(0.35);
    expect(lost / sent).toBeLessThan(0.67);
  });

  it.each(portNames)('lets the internet reach port maps on %s', async (name) => {
    const { agent } = lab.internet;
    // Replies leave by the default route of the lowest metric, so make it this port's.
    const { gateway } = lab.topology.ports[name];
    await lab.exec('device', ['ip', 'route', 'add', 'default', 'via', gateway, 'dev', name, 'metric', '1']);
    const answer = await agent.call('askUdp', {
      address: lab.isp(name).publicAddress,
      port: staticPortMap.externalPort,
      timeoutMs: 2_000,
    });
    await lab.exec('device', ['ip', 'route', 'delete', 'default', 'via', gateway, 'dev', name, 'metric', '1']);
    expect(answer).toMatchObject({ kind: 'answered', text: expect.stringMatching(/^\?app1 /) });
  });
});
