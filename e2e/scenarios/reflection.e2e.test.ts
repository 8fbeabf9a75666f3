import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { configToJson } from '../../lib/configuration/index.js';
import { portMaps, waitUntil } from '../../lab/index.js';
import { launchShip, type Ship } from './ship.js';

const runFile = promisify(execFile);

type Service = 'zedagent' | 'nim' | 'zedrouter';

/** A line of docs/api.md, as a shell would read it. */
interface PageLine {
  readonly line: string;
  readonly service: Service;
  readonly method: string;
  readonly request: string;
}

const variables: Readonly<Record<string, string>> = { $S: '/run/eve-uplink', $P: 'org.lfedge.eve' };

/** The calls of docs/api.md; grpcurl itself is on few machines, so its words are read here, and others are refused. */
function linesOfThePage(): readonly PageLine[] {
  return readFileSync(join(process.cwd(), 'docs', 'api.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('grpcurl ') && !line.endsWith(' list'))
    .map((line) => {
      const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(
        ([, quoted, plain = '']) => quoted ?? plain.replace(/^\$\w/, (name) => variables[name] ?? name),
      );
      const [, plaintext, unix, ...rest] = words;
      const [request = '{}', socket = '', method = ''] = rest[0] === '-d' ? rest.slice(1) : [undefined, ...rest];
      const service = /^\/run\/eve-uplink\/(zedagent|nim|zedrouter)\.sock$/.exec(socket)?.[1] as Service | undefined;
      if (plaintext !== '-plaintext' || unix !== '-unix' || service === undefined)
        throw new Error(`unreadable: ${line}`);
      return { line, service, method, request };
    });
}

const port = (logicalLabel: string): unknown => expect.objectContaining({ logicalLabel });

/** Methods that answer with a stream. */
const streams = /\/(Watch|ListUsage|ListAvailability)/;

/** What each method answers; of a stream, its first message. */
const answers: Readonly<Record<string, object>> = {
  'zedagent.v1.DeviceConfigService/GetConfig': { deviceConfig: { version: '1', config: { deviceName: 'ship' } } },
  'zedagent.v1.DeviceConfigService/GetConfigStatus': { configStatus: { version: '1', author: 'lab' } },
  'zedagent.v1.DeviceConfigService/PushConfig': {
    version: '2',
    changed: true,
    unlikely: expect.arrayContaining([expect.stringContaining('every port')]),
  },
  'zedagent.v1.DeviceConfigService/ListConfigHistory': { versions: [{ version: '2' }, { version: '1' }] },
  'zedagent.v1.DeviceConfigService/RollbackConfig': { fromVersion: '1', push: { version: '3', changed: true } },
  'zedagent.v1.DeviceConfigService/ConfirmConfig': { version: '3' },
  'zedagent.v1.DeviceConfigService/ReturnConfig': { version: '5' },
  'zedagent.v1.DeviceConfigService/WatchConfig': { deviceConfig: { version: '1', config: { deviceName: 'ship' } } },
  'zedagent.v1.PolicyService/GetPolicy': {
    configVersion: '1',
    ports: [{ logicalLabel: 'eth0' }, { logicalLabel: 'wwan0' }, { logicalLabel: 'sat0' }],
  },
  'zedagent.v1.PolicyService/UpdatePolicy': {
    policyVersion: '1',
    changes: ['priority of wwan0: 1 (configuration) -> 5 (override)'],
  },
  'zedagent.v1.PolicyService/CreateGrant': { grant: { id: expect.any(String), reason: 'crew change' } },
  'zedagent.v1.PolicyService/ListGrants': { grants: [{ reason: 'crew change' }] },
  'zedagent.v1.PolicyService/RevokeGrant': { changes: [expect.stringContaining('revoked')] },
  'nim.v1.NetworkInterfaceManagerService/GetDeviceNetworkStatus': {
    deviceNetworkStatus: { ports: expect.arrayContaining([port('eth0')]) },
  },
  'nim.v1.NetworkInterfaceManagerService/WatchDeviceNetworkStatus': {
    snapshot: true,
    ports: expect.arrayContaining([port('eth0')]),
  },
  'nim.v1.NetworkInterfaceManagerService/ListNetworkInstanceTestStatus': {
    statuses: [{ displayName: 'default', selectedPort: { logicalLabel: 'eth0' } }],
  },
  'nim.v1.NetworkInterfaceManagerService/WatchNetworkInstanceTestStatus': {
    snapshot: true,
    statuses: expect.arrayContaining([expect.objectContaining({ displayName: 'default' })]),
  },
  'nim.v1.NetworkInterfaceManagerService/Explain': { lines: expect.arrayContaining([expect.stringContaining('eth0')]) },
  'nim.v1.NetworkInterfaceManagerService/Evaluate': {
    lines: expect.arrayContaining([expect.stringContaining('default would go from eth0 to wwan0 at once')]),
  },
  'nim.v1.NetworkInterfaceManagerService/TestPorts': { results: [{ logicalLabel: 'eth0', usable: true }] },
  'nim.v1.NetworkInterfaceManagerService/ListEvents': {
    events: expect.arrayContaining([expect.objectContaining({ sequence: expect.any(String) })]),
  },
  'nim.v1.NetworkInterfaceManagerService/WatchEvents': { event: { sequence: '1' } },
  'nim.v1.PortAuthorizationService/AuthorizePort': {
    reasons: [{ code: 'CANDIDATE_REASON_CODE_PRIORITY_NOT_ALLOWED' }],
    port: { logicalLabel: 'sat0' },
  },
  'nim.v1.PortAuthorizationService/ListAuthorizedPorts': {
    authorizations: { ports: [{ logicalLabel: 'eth0', rank: 1 }, { rank: 2 }, { rank: 3 }] },
  },
  'nim.v1.PortAuthorizationService/WatchAuthorizedPorts': {
    authorizations: { ports: [{ logicalLabel: 'eth0', rank: 1 }] },
  },
  'zedrouter.v1.NetworkRouterService/ListNetworkInstanceStatus': {
    statuses: [{ displayName: 'default', state: 'APPLY_STATE_APPLIED', interfaceInUse: 'eth0' }],
  },
  'zedrouter.v1.NetworkRouterService/WatchNetworkInstanceStatus': {
    snapshot: true,
    statuses: expect.arrayContaining([expect.objectContaining({ displayName: 'default' })]),
  },
  'nim.v1.NetworkInterfaceManagerService/ListAvailability': {
    period: { length: '3600s', ports: expect.arrayContaining([port('eth0')]) },
  },
  'nim.v1.NetworkInterfaceManagerService/ListOutages': {},
  'zedrouter.v1.NetworkRouterService/ListUsage': { period: { length: '3600s' } },
  'zedrouter.v1.NetworkRouterService/ListPortMaps': {
    portMaps: expect.arrayContaining([
      expect.objectContaining({ externalPort: portMaps.app1.tcpEcho, protocol: 'tcp', openOn: 'eth0' }),
    ]),
  },
  'zedrouter.v1.NetworkRouterService/ExplainAccess': {
    explanations: [expect.objectContaining({ appName: 'app1', verdict: 'ACCESS_VERDICT_ALLOWED', entryId: 1 })],
  },
  'zedrouter.v1.NetworkRouterService/GetDataplane': {
    nft: expect.stringContaining('table inet eve_uplink'),
    rules: expect.stringContaining('lookup 501'),
  },
  'grpc.health.v1.Health/Check': { status: 'SERVING' },
};

/** The calls of docs/api.md, made by a client that knows nothing but what reflection tells it. */
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
        // More than one message may come at once; each ends with a brace of its own.
        const [whole] = /^\{.*?^\}$/ms.exec(text) ?? [];
        if (whole !== undefined) return JSON.parse(whole);
      }
      throw new Error(`${method} ended after: ${text}`);
    } finally {
      child.kill();
    }
  }

  it('knows an answer to every call of the page, and the page a call for every answer', () => {
    const called = linesOfThePage().map(({ method }) => method.replace('org.lfedge.eve.', ''));
    expect([...called].sort()).toEqual(Object.keys(answers).sort());
  });

  // In the page's order: a grant is made before it is listed and revoked.
  it.each(linesOfThePage())('$line', async ({ service, method, request }) => {
    const name = method.replace('org.lfedge.eve.', '');
    // Of a former version and of one to confirm there must be one first.
    if (name.endsWith('/ListConfigHistory')) await pushNamed('second');
    if (name.endsWith('/ConfirmConfig')) await pushNamed('third', '60s');
    if (name.endsWith('/ReturnConfig')) await pushNamed('fourth', '60s');
    // The page cannot know the id of the grant that the line before has made.
    const own = name.endsWith('/RevokeGrant') ? JSON.stringify({ id: await onlyGrant() }) : request;
    const answer = await (streams.test(name) ? firstOf : curl)(service, method, own);
    expect(answer).toMatchObject(answers[name] ?? { answer: 'in the table' });
  });

  /** A version that differs in what does not concern the network. */
  async function pushNamed(deviceName: string, confirmWithin?: string): Promise<void> {
    const config = configToJson({ ...ship.lab.configuration({ failbackHoldSeconds: 0 }), deviceName });
    const request = { config, ...(confirmWithin === undefined ? {} : { confirmWithin }) };
    await curl('zedagent', 'org.lfedge.eve.zedagent.v1.DeviceConfigService/PushConfig', JSON.stringify(request));
  }

  async function onlyGrant(): Promise<string> {
    const { grants } = (await curl('zedagent', 'org.lfedge.eve.zedagent.v1.PolicyService/ListGrants')) as {
      readonly grants: readonly { readonly id: string }[];
    };
    expect(grants).toHaveLength(1);
    return grants[0]?.id ?? '';
  }

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
