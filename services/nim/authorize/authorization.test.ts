import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { whenAborted } from '../../../lib/clock/index.js';
import { eventually } from '../../../lib/clock/testing/eventually.js';
import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import { CandidateReasonCode } from '../../../gen/nim/v1/network_instance_test_status.js';
import {
  PortAuthorizationServiceClient,
  type WatchAuthorizedPortsResponse,
} from '../../../gen/nim/v1/port_authorization.js';
import type { Grant } from '../../../gen/zedagent/v1/policy.js';
import { durationOf, timestampOf } from '../../../lib/configuration/index.js';
import { createLogger } from '../../../lib/observability/index.js';
import { call, connectTo, startServer, type RunningServer } from '../../../lib/rpc/index.js';
import { AuthorizationLists } from './authorization-lists.js';
import { portAuthorizationService } from './authorization-service.js';
import { DecidedDevice } from '../testing/decided-device.js';

const {
  NETWORK_OPERATION_CONTROLLER: CONTROLLER,
  NETWORK_OPERATION_BASE_IMAGE_DOWNLOAD: BASE_IMAGE,
  NETWORK_OPERATION_APP_IMAGE_DOWNLOAD: APP_IMAGE,
} = NetworkOperation;
const options = { timeoutMs: 5_000 };

/** Ports by label with what the configuration says of each. */
function shipOf(ports: Readonly<Record<string, { physical?: object; adapter?: object }>>, more: object = {}): object {
  return {
    deviceIoList: Object.entries(ports).map(([name, { physical }]) => ({
      logicallabel: name,
      phyaddrs: { ifname: name },
      usage: 'PhyIoUsageMgmtAndApps',
      ...physical,
    })),
    systemAdapterList: Object.entries(ports).map(([name, { adapter }]) => ({ name, uplink: true, ...adapter })),
    ...more,
  };
}

const priority = (fallBackPriority: number) => ({ physical: { usagePolicy: { fallBackPriority } } });
const ship = shipOf(
  { sat0: priority(2), eth0: priority(0), eth1: priority(0), wwan0: priority(1) },
  { operationPolicies: [{ operation: 'NETWORK_OPERATION_BASE_IMAGE_DOWNLOAD', allowed: { priorities: [0, 1] } }] },
);
const allUp = { eth0: 'up', eth1: 'up', wwan0: 'up', sat0: 'up' };
const grant: Grant = {
  id: 'ab12',
  operation: APP_IMAGE,
  priorities: [2],
  networkInstanceId: '',
  reason: 'crew change',
  author: 'ops',
  createdAt: timestampOf(0),
  expiresAt: timestampOf(Date.UTC(2026, 2, 1, 14)),
  remaining: undefined,
  endsAtBoottime: durationOf(60_000),
};

let directory: string;
let device: DecidedDevice;
let lists: AuthorizationLists;
let server: RunningServer;
let client: PortAuthorizationServiceClient;
let leaving: AbortController;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'evn-authorization-'));
  device = new DecidedDevice();
  lists = new AuthorizationLists(device.publisher, device.clock);
  leaving = new AbortController();
  lists.follow(leaving.signal);
  const socketPath = join(directory, 'nim.sock');
  server = await startServer({
    socketPath,
    services: [portAuthorizationService(device.publisher, lists)],
    logger: createLogger({ service: 'test', level: 'silent' }),
  });
  client = connectTo(PortAuthorizationServiceClient, `unix:${socketPath}`);
});

afterEach(async () => {
  leaving.abort();
  client.close();
  await server.close();
  await rm(directory, { recursive: true });
});

const authorize = (operation: NetworkOperation, port: string) =>
  call(client, 'authorizePort', { operation, port }, options);

async function listed(operation: NetworkOperation): Promise<string> {
  const { authorizations } = await call(client, 'listAuthorizedPorts', { operation }, options);
  return (authorizations?.ports ?? []).map(({ logicalLabel, group }) => `${logicalLabel}/${group}`).join(' ');
}

function watched(
  operation: NetworkOperation,
  resume = { epoch: '', afterRevision: 0n },
): WatchAuthorizedPortsResponse[] {
  const messages: WatchAuthorizedPortsResponse[] = [];
  const stream = client.watchAuthorizedPorts({ operation, ...resume });
  stream.on('data', (message: WatchAuthorizedPortsResponse) => messages.push(message));
  stream.on('error', () => undefined);
  whenAborted(leaving.signal, () => {
    stream.cancel();
  });
  return messages;
}

describe('AuthorizePort', () => {
  it('permits what policy permits, by label or interface, with all that a caller needs to bind', async () => {
    device.decide(ship, allUp, { overrides: [], grants: [], version: 3n });
    expect(await authorize(BASE_IMAGE, 'wwan0')).toMatchObject({
      allowed: true,
      reasons: [],
      detail: 'wwan0 (priority 1) may be used for base image download',
      policyVersion: 3n,
      configVersion: 1n,
      port: {
        logicalLabel: 'wwan0',
        interface: 'wwan0',
        priority: 1,
        sourceAddresses: [expect.stringMatching(/^192\.0\.2\.\d+$/)],
        gateways: ['192.0.2.254'],
        usable: true,
        rank: 3,
        group: 2,
      },
    });
  });

  it('names each condition that fails', async () => {
    const limited = {
      physical: { usagePolicy: { fallBackPriority: 7, allowedOperations: ['NETWORK_OPERATION_CONTROLLER'] } },
    };
    device.decide(shipOf({ eth0: priority(0), sat0: { ...limited, adapter: { uplink: false } } }), {
      eth0: 'up',
      sat0: 'up',
    });
    const answer = await authorize(APP_IMAGE, 'sat0');
    expect(answer.allowed).toBe(false);
    expect(answer.reasons.map(({ code }) => code)).toEqual([
      CandidateReasonCode.CANDIDATE_REASON_CODE_NOT_MANAGEMENT_PORT,
      CandidateReasonCode.CANDIDATE_REASON_CODE_OPERATION_NOT_ALLOWED_ON_PORT,
      CandidateReasonCode.CANDIDATE_REASON_CODE_PRIORITY_NOT_ALLOWED,
    ]);
    expect(answer.detail).toBe(
      'sat0 (priority 7) may not be used for app image download: app image download uses management ports only; ' +
        'the port is for controller traffic only; ' +
        'priority 7 is above network.download.max.cost (0), and app image download has no policy of its own',
    );
    expect(answer.port).toMatchObject({ logicalLabel: 'sat0', usable: true, rank: 0, group: 0 });
  });

  it('permits a port that is down, and says that it is', async () => {
    device.decide(ship, { ...allUp, wwan0: 'no-carrier' });
    expect(await authorize(BASE_IMAGE, 'wwan0')).toMatchObject({ allowed: true, port: { usable: false, rank: 0 } });
  });

  it('says in the list, too, when a grant ends', async () => {
    device.decide(ship, allUp, { overrides: [], grants: [grant] });
    const { authorizations } = await call(client, 'listAuthorizedPorts', { operation: APP_IMAGE }, options);
    const ends = (authorizations?.ports ?? []).map(({ logicalLabel, grantId, grantedUntilBoottime }) => [
      logicalLabel,
      grantId,
      grantedUntilBoottime?.seconds,
    ]);
    expect(ends).toEqual([
      ['eth0', '', undefined],
      ['eth1', '', undefined],
      ['sat0', 'ab12', 60n],
    ]);
  });

  it('says by which grant it permits, and until when', async () => {
    device.decide(ship, allUp, { overrides: [], grants: [grant] });
    expect(await authorize(APP_IMAGE, 'sat0')).toMatchObject({
      allowed: true,
      reasons: [{ code: CandidateReasonCode.CANDIDATE_REASON_CODE_GRANTED }],
      detail:
        'sat0 (priority 2) may be used for app image download: only grant ab12 permits it, until 2026-03-01 14:00:00Z (ops: crew change)',
    });
    device.decide(ship, allUp);
    expect((await authorize(APP_IMAGE, 'sat0')).allowed).toBe(false);
  });

  it.each([
    { what: 'before a configuration', decided: false, operation: APP_IMAGE, port: 'eth0', code: status.UNAVAILABLE },
    {
      what: 'about a port that there is not',
      decided: true,
      operation: APP_IMAGE,
      port: 'eth9',
      code: status.NOT_FOUND,
    },
    { what: 'about no operation', decided: true, operation: 0 as const, port: 'eth0', code: status.INVALID_ARGUMENT },
  ])('refuses questions $what', async ({ decided, operation, port, code }) => {
    if (decided) device.decide(ship, allUp);
    await expect(authorize(operation, port)).rejects.toMatchObject({ code });
  });
});

describe('ListAuthorizedPorts', () => {
  it('has the permitted and usable ports in order, equal ones in one group, and all others with their reasons', async () => {
    device.decide(ship, { ...allUp, eth1: 'no-address' });
    const { authorizations } = await call(client, 'listAuthorizedPorts', { operation: BASE_IMAGE }, options);
    expect(authorizations?.ports.map(({ logicalLabel, rank, group }) => [logicalLabel, rank, group])).toEqual([
      ['eth0', 1, 1],
      ['wwan0', 2, 2],
    ]);
    expect(
      authorizations?.denied.map(({ logicalLabel, eligible, reasons }) => [logicalLabel, eligible, reasons[0]?.code]),
    ).toEqual([
      ['eth1', true, CandidateReasonCode.CANDIDATE_REASON_CODE_NO_ADDRESS],
      ['sat0', false, CandidateReasonCode.CANDIDATE_REASON_CODE_PRIORITY_NOT_ALLOWED],
    ]);
  });

  it('puts equal ports into one group', async () => {
    device.decide(ship, allUp);
    expect(await listed(CONTROLLER)).toBe('eth0/1 eth1/1 wwan0/2 sat0/3');
  });

  const free = { physical: { usagePolicy: { freeUplink: true } } };
  const cost = (value: number) => ({ adapter: { cost: value } });
  const maxCost = (value: number) => ({ configItems: [{ key: 'network.download.max.cost', value: String(value) }] });

  // docs/design.md#priority-of-a-port, #labels, #eligible: automatic labels, old controllers, downloads by cost.
  it.each<{ what: string; json: object; management: string; downloads: string }>([
    {
      what: 'freeUplink only: a port without it costs 1',
      json: shipOf({ lte: {}, eth: free, sat: {} }),
      management: 'eth/1 lte/2 sat/2',
      downloads: 'eth/1',
    },
    {
      what: 'freeUplink nowhere: every port is free',
      json: shipOf({ lte: {}, eth: {} }),
      management: 'eth/1 lte/1',
      downloads: 'eth/1 lte/1',
    },
    {
      what: 'cost: in its order, whatever freeUplink says beside it',
      json: shipOf({ sat: cost(300), lte: cost(10), eth: { ...free, ...cost(0) } }),
      management: 'eth/1 lte/2 sat/3',
      downloads: 'eth/1',
    },
    {
      what: 'cost, and downloads up to 10',
      json: shipOf({ sat: cost(255), lte: cost(10), eth: cost(0) }, maxCost(10)),
      management: 'eth/1 lte/2 sat/3',
      downloads: 'eth/1 lte/2',
    },
    {
      what: "cost, and only a port above the limit: none, where EVE's leak takes it",
      json: shipOf({ lte: cost(10) }),
      management: 'lte/1',
      downloads: '',
    },
    {
      what: 'fallBackPriority: before cost and freeUplink',
      json: shipOf({
        eth: { ...priority(2), ...cost(0) },
        lte: { ...priority(0), ...cost(9) },
        sat: { ...priority(1), ...cost(1) },
      }),
      management: 'lte/1 sat/2 eth/3',
      downloads: 'lte/1',
    },
    {
      what: 'a fleet in the middle of a migration: each port by the newest that it has',
      json: shipOf({ eth: free, lte: cost(4), wifi: priority(2), sat: {} }, maxCost(3)),
      management: 'eth/1 sat/2 wifi/3 lte/4',
      downloads: 'eth/1 sat/2 wifi/3',
    },
  ])('orders as EVE does - $what', async ({ json, management, downloads }) => {
    device.decide(json, { eth: 'up', lte: 'up', sat: 'up', wifi: 'up' });
    expect(await listed(CONTROLLER)).toBe(management);
    expect(await listed(BASE_IMAGE)).toBe(downloads);
    expect(await listed(APP_IMAGE)).toBe(downloads);
  });
});

describe('WatchAuthorizedPorts', () => {
  const labels = ({ authorizations }: WatchAuthorizedPortsResponse): string =>
    (authorizations?.ports ?? []).map(({ logicalLabel }) => logicalLabel).join(' ');

  it('sends the whole list at first and after each change that concerns it, and nothing else', async () => {
    const messages = watched(APP_IMAGE);
    device.decide(ship, allUp);
    await eventually(() => {
      expect(messages.map(labels)).toEqual(['eth0 eth1']);
    });
    // Concerns neither what is permitted nor its order.
    device.decide(ship, allUp, { overrides: [], grants: [], version: 1n });
    device.clock.advance(1_000);
    device.decide(ship, { ...allUp, eth0: 'no-carrier' }, { overrides: [], grants: [], version: 1n });
    await eventually(() => {
      expect(messages.map(labels)).toEqual(['eth0 eth1', 'eth1']);
    });
    device.decide(ship, allUp, { overrides: [], grants: [grant], version: 2n });
    await eventually(() => {
      expect(messages.map(labels)).toEqual(['eth0 eth1', 'eth1', 'eth0 eth1 sat0']);
    });
    expect(messages.map(({ authorizations }) => authorizations?.policyVersion)).toEqual([0n, 1n, 2n]);
  });

  it('tells the end of a grant that NIM ends by itself, while zedagent is away', async () => {
    device.decide(ship, allUp, { overrides: [], grants: [grant], version: 2n });
    const messages = watched(APP_IMAGE);
    await eventually(() => {
      expect(messages.map(labels)).toEqual(['eth0 eth1 sat0']);
    });
    // Nothing else is new, the versions included: no network instance has anything to do with it.
    device.endGrants();
    await eventually(() => {
      expect(messages.map(labels)).toEqual(['eth0 eth1 sat0', 'eth0 eth1']);
    });
  });

  it('tells what became of a port a moment after those who move traffic, and at once to who asks', async () => {
    device.decide(ship, allUp);
    const messages = watched(APP_IMAGE);
    await eventually(() => {
      expect(messages.map(labels)).toEqual(['eth0 eth1']);
    });
    device.decide(ship, { ...allUp, eth0: 'no-carrier' });
    expect(await listed(APP_IMAGE)).toBe('eth1/1');
    expect(messages).toHaveLength(1);
    device.clock.advance(50);
    await eventually(() => {
      expect(messages.map(labels)).toEqual(['eth0 eth1', 'eth1']);
    });
  });

  it('does not send again what the reader has', async () => {
    device.decide(ship, allUp);
    const before = watched(APP_IMAGE);
    await eventually(() => {
      expect(before).toHaveLength(1);
    });
    const [{ epoch, revision } = { epoch: '', revision: 0n }] = before;
    const resumed = watched(APP_IMAGE, { epoch, afterRevision: revision });
    device.decide(ship, { ...allUp, eth0: 'no-address' });
    device.clock.advance(1_000);
    await eventually(() => {
      expect([before.map(labels), resumed.map(labels)]).toEqual([['eth0 eth1', 'eth1'], ['eth1']]);
    });
  });
});
