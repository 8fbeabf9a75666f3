import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from 'iproute-exec';
import { parse } from 'yaml';

import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import type { NetworkInstanceConfig } from '../../gen/config/netinst.js';
import { NetworkRouterServiceClient } from '../../gen/zedrouter/v1/network_router.js';
import { configFromJson } from '../../lib/configuration/index.js';
import { call, connectTo } from '../../lib/rpc/index.js';
import {
  createTestLab,
  internetAddresses,
  portNames,
  servicePorts,
  startWireGuardGateway,
  waitUntil,
  type Lab,
  type PortName,
  type WireGuardGateway,
} from '../../lab/index.js';
import { GATEWAY_ADDRESS } from '../../lab/topology.js';
import { SelectionWatch } from '../bench/selection-watch.js';
import { wrongSources } from './ship.js';

const NAME = 'vessel';

/** The example of docs/operation.md. */
function documented(): NetworkInstanceConfig {
  const page = readFileSync(join(import.meta.dirname, '../../docs/operation.md'), 'utf8');
  const [, yaml = ''] = /```yaml\n(networkInstances:\n[^`]*instType: ZnetInstCloud[^`]*)```/.exec(page) ?? [];
  const [instance] = configFromJson(parse(yaml) as Record<string, unknown>).networkInstances;
  if (instance === undefined) throw new Error('docs/operation.md has no example of a tunnel');
  return instance;
}

describe('a network instance behind a WireGuard tunnel', () => {
  let lab: Lab;
  let gateway: WireGuardGateway;
  let watch: SelectionWatch;
  let session: number;

  /** The ship with app1 behind the tunnel of the documentation, whose keys and endpoint are the lab's. */
  function configuration(allowedPriorities?: readonly number[]): EdgeDevConfig {
    const config = lab.configuration({ failbackHoldSeconds: 0 });
    const [first] = config.networkInstances;
    const instance = documented();
    const tunnel = instance.wireguard;
    const [peer] = tunnel?.peers ?? [];
    if (first === undefined || tunnel === undefined || peer === undefined) throw new Error('the example lacks a peer');
    tunnel.privateKeyFile = gateway.privateKeyFile;
    Object.assign(peer, { publicKey: gateway.publicKey, endpoint: gateway.endpoint });
    instance.test = first.test;
    instance.allowedPriorities = allowedPriorities === undefined ? undefined : { priorities: [...allowedPriorities] };
    config.networkInstances[0] = instance;
    const [app] = config.apps;
    for (const each of app?.interfaces ?? []) {
      each.networkId = instance.uuidandversion?.uuid ?? '';
      each.addr = '10.79.0.10';
      each.acls = each.acls.slice(0, 1);
    }
    return config;
  }

  beforeAll(async () => {
    lab = await createTestLab();
    gateway = await startWireGuardGateway(lab, documented().wireguard?.addresses[0] ?? '');
    await lab.startServices({ separate: true, logLevel: 'warn' });
    await lab.pushConfig(configuration());
    await lab.app('app1').waitForAddress();
    watch = new SelectionWatch(lab.runDir);
    lab.beforeDestroy(() => watch.close());
    await watch.applied(NAME, 'eth0');
    ({ session } = await lab.app('app1').agent.call('startTcpSession', {
      ...{ address: gateway.insideAddress, port: servicePorts.echo, intervalMs: 20, connectTimeoutMs: 500 },
    }));
    expect(await waitUntil(async () => (await report()).source !== undefined, { timeoutMs: 10_000 })).toBe(true);
  });

  afterAll(async () => {
    expect(await wrongSources(lab)).toBe(0);
    // Whatever the app sent: outside there was the tunnel alone.
    for (const port of portNames) {
      const { destinations } = await lab.isp(port).counters();
      for (const address of [gateway.insideAddress, internetAddresses.echo1]) {
        expect(destinations.get(address)).toBeUndefined();
      }
    }
    await lab.destroy();
  });

  const report = () => lab.app('app1').agent.call('readTcpSession', { session });
  /** The one session that there is goes on. */
  const goesOn = async (): Promise<void> => {
    const before = await report();
    expect(
      await waitUntil(async () => (await report()).echoedLines > before.echoedLines + 5, { timeoutMs: 5_000 }),
    ).toBe(true);
    const { breaks, source } = await report();
    expect([breaks, source]).toEqual([[], '10.200.0.2']);
  };
  const outside = async (port: PortName): Promise<number> =>
    (await lab.isp(port).counters()).destinations.get(GATEWAY_ADDRESS)?.packets ?? 0;
  /** What an app's stream inside the tunnel lost while something was done. */
  const outageMs = async (work: () => Promise<unknown>): Promise<number> => {
    const { agent } = lab.app('app1');
    const { stream } = await agent.call('startUdpStream', {
      ...{ address: gateway.insideAddress, port: servicePorts.echo, intervalMs: 2 },
    });
    await work();
    await goesOn();
    return (await agent.call('stopUdpStream', { stream })).longestOutageMs;
  };

  it('reaches what is behind the peer, which it was asked to find by name, and nothing else', async () => {
    await goesOn();
    const { agent } = lab.app('app1');
    const asked = { address: internetAddresses.echo1, port: servicePorts.echo, timeoutMs: 300 };
    expect(await agent.call('askUdp', asked)).toMatchObject({ kind: 'failed' });
    const router = connectTo(NetworkRouterServiceClient, `unix:${lab.runDir}/zedrouter.sock`);
    const { statuses } = await call(
      router,
      'listNetworkInstanceStatus',
      { networkInstances: [NAME] },
      { timeoutMs: 5_000 },
    );
    router.close();
    expect(statuses[0]).toMatchObject({
      errors: [],
      notices: [],
      mtu: 1420,
      tunnel: { up: true, problem: '', peers: [{ address: `${GATEWAY_ADDRESS}:51820`, endpoint: gateway.endpoint }] },
    });
  });

  it('carries a session over a cable that is pulled and plugged back', async () => {
    const lostMs = await outageMs(async () => {
      await lab.pullCable('eth0');
      await watch.applied(NAME, 'wwan0');
    });
    expect(await outside('wwan0')).toBeGreaterThan(0);
    // Far from what is measured, and far from what a handshake or a retry would take.
    expect(lostMs).toBeLessThan(500);
    await lab.plugCable('eth0');
    await watch.applied(NAME, 'eth0');
    await goesOn();
  });

  it('never leaves with the address of the port before, however often it moves', async () => {
    const { agent } = lab.app('app1');
    // Dense, so that packets of the other end are on their way to the former address at each move.
    const { stream } = await agent.call('startUdpStream', {
      ...{ address: gateway.insideAddress, port: servicePorts.echo, intervalMs: 1 },
    });
    for (let round = 0; round < 6; round += 1) {
      await lab.pullCable('eth0');
      await watch.applied(NAME, 'wwan0');
      await goesOn();
      await lab.plugCable('eth0');
      await watch.applied(NAME, 'eth0');
      await goesOn();
    }
    await agent.call('stopUdpStream', { stream });
    expect(await wrongSources(lab)).toBe(0);
  });

  it('carries it over a cable that is pulled while zedrouter is dead, and over its return', async () => {
    await lab.service('zedrouter').kill('SIGKILL');
    const lostMs = await outageMs(() => lab.pullCable('eth0'));
    expect(lostMs).toBeLessThan(500);
    await lab.service('zedrouter').start();
    await watch.applied(NAME, 'wwan0');
    await lab.plugCable('eth0');
    await watch.applied(NAME, 'eth0');
    await goesOn();
  });

  it('carries it over a crash of wireguard-go', async () => {
    const { stdout } = await run('ip', ['netns', 'pids', lab.namespace('device')]);
    const [pid] = stdout
      .split('\n')
      .filter((line) => line !== '')
      .filter((each) => readFileSync(`/proc/${each}/cmdline`, 'utf8').startsWith('wireguard-go\0'));
    expect(pid).toBeDefined();
    await outageMs(() => Promise.resolve(process.kill(Number(pid), 'SIGKILL')));
  });

  it('leaves a port that policy forbids, with the session', async () => {
    await lab.pushConfig(configuration([1, 2]));
    await watch.applied(NAME, 'wwan0');
    await goesOn();
    const before = await outside('eth0');
    await goesOn();
    expect(await outside('eth0')).toBe(before);
    await lab.pushConfig(configuration());
    await watch.applied(NAME, 'eth0');
    await goesOn();
  });
});
