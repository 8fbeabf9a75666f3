import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { Lab } from '../lab.js';
import { startStaticRouter } from '../static-router.js';
import { createTestLab } from '../test-lab.js';
import { internetAddresses, servicePorts } from '../topology.js';
import { waitUntil } from '../../lib/clock/index.js';
import { deviceFaultKinds, portFaultKinds, type FaultKind } from './fault.js';
import { inflict } from './inflict.js';

let lab: Lab;

beforeAll(async () => {
  lab = await createTestLab();
  await startStaticRouter(lab, ['app1', 'app2']);
});

afterAll(async () => {
  await lab.destroy();
});

type Means = 'http' | 'tcp' | 'udp' | 'large' | 'echo';
const ADDRESS = internetAddresses.echo1;
const TIMEOUT_MS = 400;

/** By which means an app, which has no port but eth0, gets an answer of the destination itself. */
async function answered(): Promise<readonly Means[]> {
  const { agent } = lab.app('app1');
  const echo = { address: ADDRESS, port: servicePorts.echo, timeoutMs: TIMEOUT_MS };
  const [http, tcp, udp, large, ping] = await Promise.all([
    agent.call('fetch', { url: `http://${ADDRESS}/`, timeoutMs: TIMEOUT_MS }),
    agent.call('askTcp', echo),
    agent.call('askUdp', echo),
    agent.call('askUdp', { ...echo, packetBytes: 1_400 }),
    lab.exec('app1', ['busybox', 'ping', '-c', '1', '-W', '1', ADDRESS]),
  ]);
  return [
    ...(http.kind === 'answered' && http.body.includes('echo1') ? (['http'] as const) : []),
    ...(tcp.kind === 'answered' && tcp.text.startsWith('echo1') ? (['tcp'] as const) : []),
    ...(udp.kind === 'answered' ? (['udp'] as const) : []),
    ...(large.kind === 'answered' ? (['large'] as const) : []),
    ...(ping.exitCode === 0 ? (['echo'] as const) : []),
  ];
}

const all: readonly Means[] = ['http', 'tcp', 'udp', 'large', 'echo'];
const withoutTcp: readonly Means[] = ['udp', 'large', 'echo'];
const withoutEcho: readonly Means[] = ['http', 'tcp', 'udp', 'large'];

describe('a fault', () => {
  it.each<[kind: FaultKind, left: readonly Means[]]>([
    ['no-carrier', []],
    ['no-address', []],
    ['no-default-route', []],
    ['no-gateway', all],
    ['forwarding-off', []],
    ['drop-all', []],
    ['gateway-silent', []],
    ['host-unreachable', []],
    ['net-unreachable', []],
    ['admin-prohibited', []],
    ['time-exceeded', []],
    ['tcp-dropped', withoutTcp],
    ['tcp-reset', withoutTcp],
    ['tcp-accelerated', []],
    ['portal', []],
    ['large-dropped', ['http', 'tcp', 'udp', 'echo']],
    ['echo-dropped', withoutEcho],
    ['icmp-blocked', withoutEcho],
    ['names-silent', all],
    ['ip-forward-off', []],
    ['foreign-forward-drop', []],
  ])('%s leaves what it should, and all comes back', async (kind, left) => {
    for (const port of ['wwan0', 'sat0']) await lab.exec('device', ['ip', 'route', 'delete', 'default', 'dev', port]);
    expect(await answered()).toEqual(all);
    const deviceKind = deviceFaultKinds.find((each) => each === kind);
    const portKind = portFaultKinds.find((each) => each === kind) ?? 'drop-all';
    const fault = deviceKind === undefined ? { kind: portKind, port: 'eth0' as const } : { kind: deviceKind };
    const undo = await inflict(lab, fault);
    expect(await answered()).toEqual(left);
    await undo();
    expect(await waitUntil(async () => (await answered()).length === all.length, { timeoutMs: 10_000 })).toBe(true);
  });

  it('of a limit lets one echo request a second pass', async () => {
    const undo = await inflict(lab, { kind: 'icmp-limited', port: 'eth0' });
    const { stdout } = await lab.exec('app1', ['busybox', 'ping', '-c', '20', '-i', '0.1', '-W', '1', ADDRESS]);
    const received = Number(/(\d+) packets received/.exec(stdout)?.[1]);
    expect(received).toBeGreaterThan(0);
    expect(received).toBeLessThan(10);
    await undo();
    expect(await answered()).toContain('echo');
  });

  it('of loss loses some', async () => {
    const undo = await inflict(lab, { kind: 'loss', port: 'eth0', share: 0.3 });
    const { stdout } = await lab.exec('app1', ['busybox', 'ping', '-c', '60', '-i', '0.02', '-W', '1', ADDRESS]);
    const received = Number(/(\d+) packets received/.exec(stdout)?.[1]);
    expect(received).toBeGreaterThan(5);
    expect(received).toBeLessThan(55);
    await undo();
    expect(await answered()).toEqual(all);
  });

  it.each(['carrier-blip', 'admin-bounce'] as const)('%s is over at once', async (kind) => {
    await inflict(lab, { kind, port: 'eth0' });
    expect(await waitUntil(async () => (await answered()).length === all.length, { timeoutMs: 10_000 })).toBe(true);
  });
});
