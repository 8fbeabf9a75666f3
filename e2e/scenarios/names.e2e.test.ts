import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { internetAddresses, internetHostName, waitFor, type Lab, type PortName } from '../../lab/index.js';
import { launchShip, type Ship } from './ship.js';

/** As an app would notice it. glibc's resolver waits 5 s for an answer before it asks again. */
const AT_ONCE_MS = 1_000;

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
    const files = join(lab.runDir, 'dnsmasq');
    const forwarder = async (): Promise<string> => {
      const config = await readFile(join(files, `names-${port}.conf`), 'utf8').catch(() => '');
      return /^listen-address=(.*)$/m.exec(config)?.[1] ?? 'none yet';
    };
    const isAsked = async (): Promise<true | undefined> => {
      const servers = await readFile(join(files, 'bn1.servers'), 'utf8');
      const position = servers.indexOf(`server=${await forwarder()}#`);
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
    const first = `server=${lab.topology.ports[port].gateway}@${port}`;
    const isTold = async (): Promise<true | undefined> => {
      const servers = await readFile(join(lab.runDir, 'dnsmasq', 'bn1.servers'), 'utf8');
      return servers.startsWith(first) ? true : undefined;
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
});
