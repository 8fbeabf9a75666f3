import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from 'iproute-exec';

import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import { NetworkInstanceConfig, ZNetworkInstType } from '../../gen/config/netinst.js';
import { ACE } from '../../gen/config/fw.js';
import { NetworkRouterServiceClient, type NetworkInstanceStatus } from '../../gen/zedrouter/v1/network_router.js';
import { call, connectTo } from '../../lib/rpc/index.js';
import { createTestLab, waitUntil, type Lab } from '../../lab/index.js';
import { ISP_TABLE } from '../../lab/isp/ruleset.js';
import { CUSTOMER_INTERFACE } from '../../lab/topology.js';
import { SelectionWatch } from '../bench/selection-watch.js';
import { goesOutBy } from './ship.js';

const NAME = 'machines';
const ID = '0a79c0de-0000-4000-8000-000000000004';
/** Of servers in the network behind the switch; the list lets app1 ask the first alone. */
const [OPEN, CLOSED] = [7_101, 7_102];

/**
 * A ship whose eth0 is a bridge of the host, by which apps of a local network instance leave, and whose sat0 has no
 * address and belongs to a switch. app1 is on the switch, app2 on the local network instance.
 */
describe('a switch, and a bridge of the host as a port', () => {
  let lab: Lab;
  let watch: SelectionWatch;
  let router: NetworkRouterServiceClient;
  let session: number;

  function configuration(port: 'sat0' | 'eth0'): EdgeDevConfig {
    const config = lab.configuration({ failbackHoldSeconds: 0 });
    const [eth0] = config.deviceIoList;
    if (eth0 !== undefined) eth0.phyaddrs = { ifname: 'br0' };
    for (const adapter of config.systemAdapterList) if (adapter.name === 'sat0') adapter.networkUUID = '';
    config.networkInstances.push(
      NetworkInstanceConfig.fromPartial({
        ...{ uuidandversion: { uuid: ID, version: '1' }, displayname: NAME, activate: true, port: { name: port } },
        instType: ZNetworkInstType.ZnetInstSwitch,
      }),
    );
    for (const each of config.apps[0]?.interfaces ?? []) {
      each.networkId = ID;
      each.addr = '';
      each.acls = [
        ACE.fromPartial({
          id: 1,
          matches: [
            { type: 'protocol', value: 'tcp' },
            { type: 'fport', value: String(OPEN) },
          ],
        }),
      ];
    }
    return config;
  }

  /** Gives app1, and nobody else, an address in the network of a port. */
  async function serveLease(port: 'sat0', address: string): Promise<void> {
    const { ispNamespace: namespace, gateway } = lab.topology.ports[port];
    await lab.stopDhcp(port);
    const pidFile = join(lab.folder, `lease-${port}.pid`);
    const words = ['--conf-file=/dev/null', '--port=0', '--user=root', `--interface=${CUSTOMER_INTERFACE}`];
    words.push('--bind-interfaces', `--dhcp-range=${address},static,2m`, `--dhcp-option=3,${gateway}`);
    words.push(`--dhcp-host=${lab.topology.apps.app1.macAddress},${address}`, `--pid-file=${pidFile}`);
    words.push(`--dhcp-leasefile=${join(lab.folder, `lease-${port}`)}`);
    await run('dnsmasq', words, { namespace });
    lab.beforeDestroy(async () => {
      await run('pkill', ['-F', pidFile], { allowFailure: true });
    });
  }

  /** Has the network of a port take app1 for one of its own, with two servers to ask. */
  async function serve(port: 'sat0' | 'eth0', address: string): Promise<void> {
    const { ispNamespace: namespace } = lab.topology.ports[port];
    await run('nft', ['add', 'element', 'inet', ISP_TABLE, 'customers', `{ ${address} }`], { namespace });
    for (const number of [OPEN, CLOSED]) await lab.isp(port).startTcpEcho(number);
  }

  const inDevice = async (...commands: readonly string[]): Promise<void> => {
    await run('ip', ['-batch', '-'], { namespace: lab.namespace('device'), input: `${commands.join('\n')}\n` });
  };

  async function status(): Promise<NetworkInstanceStatus | undefined> {
    const { statuses } = await call(
      router,
      'listNetworkInstanceStatus',
      { networkInstances: [NAME] },
      { timeoutMs: 10_000 },
    );
    return statuses[0];
  }

  const until = async (holds: (status: NetworkInstanceStatus) => boolean): Promise<void> => {
    const isSo = async (): Promise<boolean> => {
      // While it is dead nobody answers.
      const told = await status().catch(() => undefined);
      return told !== undefined && holds(told);
    };
    expect(await waitUntil(isSo, { timeoutMs: 20_000, everyMs: 50 })).toBe(true);
  };

  const startSession = async (port: 'sat0' | 'eth0', number: number): Promise<number> => {
    const { gateway: address } = lab.topology.ports[port];
    const spec = { address, port: number, intervalMs: 20, connectTimeoutMs: 500 };
    return (await lab.app('app1').agent.call('startTcpSession', spec)).session;
  };
  const goesOn = async (): Promise<boolean> => {
    const echoed = async () => (await lab.app('app1').agent.call('readTcpSession', { session })).echoedLines;
    const before = await echoed();
    return waitUntil(async () => (await echoed()) > before + 3, { timeoutMs: 15_000 });
  };

  beforeAll(async () => {
    lab = await createTestLab();
    const { leaseAddress, prefixLength, gateway, metric } = lab.topology.ports.eth0;
    await Promise.all([lab.leavePortToHost('eth0'), lab.leavePortToHost('sat0')]);
    await inDevice(
      'link add br0 type bridge',
      'link set eth0 master br0',
      'link set br0 up',
      `address add ${leaseAddress}/${prefixLength} dev br0`,
      `route add default via ${gateway} dev br0 metric ${metric}`,
    );
    await serve('sat0', '100.64.0.77');
    await serveLease('sat0', '100.64.0.77');
    router = connectTo(NetworkRouterServiceClient, `unix:${lab.runDir}/zedrouter.sock`);
    await lab.startServices({ separate: true, logLevel: 'warn' });
    await lab.pushConfig(configuration('sat0'));
    watch = new SelectionWatch(lab.runDir);
    lab.beforeDestroy(() => watch.close());
    await watch.applied(NAME, 'sat0');
  });

  afterAll(async () => {
    router.close();
    await lab.destroy();
  });

  it('gives its app an address of the network behind its port, and lets pass what the list allows', async () => {
    expect(await lab.app('app1').waitForAddress(20_000)).toBe('100.64.0.77');
    session = await startSession('sat0', OPEN);
    expect(await goesOn()).toBe(true);
    await until(({ appInterfaces }) => appInterfaces[0]?.address === '100.64.0.77');
    expect(await status()).toMatchObject({ interfaceInUse: 'sat0', armedPorts: ['sat0'], errors: [], obstacles: [] });
    const { session: denied } = { session: await startSession('sat0', CLOSED) };
    const { gateway: address } = lab.topology.ports.sat0;
    const answer = await lab.app('app1').agent.call('askTcp', { address, port: CLOSED, timeoutMs: 500 });
    expect(answer.kind).toBe('failed');
    expect((await lab.app('app1').agent.call('stopTcpSession', { session: denied })).echoedLines).toBe(0);
  });

  it('keeps it while zedrouter is dead, and is taken over', async () => {
    await lab.service('zedrouter').kill('SIGKILL');
    expect(await goesOn()).toBe(true);
    await lab.service('zedrouter').start();
    await until(({ interfaceInUse, appInterfaces }) => interfaceInUse === 'sat0' && appInterfaces[0]?.member !== '');
    expect(await goesOn()).toBe(true);
  });

  it('says so while its port has no link, and goes on when it is back', async () => {
    await lab.pullCable('sat0');
    await until(({ interfaceInUse }) => interfaceInUse === '');
    await lab.plugCable('sat0');
    await until(({ interfaceInUse }) => interfaceInUse === 'sat0');
    expect(await goesOn()).toBe(true);
  });

  it('has no part in the others, whose port is a bridge of the host and loses its link', async () => {
    expect(await goesOutBy(lab, 'app2', 'eth0')).toBe(true);
    await lab.pullCable('eth0');
    await watch.applied('business', 'wwan0');
    expect(await goesOutBy(lab, 'app2', 'wwan0')).toBe(true);
    await lab.plugCable('eth0');
    expect(await goesOutBy(lab, 'app2', 'eth0')).toBe(true);
    expect(await goesOn()).toBe(true);
  });

  it('moves to a bridge of the host, which goes on as a port of the others', async () => {
    await lab.app('app1').agent.call('stopTcpSession', { session });
    await serve('eth0', '192.0.2.77');
    await lab.pushConfig(configuration('eth0'));
    await until(({ interfaceInUse }) => interfaceInUse === 'br0');
    // What it would be given there.
    await lab.exec('app1', ['ip', 'address', 'add', '192.0.2.77/24', 'dev', 'eth0']);
    session = await startSession('eth0', OPEN);
    expect(await goesOn()).toBe(true);
    expect(await goesOutBy(lab, 'app2', 'eth0')).toBe(true);
    const { stdout } = await lab.exec('device', ['ip', '-o', 'link', 'show', 'dev', 'sat0']);
    expect(stdout).not.toContain(' master ');
  });
});
