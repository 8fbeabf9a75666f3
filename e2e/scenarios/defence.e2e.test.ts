import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { readSetCounters } from '../../lib/netlink/index.js';
import { NFT_FAMILY, NFT_TABLE } from '../../lib/dataplane-layout/index.js';
import { internetAddresses, servicePorts, waitUntil } from '../../lab/index.js';
import { goesOutBy, launchShip, wrongSources, type Ship } from './ship.js';

/** Far from what is measured (some 60 ms), and far from what a wait for calm would take. */
const REPAIRED_WITHIN_MS = 450;

describe('a ship on whose device others change the kernel, too', () => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip();
  });

  afterAll(async () => {
    try {
      expect(await wrongSources(ship.lab)).toBe(0);
    } finally {
      await ship.destroy();
    }
  });

  async function inDevice(words: string): Promise<string> {
    const [file = '', ...args] = words.split(' ');
    const { stdout, stderr, exitCode } = await ship.lab.exec('device', [file, ...args]);
    if (exitCode !== 0) throw new Error(`${words}: ${stderr}`);
    return stdout;
  }

  async function loadIntoDevice(script: string): Promise<void> {
    await ship.lab.exec('device', ['sh', '-c', `nft -f - <<'END'\n${script}\nEND`]).then(({ exitCode, stderr }) => {
      if (exitCode !== 0) throw new Error(stderr);
    });
  }

  function isRepaired(): boolean {
    const namespace = ship.lab.namespace('device');
    return (readSetCounters({ family: NFT_FAMILY, table: NFT_TABLE, set: 'port_up', namespace })?.size ?? 0) > 0;
  }

  it('repairs its ruleset at once when somebody flushes it, though the kernel’s news never pauses', async () => {
    const { lab } = ship;
    const { agent } = lab.app('app1');
    const { stream } = await agent.call('startUdpStream', {
      address: internetAddresses.echo1,
      port: servicePorts.echo,
      intervalMs: 2,
    });
    const churn = lab.exec('device', [
      ...(['timeout', '6', 'sh', '-c'] as const),
      'while :; do ip address add 10.200.0.1/32 dev lo; ip address del 10.200.0.1/32 dev lo; sleep 0.05; done',
    ]);
    for (const damage of ['nft flush ruleset', 'nft delete table inet eve_uplink', 'nft flush table inet eve_uplink']) {
      await inDevice(damage);
      expect(await waitUntil(() => Promise.resolve(isRepaired()), { timeoutMs: 3_000, everyMs: 10 })).toBe(true);
      expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    }
    const report = await agent.call('stopUdpStream', { stream });
    await churn;
    expect(report.longestOutageMs).toBeLessThan(REPAIRED_WITHIN_MS);
    expect(await wrongSources(lab)).toBe(0);
  });

  it.each<{ what: string; damages: readonly string[] }>([
    { what: 'the ruleset is away', damages: ['nft flush ruleset'] },
    { what: 'rules and ruleset are away', damages: ['ip rule flush protocol 229', 'nft flush ruleset'] },
  ])('lets nothing of an app out, nor of a bridge, while $what, with every service dead', async ({ damages }) => {
    const { lab } = ship;
    await lab.services.stop();
    const before = await lab.isp('eth0').counters();
    for (const damage of damages) await inDevice(damage);
    for (const [host, source] of [
      ['app1', '10.77.0.10'],
      ['app2', '10.78.0.10'],
      ['device', '10.77.0.1'],
    ] as const) {
      const target = internetAddresses.echo1;
      const { exitCode } = await lab.exec(host, [
        'busybox',
        'ping',
        '-c',
        '3',
        '-i',
        '0.1',
        '-W',
        '1',
        '-I',
        source,
        target,
      ]);
      expect({ host, answered: exitCode === 0 }).toEqual({ host, answered: false });
    }
    const after = await lab.isp('eth0').counters();
    expect(after.destinations.get(internetAddresses.echo1)?.packets).toBe(
      before.destinations.get(internetAddresses.echo1)?.packets,
    );
    expect(await wrongSources(lab)).toBe(0);
    await lab.services.start();
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
  });

  it.each<{ what: string; rules: string }>([
    { what: 'a mark that the host’s own rules know', rules: 'meta mark set 0x1' },
    { what: 'the mark of another network instance', rules: 'meta mark set 0xe0000012' },
    { what: 'a mark of a flow', rules: 'ct mark set 0x1' },
    {
      what: 'whatever the flow had, kept and restored',
      rules: 'meta mark set ct mark meta mark set 0x5 ct mark set meta mark',
    },
  ])('carries an app on whose packets somebody sets $what', async ({ rules }) => {
    const { lab } = ship;
    await inDevice('ip route add unreachable default table 77');
    await inDevice('ip rule add pref 20000 fwmark 0x1 lookup 77');
    await loadIntoDevice(`table inet somebody_else {
      chain early { type filter hook prerouting priority mangle; ${rules}; }
      chain late { type filter hook postrouting priority mangle; ct mark set meta mark; }
    }`);
    try {
      const { agent } = lab.app('app1');
      const { stream } = await agent.call('startUdpStream', {
        address: internetAddresses.echo1,
        port: servicePorts.echo,
        intervalMs: 10,
      });
      const { session } = await agent.call('startTcpSession', {
        address: internetAddresses.echo1,
        port: servicePorts.echo,
        intervalMs: 10,
      });
      const echoed = async (): Promise<number> => (await agent.call('readTcpSession', { session })).echoedLines;
      expect(await waitUntil(async () => (await echoed()) > 20, { timeoutMs: 5_000 })).toBe(true);
      expect((await agent.call('stopTcpSession', { session })).breaks).toEqual([]);
      const { sources, lost } = await agent.call('stopUdpStream', { stream });
      expect(sources.map(({ address }) => address)).toEqual([lab.isp('eth0').publicAddress]);
      expect(lost).toBe(0);
    } finally {
      await inDevice('nft delete table inet somebody_else');
      await inDevice('ip rule del pref 20000');
      await inDevice('ip route del default table 77');
    }
  });

  it('leaves the host’s own marks to the host', async () => {
    await inDevice('ip route add default dev sat0 table 77');
    await inDevice('ip rule add pref 20000 fwmark 0x1 lookup 77');
    try {
      expect(await inDevice('ip route get 198.51.100.21 mark 0x1')).toContain('dev sat0 table 77');
      expect(await inDevice('ip route get 198.51.100.21 mark 0xf')).not.toContain('table 77');
    } finally {
      await inDevice('ip rule del pref 20000');
      await inDevice('ip route del default table 77');
    }
  });

  it('is no router between its uplinks for whoever sits behind one of them', async () => {
    const { lab } = ship;
    const { leaseAddress } = lab.isp('eth0');
    const { gateway } = lab.topology.ports.wwan0;
    const routed = ['ip', 'route', 'replace', `${gateway}/32`, 'via', leaseAddress] as const;
    expect((await lab.exec('isp-eth0', routed)).exitCode).toBe(0);
    const ping = await lab.exec('isp-eth0', ['busybox', 'ping', '-c', '3', '-i', '0.1', '-W', '1', gateway]);
    expect(ping.exitCode).not.toBe(0);
    expect(await wrongSources(lab)).toBe(0);
    expect(await inDevice('nft list counter inet eve_uplink between_uplinks')).toContain('packets 3 ');
    await lab.exec('isp-eth0', ['ip', 'route', 'del', `${gateway}/32`]);
  });
});
