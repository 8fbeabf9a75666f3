import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { portMaps } from '../lab/index.js';
import { launchShip, type Ship } from './ship.js';

const runFile = promisify(execFile);

/** The calls of the README, made by a client that knows nothing but what reflection tells it. */
describe('a client with nothing but reflection', () => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip();
  });

  afterAll(async () => {
    await ship.destroy();
  });

  async function curl(service: 'zedagent' | 'nim' | 'zedrouter', method: string, request = '{}'): Promise<unknown> {
    const { stdout } = await runFile(join(process.cwd(), 'node_modules/.bin/buf'), [
      ...['curl', '--protocol', 'grpc', '--http2-prior-knowledge'],
      ...['--unix-socket', `${ship.lab.runDir}/${service}.sock`, '--data', request, `http://localhost/${method}`],
    ]);
    return JSON.parse(stdout);
  }

  it.each<{ service: 'zedagent' | 'nim' | 'zedrouter'; method: string; request?: string; want: object }>([
    {
      service: 'zedagent',
      method: 'org.lfedge.eve.zedagent.v1.DeviceConfigService/GetConfig',
      want: { deviceConfig: { version: '1', config: { deviceName: 'ship' } } },
    },
    {
      service: 'zedagent',
      method: 'org.lfedge.eve.zedagent.v1.DeviceConfigService/PushConfig',
      request: '{"config":{},"dry_run":true}',
      want: { version: '2', changed: true },
    },
    {
      service: 'nim',
      method: 'org.lfedge.eve.nim.v1.NetworkInterfaceManagerService/GetDeviceNetworkStatus',
      want: {
        deviceNetworkStatus: { ports: expect.arrayContaining([expect.objectContaining({ logicalLabel: 'eth0' })]) },
      },
    },
    {
      service: 'nim',
      method: 'org.lfedge.eve.nim.v1.NetworkInterfaceManagerService/ListNetworkInstanceTestStatus',
      request: '{"network_instances":["default"]}',
      want: { statuses: [{ displayName: 'default', selectedPort: { logicalLabel: 'eth0' } }] },
    },
    {
      service: 'nim',
      method: 'org.lfedge.eve.nim.v1.NetworkInterfaceManagerService/Explain',
      request: '{"operation":"NETWORK_OPERATION_BASE_IMAGE_DOWNLOAD"}',
      want: { lines: expect.arrayContaining([expect.stringContaining('eth0')]) },
    },
    {
      service: 'nim',
      method: 'org.lfedge.eve.nim.v1.NetworkInterfaceManagerService/ListEvents',
      request: '{"limit":1}',
      want: { events: [{ sequence: expect.any(String) }] },
    },
    {
      service: 'zedrouter',
      method: 'org.lfedge.eve.zedrouter.v1.NetworkRouterService/ListNetworkInstanceStatus',
      request: '{"network_instances":["default"]}',
      want: { statuses: [{ displayName: 'default', state: 'APPLY_STATE_APPLIED', interfaceInUse: 'eth0' }] },
    },
    {
      service: 'zedrouter',
      method: 'org.lfedge.eve.zedrouter.v1.NetworkRouterService/ListPortMaps',
      request: '{"network_instances":["default"]}',
      want: {
        portMaps: expect.arrayContaining([
          expect.objectContaining({ externalPort: portMaps.app1.tcpEcho, protocol: 'tcp', openOn: 'eth0' }),
        ]),
      },
    },
    {
      service: 'zedrouter',
      method: 'org.lfedge.eve.zedrouter.v1.NetworkRouterService/GetDataplane',
      want: { nft: expect.stringContaining('table inet eve_uplink'), rules: expect.stringContaining('lookup 501') },
    },
    { service: 'nim', method: 'grpc.health.v1.Health/Check', want: { status: 'SERVING' } },
  ])('calls $method', async ({ service, method, request, want }) => {
    expect(await curl(service, method, request)).toMatchObject(want);
  });
});
