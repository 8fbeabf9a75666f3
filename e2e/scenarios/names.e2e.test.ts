import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { internetAddresses, internetHostName, waitFor, type Lab, type PortName } from '../../lab/index.js';
import { launchShip, type Ship } from './ship.js';

/** As an app would notice it. glibc's resolver waits 5 s for an answer before it asks again. */
const AT_ONCE_MS = 1_000;

/**
 * A resolver asks again after 5 s. What is on its way is asked again by then, at ever longer intervals; where this
 * machine was too busy to pull the cable soon, later.
 */
const answeredWithinMs = (pulledAfterMs: number): number => Math.max(4_500, 3 * pulledAfterMs + 2_000);

/** Where the name servers of a port are asked. */
async function forwarderOf(lab: Lab, port: PortName): Promise<string> {
  const config = await readFile(join(lab.runDir, 'dnsmasq', `names-${port}.conf`), 'utf8').catch(() => '');
  return /^listen-address=(.*)$/m.exec(config)?.[1] ?? 'none yet';
}

/** Whom the network instance's dnsmasq asks, in order. */
async function askedFirst(lab: Lab): Promise<readonly string[]> {
  const servers = await readFile(join(lab.runDir, 'dnsmasq', 'bn1.servers'), 'utf8');
  return [...servers.matchAll(/^server=([\d.]+)#/gm)].map(([, address = '']) => address);
}

/** A look-up by the app's own resolver: what it found and how long it took. */
async function lookUp(
  lab: Lab,
  host: keyof typeof internetAddresses,
): Promise<{ readonly found: boolean; readonly tookMs: number }> {
  const begunMs = performance.now();
  const argv = ['getent', 'ahosts', internetHostName(host)] as const;
  const { stdout } = await lab.exec('app1', argv, 20_000);
  return { found: stdout.startsWith(internetAddresses[host]), tookMs: performance.now() - begunMs };
}

async function expectNamesAtOnce(lab: Lab): Promise<void> {
  for (const host of ['echo1', 'echo2', 'web', 'client'] as const) {
    const { found, tookMs } = await lookUp(lab, host);
    expect([host, found]).toEqual([host, true]);
    expect(tookMs).toBeLessThan(AT_ONCE_MS);
  }
}

describe.each(['silent', 'unreachable'] as const)('a ship whose first name servers are %s', (kind) => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip();
    for (const port of ['eth0', 'wwan0'] as const) await giveDeadServer(port);
  });

  afterAll(async () => {
    await ship.destroy();
  });

  /** The port's next lease tells the dead server first. */
  async function giveDeadServer(port: PortName): Promise<void> {
    const { lab } = ship;
    await lab.isp(port).tellDeadNameServerFirst(kind);
    await lab.renewAddress(port);
    await lab.waitForLease(port);
    await waitUntilAsked(port, port === 'eth0' ? 'first' : 'then');
  }

  /**
   * Names are asked over a port once the network instance's dnsmasq has been told to, which comes beside a switch: what
   * is on its way meanwhile is lost, and asked again by whoever has asked.
   */
  async function waitUntilAsked(port: PortName, place: 'first' | 'then' = 'first'): Promise<void> {
    const { lab } = ship;
    const isAsked = async (): Promise<true | undefined> => {
      const position = (await askedFirst(lab)).indexOf(await forwarderOf(lab, port));
      const isTold = place === 'first' ? position === 0 : position > 0;
      if (!isTold) return undefined;
      const argv = ['timeout', '1', 'busybox', 'nslookup', '-type=a', internetHostName('echo'), '10.77.0.1'] as const;
      return (await lab.exec('app1', argv)).stdout.includes(internetAddresses.echo) ? true : undefined;
    };
    await waitFor(`names over ${port}`, isAsked, { timeoutMs: 10_000, everyMs: 20 });
  }

  it('lets apps look names up at once', async () => {
    await ship.watch.applied('default', 'eth0');
    await expectNamesAtOnce(ship.lab);
  });

  it('does so after a failover, and with every service down', async () => {
    const { lab, watch } = ship;
    await lab.pullCable('eth0');
    await watch.applied('default', 'wwan0');
    await waitUntilAsked('wwan0');
    await expectNamesAtOnce(ship.lab);
    await lab.plugCable('eth0');
    await watch.applied('default', 'eth0');
    await waitUntilAsked('eth0');
    for (const name of ['zedagent', 'nim', 'zedrouter'] as const) await lab.service(name).kill('SIGKILL');
    await expectNamesAtOnce(ship.lab);
    // Nobody tells the name services that their first port leads nowhere. What is on its way in the moment itself is
    // asked again by whoever has asked, after its 5 s.
    await lab.pullCable('eth0');
    const isDown = async (): Promise<true | undefined> =>
      (await lab.exec('device', ['ip', 'route', 'show', 'dev', 'eth0'])).stdout.includes('linkdown') ? true : undefined;
    await waitFor('the routes of eth0 to be down', isDown, { timeoutMs: 5_000, everyMs: 20 });
    await expectNamesAtOnce(ship.lab);
  });
});

describe('a ship with one name server a port', () => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip();
  });

  afterAll(async () => {
    await ship.destroy();
  });

  /** Names are asked over the port once the dnsmasq of the network instance has been told to, beside a switch. */
  async function areAskedOver(port: PortName): Promise<void> {
    const { lab, watch } = ship;
    await watch.applied('default', port);
    const isTold = async (): Promise<true | undefined> => {
      const [first] = await askedFirst(lab);
      return first === (await forwarderOf(lab, port)) ? true : undefined;
    };
    await waitFor(`names over ${port}`, isTold, { timeoutMs: 5_000, everyMs: 20 });
    // It reads the file a moment after it has been told; what is asked meanwhile is asked in vain.
    const isAnswered = async (): Promise<true | undefined> => {
      const argv = ['timeout', '1', 'busybox', 'nslookup', '-type=a', internetHostName('echo'), '10.77.0.1'] as const;
      return (await lab.exec('app1', argv)).stdout.includes(internetAddresses.echo) ? true : undefined;
    };
    await waitFor(`an answer over ${port}`, isAnswered, { timeoutMs: 3_000, everyMs: 20 });
    await expectNamesAtOnce(lab);
  }

  it('has names asked over the port in use, also when its interface comes back as another one', async () => {
    const { lab } = ship;
    await areAskedOver('eth0');
    // Whoever asks by TCP has dnsmasq look which index each port has.
    await lab.app('app1').agent.call('askTcp', { address: '10.77.0.1', port: 53, timeoutMs: 100 });
    await lab.pullCable('eth0');
    await areAskedOver('wwan0');
    await lab.plugCable('eth0');
    await areAskedOver('eth0');
    await lab.removePort('eth0');
    await areAskedOver('wwan0');
    await lab.returnPort('eth0');
    await areAskedOver('eth0');
  });

  /** eth0's ISP swallows what is asked of it from now on. @returns how many questions it has swallowed */
  async function swallowNames(lab: Lab): Promise<() => Promise<number>> {
    const { ispHost } = lab.topology.ports.eth0;
    const rule = 'iifname "customer" udp dport 53 counter drop';
    const chain = ['add', 'chain', 'ip', 'swallow', 'names', '{ type filter hook input priority -10; }'] as const;
    await lab.exec(ispHost, ['nft', 'add', 'table', 'ip', 'swallow']);
    await lab.exec(ispHost, ['nft', ...chain]);
    await lab.exec(ispHost, ['nft', 'add', 'rule', 'ip', 'swallow', 'names', rule]);
    return async () => {
      const { stdout } = await lab.exec(ispHost, ['nft', 'list', 'table', 'ip', 'swallow']);
      return Number(/packets (\d+)/.exec(stdout)?.[1]);
    };
  }

  it('answers what was on its way when the cable was pulled', async () => {
    const { lab, watch } = ship;
    await areAskedOver('eth0');
    const swallowed = await swallowNames(lab);
    const beganMs = performance.now();
    const found = lookUp(lab, 'controller');
    await waitFor('a question', async () => ((await swallowed()) > 0 ? true : undefined), {
      timeoutMs: 5_000,
      everyMs: 5,
    });
    await lab.pullCable('eth0');
    const pulledAfterMs = performance.now() - beganMs;
    const { found: isFound, tookMs } = await found;
    expect(isFound).toBe(true);
    expect(tookMs).toBeLessThan(answeredWithinMs(pulledAfterMs));
    await lab.exec(lab.topology.ports.eth0.ispHost, ['nft', 'delete', 'table', 'ip', 'swallow']);
    await lab.plugCable('eth0');
    await watch.applied('default', 'eth0');
  });
});
