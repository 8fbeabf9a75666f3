import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import { DeviceConfigServiceClient } from '../../../gen/zedagent/v1/device_config.js';
import { PolicyServiceClient } from '../../../gen/zedagent/v1/policy.js';
import { systemClock } from '../../../lib/clock/index.js';
import { configFromJson } from '../../../lib/configuration/index.js';
import { ship } from '../../../lib/configuration/testing/ship-json.js';
import { createLogger } from '../../../lib/observability/index.js';
import { call, connectTo, type Caller, type RunningService } from '../../../lib/rpc/index.js';
import { startZedagent } from '../index.js';
import { authorOf } from './author.js';

const options = { timeoutMs: 5_000 };
const config = configFromJson(ship());
const changed = configFromJson({ ...ship(), deviceName: 'Aurora' });

/** Each call that is kept or logged with the name of who made it. */
const methods = ['pushConfig', 'rollbackConfig', 'updatePolicy', 'createGrant', 'revokeGrant'] as const;

describe('who says that he does something', () => {
  let directory: string;
  let service: RunningService;
  let configs: DeviceConfigServiceClient;
  let policies: PolicyServiceClient;
  let grantId: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'zedagent-author-'));
    const logger = createLogger({ service: 'test', level: 'silent' });
    const stateDir = join(directory, 'state');
    service = await startZedagent({ runDir: directory, stateDir, logger, clock: systemClock });
    configs = connectTo(DeviceConfigServiceClient, `unix:${directory}/zedagent.sock`);
    policies = connectTo(PolicyServiceClient, `unix:${directory}/zedagent.sock`);
    for (const each of [config, changed]) {
      await call(configs, 'pushConfig', { config: each, dryRun: false, author: 'ops' }, options);
    }
    const { grant } = await call(policies, 'createGrant', { ...grantRequest, author: 'ops' }, options);
    grantId = grant?.id ?? '';
  });

  afterAll(async () => {
    configs.close();
    policies.close();
    await service.close();
    await rm(directory, { recursive: true, force: true });
  });

  const grantRequest = {
    operation: NetworkOperation.NETWORK_OPERATION_APP_IMAGE_DOWNLOAD,
    priorities: [1],
    networkInstance: '',
    lifetime: { seconds: 60n, nanos: 0 },
    reason: 'drill',
  };

  function made(method: (typeof methods)[number], author: string): Promise<unknown> {
    switch (method) {
      case 'pushConfig':
        return call(configs, method, { config, dryRun: true, author }, options);
      case 'rollbackConfig':
        return call(configs, method, { dryRun: true, author }, options);
      case 'updatePolicy':
        return call(
          policies,
          method,
          { patch: { ports: [], operations: [], networkInstances: [] }, dryRun: true, author, reason: '' },
          options,
        );
      case 'createGrant':
        return call(policies, method, { ...grantRequest, author }, options);
      case 'revokeGrant':
        return call(policies, method, { id: grantId, author, reason: '' }, options);
    }
  }

  it.each(
    methods.flatMap((method) => [
      { method, what: 'longer than a line', author: 'a'.repeat(501) },
      { method, what: 'that is half a megabyte', author: 'a'.repeat(500_000) },
      { method, what: 'with line breaks', author: 'ops\nroot' },
      { method, what: 'with commands for a terminal', author: 'ops\u001b[2J' },
      { method, what: 'that reads backwards', author: 'ops\u202e' },
    ]),
  )('$method refuses a name $what', async ({ method, author }) => {
    await expect(made(method, author)).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      violations: [{ field: 'author' }],
    });
  });

  it.each(methods)('%s takes a name', async (method) => {
    await made(method, 'Ána 語, second officer');
  });
});

describe('an author', () => {
  const cloud: Caller = { kind: 'certificate', commonName: 'cloud', organizationalUnits: [], validUntilMs: Infinity };
  it.each<[string, Caller, string]>([
    ['ops', { kind: 'local' }, 'ops'],
    ['', { kind: 'local' }, ''],
    ['', cloud, 'cloud'],
    ['cloud', cloud, 'cloud'],
    ['captain', cloud, 'captain (certificate cloud)'],
  ])('%j, by %j, is %j', (claimed, caller, author) => {
    expect(authorOf(claimed, caller)).toBe(author);
  });
});
