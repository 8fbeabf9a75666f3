import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { NetworkConfig } from '../../gen/config/netconfig.js';
import { NetworkInstanceTest } from '../../gen/config/uplink.js';
import { proxyProto } from '../../gen/evecommon/netcmn.js';
import { PortTestState } from '../../gen/evecommon/uplink.js';
import { NetworkInterfaceManagerServiceClient } from '../../gen/nim/v1/network_interface_manager.js';
import { call, connectTo } from '../../lib/rpc/index.js';
import { DownloadProcess, fileBytes, internetAddresses, servicePorts, waitUntil } from '../../lab/index.js';
import { goesOutBy, launchShip, sourceSeen, wrongSources, type Ship } from './ship.js';

const PROXY_PORT = 3128;
const SIZE = 3_000_000;
const PROXIED_NETWORK = '0a000000-0000-4000-8000-00000000d4ca';

describe('a port that reaches the internet by a proxy alone', () => {
  let ship: Ship;
  let nim: NetworkInterfaceManagerServiceClient;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eve-uplink-proxy-'));
    ship = await launchShip({ services: { controller: true } });
    nim = connectTo(NetworkInterfaceManagerServiceClient, `unix:${ship.lab.runDir}/nim.sock`);
    await ship.lab.isp('eth0').startProxy(PROXY_PORT);
    await ship.lab.killInternetBehind('eth0');
  });

  afterAll(async () => {
    nim.close();
    expect(await wrongSources(ship.lab)).toBe(0);
    await ship.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  async function isInState(state: PortTestState): Promise<boolean> {
    const { deviceNetworkStatus } = await call(nim, 'getDeviceNetworkStatus', {}, { timeoutMs: 5_000 });
    return deviceNetworkStatus?.ports.find(({ logicalLabel }) => logicalLabel === 'eth0')?.testState === state;
  }

  /**
   * The proxy is named for eth0; the first network instance has the echo server as its target where that is asked for.
   */
  async function push({ hasTarget }: { readonly hasTarget: boolean }): Promise<void> {
    const { lab } = ship;
    const configuration = lab.configuration({ failbackHoldSeconds: 0 });
    const [dhcp] = configuration.networks;
    if (dhcp === undefined) throw new Error('the ship has no network');
    const server = lab.topology.ports.eth0.gateway;
    const proxies = [proxyProto.PROXY_HTTP, proxyProto.PROXY_HTTPS].map((proto) => ({
      proto,
      server,
      port: PROXY_PORT,
    }));
    await lab.pushConfig({
      ...configuration,
      networks: [dhcp, NetworkConfig.fromPartial({ ...dhcp, id: PROXIED_NETWORK, entProxy: { proxies } })],
      systemAdapterList: configuration.systemAdapterList.map((adapter) =>
        adapter.name === 'eth0' ? { ...adapter, networkUUID: PROXIED_NETWORK } : adapter,
      ),
      networkInstances: configuration.networkInstances.map((one, index) =>
        index > 0 || !hasTarget
          ? one
          : {
              ...one,
              test: NetworkInstanceTest.fromPartial({
                ...one.test,
                ...{
                  target: `tcp://${internetAddresses.echo}:${servicePorts.echo}`,
                  interval: { seconds: 1n, nanos: 0 },
                },
              }),
            },
      ),
    });
  }

  it('has the controller fail, and answer by the proxy', async () => {
    const eventually = { timeoutMs: 30_000, everyMs: 50 };
    expect(await waitUntil(() => isInState(PortTestState.PORT_TEST_STATE_FAILING), eventually)).toBe(true);
    await push({ hasTarget: false });
    expect(await waitUntil(() => isInState(PortTestState.PORT_TEST_STATE_WORKING), eventually)).toBe(true);
  });

  it('brings downloads by the proxy', async () => {
    const { lab } = ship;
    const hash = createHash('sha256');
    for (const piece of fileBytes(0, SIZE - 1)) hash.update(piece);
    const sha256 = hash.digest('hex');
    const file = join(folder, 'image');
    const before = (await lab.isp('eth0').counters()).destinations.get(internetAddresses.web)?.packets ?? 0;
    const download = await DownloadProcess.start(lab, [
      ...[`http://web.example/bytes/${SIZE}`, '-o', file, '--operation', 'app-image', '--sha256', sha256],
    ]);
    await download.exited;
    expect(
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    ).toBe(sha256);
    expect(download.all.map(({ kind, port }) => `${kind} ${port ?? ''}`)).toContain('transferring eth0');
    expect((await lab.isp('eth0').counters()).destinations.get(internetAddresses.web)?.packets ?? 0).toBe(before);
  });

  it('carries no app: one with a target of its own goes by another port, one without has no way out', async () => {
    const { lab } = ship;
    expect(await sourceSeen(lab, 'app1')).toBeUndefined();
    await push({ hasTarget: true });
    expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
    expect(await isInState(PortTestState.PORT_TEST_STATE_WORKING)).toBe(true);
  });
});
