import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { portMaps, waitUntil } from '../../lab/index.js';
import { launchShip, type Ship } from './ship.js';

const runFile = promisify(execFile);

type Service = 'zedagent' | 'nim' | 'zedrouter';

/** The calls of the README, made by a client that knows nothing but what reflection tells it. */
describe('a client with nothing but reflection', () => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip();
  });

  afterAll(async () => {
    await ship.destroy();
  });

  const buf = join(process.cwd(), 'node_modules/.bin/buf');
  const curlArguments = (service: Service, method: string, request: string): readonly string[] => [
    ...['curl', '--protocol', 'grpc', '--http2-prior-knowledge'],
    ...['--unix-socket', `${ship.lab.runDir}/${service}.sock`, '--data', request, `http://localhost/${method}`],
  ];

  async function curl(service: Service, method: string, request = '{}'): Promise<unknown> {
    const { stdout } = await runFile(buf, curlArguments(service, method, request));
    return JSON.parse(stdout);
  }

  /** The first message of a stream, which is then left. */
  async function firstOf(service: Service, method: string, request: string): Promise<unknown> {
    const child = spawn(buf, curlArguments(service, method, request), { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      let text = '';
      for await (const chunk of child.stdout) {
        text += String(chunk);
        try {
          return JSON.parse(text);
        } catch {
          // Not whole yet.
        }
      }
      throw new Error(`${method} ended after: ${text}`);
    } finally {
      child.kill();
    }
  }

  it.each<{ service: Service; method: string; request?: string; want: object }>([
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
      method: 'org.lfedge.eve.nim.v1.NetworkInterfaceManagerService/Evaluate',
      request: '{"ports":[{"port":"eth0","state":"ASSUMED_PORT_STATE_DOWN"}]}',
      want: { lines: expect.arrayContaining([expect.stringContaining('default would go from eth0 to wwan0 at once')]) },
    },
    {
      service: 'nim',
      method: 'org.lfedge.eve.nim.v1.NetworkInterfaceManagerService/TestPorts',
      request: '{"ports":["eth0"]}',
      want: { results: [{ logicalLabel: 'eth0', usable: true }] },
    },
    {
      service: 'nim',
      method: 'org.lfedge.eve.nim.v1.PortAuthorizationService/AuthorizePort',
      request: '{"operation":"NETWORK_OPERATION_APP_IMAGE_DOWNLOAD","port":"sat0"}',
      want: { reasons: [{ code: 'CANDIDATE_REASON_CODE_PRIORITY_NOT_ALLOWED' }], port: { logicalLabel: 'sat0' } },
    },
    {
      service: 'nim',
      method: 'org.lfedge.eve.nim.v1.PortAuthorizationService/ListAuthorizedPorts',
      request: '{"operation":"NETWORK_OPERATION_CONTROLLER"}',
      want: { authorizations: { ports: [{ logicalLabel: 'eth0', rank: 1 }, { rank: 2 }, { rank: 3 }] } },
    },
    {
      service: 'zedagent',
      method: 'org.lfedge.eve.zedagent.v1.PolicyService/GetPolicy',
      want: {
        configVersion: '1',
        ports: [{ logicalLabel: 'eth0' }, { logicalLabel: 'wwan0' }, { logicalLabel: 'sat0' }],
      },
    },
    {
      service: 'zedagent',
      method: 'org.lfedge.eve.zedagent.v1.PolicyService/UpdatePolicy',
      request: '{"patch":{"ports":[{"logical_label":"wwan0","priority":5}]},"dry_run":true}',
      want: { policyVersion: '1', changes: ['priority of wwan0: 1 (configuration) -> 5 (override)'] },
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

  it('makes a grant, sees it in the stream and in the list, and revokes it', async () => {
    const policy = 'org.lfedge.eve.zedagent.v1.PolicyService';
    const made = (await curl(
      'zedagent',
      `${policy}/CreateGrant`,
      '{"operation":"NETWORK_OPERATION_APP_IMAGE_DOWNLOAD","priorities":[2],"lifetime":"7200s","reason":"crew change"}',
    )) as { grant: { id: string } };
    const { id } = made.grant;
    expect(
      await waitUntil(
        async () => {
          const answer = await firstOf(
            'nim',
            'org.lfedge.eve.nim.v1.PortAuthorizationService/WatchAuthorizedPorts',
            '{"operation":"NETWORK_OPERATION_APP_IMAGE_DOWNLOAD"}',
          );
          return JSON.stringify(answer).includes('"sat0","interface":"sat0","priority":2,"sourceAddresses"');
        },
        { timeoutMs: 10_000 },
      ),
    ).toBe(true);
    expect(await curl('zedagent', `${policy}/ListGrants`)).toMatchObject({ grants: [{ id, reason: 'crew change' }] });
    expect(await curl('zedagent', `${policy}/RevokeGrant`, JSON.stringify({ id }))).toMatchObject({
      changes: [expect.stringContaining(`grant ${id} revoked`)],
    });
    expect(await curl('zedagent', `${policy}/ListGrants`)).not.toHaveProperty('grants');
  });
});
