import { run } from 'iproute-exec';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import {
  NetworkInterfaceManagerServiceClient,
  type GetDeviceNetworkStatusResponse,
} from '../../gen/nim/v1/network_interface_manager.js';
import type { PortStatus } from '../../gen/nim/v1/port_status.js';
import { call, connectTo } from '../../lib/rpc/index.js';
import { networkInstanceOf, portNames, waitUntil, type HostName, type Lab, type PortName } from '../../lab/index.js';
import { goesOutBy, launchShip, wrongSources, type Ship } from './ship.js';

/** A network behind a second router on eth0's link, and one behind an interface of the device that is no port. */
const BEHIND_ROUTER = '10.50.0.1';
const BEHIND_LAN = '10.60.0.2';

const TIMEOUT_MS = 10_000;

describe('a ship whose ports lead out in every way that hosts know', () => {
  let ship: Ship;
  let nim: NetworkInterfaceManagerServiceClient;

  beforeAll(async () => {
    ship = await launchShip({ services: { controller: true } });
    nim = connectTo(NetworkInterfaceManagerServiceClient, `unix:${ship.lab.runDir}/nim.sock`);
  });

  afterAll(async () => {
    try {
      expect(await wrongSources(ship.lab)).toBe(0);
    } finally {
      nim.close();
      await ship.destroy();
    }
  });

  /** `ip` in a host, a command a line; all in one process. */
  async function ip(host: HostName, ...commands: readonly string[]): Promise<void> {
    await run('ip', ['-batch', '-'], { namespace: ship.lab.namespace(host), input: `${commands.join('\n')}\n` });
  }

  async function nft(host: HostName, script: string): Promise<string> {
    const { stdout } = await run('nft', ['-f', '-'], { namespace: ship.lab.namespace(host), input: script });
    return stdout;
  }

  /** Whether a host answers an echo request that goes out as the words say (`-I eth0`). */
  async function reaches(host: HostName, address: string, ...words: readonly string[]): Promise<boolean> {
    const { exitCode } = await ship.lab.exec(host, ['ping', '-c', '1', '-W', '1', ...words, address]);
    return exitCode === 0;
  }

  async function statusOf(port: PortName): Promise<PortStatus | undefined> {
    const answer: GetDeviceNetworkStatusResponse = await call(
      nim,
      'getDeviceNetworkStatus',
      {},
      { timeoutMs: TIMEOUT_MS },
    );
    return answer.deviceNetworkStatus?.ports.find(({ logicalLabel }) => logicalLabel === port);
  }

  async function explained(): Promise<string> {
    const subject = { $case: 'networkInstance', value: networkInstanceOf.app1 } as const;
    return (await call(nim, 'explain', { subject }, { timeoutMs: TIMEOUT_MS })).lines.join('\n');
  }

  it('leaves a port whose default route goes and stays away, asks nobody on its link, and says why', async () => {
    const { lab, watch } = ship;
    const { gateway, metric } = lab.topology.ports.eth0;
    // A test that is under way ends its connection.
    await call(nim, 'testPorts', { ports: ['eth0'] }, { timeoutMs: 30_000 });
    // Whoever has no route looks for hosts of the internet on the link.
    await nft(
      'isp-eth0',
      `table arp asked { chain input { type filter hook input priority 0
        arp operation request arp daddr ip 198.51.100.0/24 counter
      }
      }`,
    );
    await ip('device', `route del default via ${gateway} dev eth0 metric ${metric}`);
    await watch.applied('default', 'wwan0');
    expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
    expect(await explained()).toMatch(/default route lost \(eth0: no default route\)[^]*eth0 .*ip route add default/);
    // By hand, too, nothing goes out by it.
    await call(nim, 'testPorts', { ports: ['eth0'] }, { timeoutMs: 30_000 });
    const { stdout } = await run('nft', ['list', 'table', 'arp', 'asked'], { namespace: lab.namespace('isp-eth0') });
    // One test may begin in the quarter of a second in which the route may come back: the kernel asks three times.
    expect(stdout).toMatch(/counter packets [0-3] /);
    await ip('device', `route add default via ${gateway} dev eth0 metric ${metric}`);
    await watch.applied('default', 'eth0');
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
  });

  it('goes out by a port without a gateway, as raw IP, PPP and tunnels have none', async () => {
    const { lab, watch } = ship;
    const { metric } = lab.topology.ports.wwan0;
    const { stdout } = await lab.exec('device', ['cat', '/sys/class/net/wwan0/address']);
    // Without ARP a frame carries the sender's own address; the other end takes it where it has the same.
    await ip('isp-wwan0', `link set customer address ${stdout.trim()}`, 'link set customer arp off');
    await ip('device', 'link set wwan0 arp off', `route replace default dev wwan0 metric ${metric}`);
    expect(
      await waitUntil(async () => (await statusOf('wwan0'))?.routes[0]?.gateway === '', { timeoutMs: TIMEOUT_MS }),
    ).toBe(true);
    await lab.pullCable('eth0');
    await watch.applied('default', 'wwan0');
    expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
    expect(await goesOutBy(lab, 'app2', 'wwan0')).toBe(true);
    await lab.plugCable('eth0');
    await watch.applied('default', 'eth0');
  });

  it('takes no network from the host, and gives it to the apps', async () => {
    const { lab } = ship;
    const { subnet } = lab.topology.ports.eth0;
    const own = lab.isp('eth0').leaseAddress;
    const router = subnet.replace(/0$/, '254');
    const shore = `${lab.topology.prefix}shore`;
    const onShore = (...commands: readonly string[]): Promise<unknown> =>
      run('ip', ['-n', shore, '-batch', '-'], { input: `${commands.join('\n')}\n` });
    await run('ip', ['netns', 'add', shore]);
    lab.beforeDestroy(async () => {
      await run('ip', ['netns', 'del', shore], { allowFailure: true });
    });
    await ip('isp-eth0', 'link add link customer name shore type macvlan mode bridge', `link set shore netns ${shore}`);
    await ip('device', `link add lan0 type veth peer name lan netns ${shore}`);
    await onShore(
      ...[
        'link set lo up',
        'link set shore up',
        `addr add ${router}/24 dev shore`,
        `addr add ${BEHIND_ROUTER}/32 dev lo`,
      ],
      ...['link set lan up', `addr add ${BEHIND_LAN}/24 dev lan`],
    );
    await ip(
      'device',
      ...['link set lan0 up', 'addr add 10.60.0.1/24 dev lan0', `route add 10.50.0.0/16 via ${router} dev eth0`],
    );
    expect(await waitUntil(() => reaches('app1', BEHIND_ROUTER), { timeoutMs: TIMEOUT_MS })).toBe(true);
    expect(await reaches('device', BEHIND_ROUTER)).toBe(true);
    expect(await reaches('device', BEHIND_ROUTER, '-I', 'eth0')).toBe(true);
    expect(await reaches('device', BEHIND_ROUTER, '-I', own)).toBe(true);
    // From the port's address to a network that is not the port's.
    expect(await reaches('device', BEHIND_LAN, '-I', own)).toBe(true);
    // The answer to somebody there.
    const answers = await run('ping', ['-c', '1', '-W', '1', '-I', BEHIND_ROUTER, own], {
      namespace: shore,
      allowFailure: true,
    });
    expect(answers.exitCode).toBe(0);
    await ip('device', `route del 10.50.0.0/16 via ${router} dev eth0`, 'link del lan0');
    expect(await waitUntil(async () => !(await reaches('app1', BEHIND_ROUTER)), { timeoutMs: TIMEOUT_MS })).toBe(true);
  });

  it.each([
    ['of management', ''],
    ['that is deprecated', ' valid_lft 900 preferred_lft 0'],
  ])('leaves with the address of the route, where an address %s comes first', async (_which, lifetime) => {
    const { lab, watch } = ship;
    const { leaseAddress } = lab.isp('eth0');
    const { gateway, metric } = lab.topology.ports.eth0;
    const wayOut = `route add default via ${gateway} dev eth0 metric ${metric}`;
    await ip('device', `addr del ${leaseAddress}/24 dev eth0`, `addr add 192.168.100.2/24 dev eth0${lifetime}`);
    await watch.applied('default', 'wwan0');
    await ip('device', `addr add ${leaseAddress}/24 dev eth0`, wayOut);
    await watch.applied('default', 'eth0');
    expect((await statusOf('eth0'))?.addresses.map(({ address }) => address)).toEqual(['192.168.100.2', leaseAddress]);
    expect((await statusOf('eth0'))?.sourceAddress).toBe(leaseAddress);
    const { results } = await call(nim, 'testPorts', { ports: ['eth0'] }, { timeoutMs: 30_000 });
    expect(results.flatMap(({ targets }) => targets.map(({ lastError }) => lastError))).toEqual(['']);
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    await ip('device', 'addr del 192.168.100.2/24 dev eth0');
  });

  it('stays where the lease is renewed, and where the same address and route are put anew in one go', async () => {
    const { lab, watch } = ship;
    const { leaseAddress } = lab.isp('eth0');
    const { gateway, metric } = lab.topology.ports.eth0;
    const switches = async (): Promise<number> => {
      const { events } = await call(nim, 'listEvents', { afterSequence: 0n, limit: 0 }, { timeoutMs: TIMEOUT_MS });
      return events.filter(({ kind }) => kind?.$case === 'selectionChanged').length;
    };
    const before = await switches();
    await ip(
      'device',
      `addr change ${leaseAddress}/24 dev eth0 valid_lft 900 preferred_lft 900`,
      'addr add 192.168.100.3/32 dev eth0',
    );
    // Whoever knows of the second has heard of the first.
    expect(
      await waitUntil(async () => (await statusOf('eth0'))?.addresses.length === 2, { timeoutMs: TIMEOUT_MS }),
    ).toBe(true);
    expect(await switches()).toBe(before);
    await ip('device', 'addr del 192.168.100.3/32 dev eth0');
    await ip(
      'device',
      `addr del ${leaseAddress}/24 dev eth0`,
      `addr add ${leaseAddress}/24 dev eth0`,
      `route replace default via ${gateway} dev eth0 metric ${metric}`,
    );
    await watch.applied('default', 'eth0');
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
  });

  it('leaves a port whose lease names no router', async () => {
    const { lab, watch } = ship;
    await lab.isp('eth0').tellRouter(false);
    await lab.renewAddress('eth0');
    await watch.applied('default', 'wwan0');
    await lab.waitForLease('eth0');
    expect(
      await waitUntil(async () => /eth0 .*no default route/.test(await explained()), { timeoutMs: TIMEOUT_MS }),
    ).toBe(true);
    await lab.isp('eth0').tellRouter(true);
    await lab.renewAddress('eth0');
    await watch.applied('default', 'eth0');
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
  });
});

describe('a ship whose ports have static addresses', () => {
  it('leaves one that was set down and up, and has its address and no route any more, and says why', async () => {
    const inDevice = (lab: Lab, ...commands: readonly string[]): Promise<unknown> =>
      run('ip', ['-batch', '-'], { namespace: lab.namespace('device'), input: `${commands.join('\n')}\n` });
    const wayOut = ({ topology: { ports } }: Lab, port: PortName): string =>
      `route add default via ${ports[port].gateway} dev ${port} metric ${ports[port].metric}`;
    const ship = await launchShip({
      beforeServices: async (each) => {
        await each.leavePortsToHost();
        const addresses = portNames.map((port) => `addr add ${each.isp(port).leaseAddress}/24 dev ${port}`);
        await inDevice(each, ...addresses, ...portNames.map((port) => wayOut(each, port)));
      },
    });
    const { lab, watch } = ship;
    const nim = connectTo(NetworkInterfaceManagerServiceClient, `unix:${lab.runDir}/nim.sock`);
    try {
      await inDevice(lab, 'link set eth0 down', 'link set eth0 up');
      await watch.applied('default', 'wwan0');
      const subject = { $case: 'networkInstance', value: networkInstanceOf.app1 } as const;
      const saysWhy = async (): Promise<boolean> =>
        /eth0 .*no default route/.test(
          (await call(nim, 'explain', { subject }, { timeoutMs: TIMEOUT_MS })).lines.join('\n'),
        );
      expect(await waitUntil(saysWhy, { timeoutMs: TIMEOUT_MS })).toBe(true);
      expect(await lab.portAddress('eth0')).toBe(lab.isp('eth0').leaseAddress);
      expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
      await inDevice(lab, wayOut(lab, 'eth0'));
      await watch.applied('default', 'eth0');
      expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    } finally {
      nim.close();
      await ship.destroy();
    }
  });
});
