import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { credentials, status, type Client } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import {
  DeviceConfigServiceClient,
  type PushConfigRequest,
  type WatchConfigResponse,
} from '../../../gen/zedagent/v1/device_config.js';
import {
  CreateGrantRequest,
  PolicyServiceClient,
  RevokeGrantRequest,
  UpdatePolicyRequest,
} from '../../../gen/zedagent/v1/policy.js';
import { systemClock } from '../../../lib/clock/index.js';
import { createLogger } from '../../../lib/observability/index.js';
import { configFromJson } from '../../../lib/configuration/index.js';
import { ship } from '../../../lib/configuration/testing/ship-json.js';
import { call, connectTo, readRpcError } from '../../../lib/rpc/index.js';
import { Certificates, HAVE_OPENSSL } from '../../../lib/rpc/testing/certificates.js';
import { startZedagent, type RunningZedagent } from '../index.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const requests = {
  getPolicy: {},
  listGrants: {},
  updatePolicy: UpdatePolicyRequest.fromPartial({ patch: {} }),
  createGrant: CreateGrantRequest.create(),
  revokeGrant: RevokeGrantRequest.create(),
};
const request = { config: EdgeDevConfig.fromPartial({ deviceName: 'ship' }), dryRun: true, author: 'test' };

(HAVE_OPENSSL ? describe : describe.skip)("zedagent's listener on the network", () => {
  let directory: string;
  let service: RunningZedagent;
  const closers: (() => void)[] = [];
  const at = (file: string): string => join(directory, file);

  function clientOf(name: string | undefined): DeviceConfigServiceClient {
    return connected(DeviceConfigServiceClient, name);
  }

  function policyClientOf(name: string | undefined): PolicyServiceClient {
    return connected(PolicyServiceClient, name);
  }

  function connected<C extends Client>(ClientClass: Parameters<typeof connectTo<C>>[0], name: string | undefined): C {
    const ca = readFileSync(at('ca.crt'));
    const channel =
      name === undefined
        ? credentials.createSsl(ca)
        : credentials.createSsl(ca, readFileSync(at(`${name}.key`)), readFileSync(at(`${name}.crt`)));
    const client = connectTo(ClientClass, `localhost:${service.tlsPort ?? 0}`, channel);
    closers.push(() => {
      client.close();
    });
    return client;
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evp-tls-'));
    const certificates = new Certificates(directory);
    await certificates.makeAuthority('ca');
    await certificates.makeAuthority('other-ca');
    await certificates.make('server', '/CN=device');
    await certificates.make('controller', '/O=fleet/OU=controller/CN=cloud');
    await certificates.make('controller-by-name', '/CN=controller');
    await certificates.make('observer', '/OU=observer/CN=bridge');
    await certificates.make('observer-called-controller', '/OU=observer/CN=controller');
    await certificates.make('nobody', '/OU=galley/CN=cook');
    await certificates.make('stranger', '/OU=controller/CN=cloud', 'other-ca');
    service = await startZedagent({
      runDir: directory,
      stateDir: at('state'),
      logger,
      clock: systemClock,
      listen: {
        host: '127.0.0.1',
        port: 0,
        certFile: at('server.crt'),
        keyFile: at('server.key'),
        clientCaFile: at('ca.crt'),
      },
      interfaceWith: (address) => (address === '127.0.0.1' ? 'eth0' : undefined),
    });
  }, 30_000);

  afterAll(async () => {
    for (const close of closers) close();
    await service.close();
    await rm(directory, { recursive: true });
  });

  const push = (name: string | undefined): Promise<status> =>
    call(clientOf(name), 'pushConfig', request, { timeoutMs: 5_000 }).then(
      () => status.OK,
      (error: unknown) => readRpcError(error).code,
    );
  const get = (name: string | undefined): Promise<status> =>
    call(clientOf(name), 'getConfig', {}, { timeoutMs: 5_000 }).then(
      () => status.OK,
      (error: unknown) => readRpcError(error).code,
    );
  const watch = (name: string | undefined): Promise<status> =>
    new Promise((resolve) => {
      const stream = clientOf(name).watchConfig({ knownVersion: 0n }, { deadline: Date.now() + 500 });
      stream.on('data', (_response: WatchConfigResponse) => {
        resolve(status.OK);
      });
      stream.on('error', (error) => {
        resolve(readRpcError(error).code);
      });
    });

  const policyCall = (
    name: string | undefined,
    method: 'getPolicy' | 'listGrants' | 'updatePolicy' | 'createGrant' | 'revokeGrant',
  ): Promise<status> =>
    call(policyClientOf(name), method, requests[method], { timeoutMs: 5_000 }).then(
      () => status.OK,
      (error: unknown) => readRpcError(error).code,
    );

  // Nothing has been pushed: whoever may read learns that there is nothing, and a watch stays silent to its deadline.
  it.each<{ name: string | undefined; write: status; read: status; watches: status }>([
    { name: 'controller', write: status.OK, read: status.NOT_FOUND, watches: status.DEADLINE_EXCEEDED },
    { name: 'controller-by-name', write: status.OK, read: status.NOT_FOUND, watches: status.DEADLINE_EXCEEDED },
    { name: 'observer', write: status.PERMISSION_DENIED, read: status.NOT_FOUND, watches: status.DEADLINE_EXCEEDED },
    {
      name: 'observer-called-controller',
      write: status.PERMISSION_DENIED,
      read: status.NOT_FOUND,
      watches: status.DEADLINE_EXCEEDED,
    },
    {
      name: 'nobody',
      write: status.PERMISSION_DENIED,
      read: status.PERMISSION_DENIED,
      watches: status.PERMISSION_DENIED,
    },
    { name: 'stranger', write: status.UNAVAILABLE, read: status.UNAVAILABLE, watches: status.UNAVAILABLE },
    { name: undefined, write: status.UNAVAILABLE, read: status.UNAVAILABLE, watches: status.UNAVAILABLE },
  ])('certificate $name', async ({ name, write, read, watches }) => {
    expect({ write: await push(name), read: await get(name), watches: await watch(name) }).toEqual({
      write,
      read,
      watches,
    });
  });

  // Without a configuration there is no policy to read or change, which only they learn who may.
  it.each<{ name: string; reads: readonly status[]; writes: readonly status[] }>([
    {
      name: 'controller',
      reads: [status.FAILED_PRECONDITION, status.OK],
      writes: [status.FAILED_PRECONDITION, status.FAILED_PRECONDITION, status.NOT_FOUND],
    },
    {
      name: 'observer',
      reads: [status.FAILED_PRECONDITION, status.OK],
      writes: Array<status>(3).fill(status.PERMISSION_DENIED),
    },
    {
      name: 'nobody',
      reads: Array<status>(2).fill(status.PERMISSION_DENIED),
      writes: Array<status>(3).fill(status.PERMISSION_DENIED),
    },
  ])('policy by certificate $name', async ({ name, reads, writes }) => {
    expect([await policyCall(name, 'getPolicy'), await policyCall(name, 'listGrants')]).toEqual(reads);
    expect([
      await policyCall(name, 'updatePolicy'),
      await policyCall(name, 'createGrant'),
      await policyCall(name, 'revokeGrant'),
    ]).toEqual(writes);
  });

  it('does not let a caller take away the port over which it has come, unless it says so', async () => {
    const two = configFromJson(ship());
    const one = { ...two, systemAdapterList: two.systemAdapterList.slice(1) };
    const pushed = (config: EdgeDevConfig, more: Partial<PushConfigRequest> = {}) =>
      call(clientOf('controller'), 'pushConfig', { config, dryRun: false, author: '', ...more }, { timeoutMs: 5_000 });
    await pushed(two);
    await expect(pushed(one)).rejects.toMatchObject({
      reason: 'UNLIKELY_CONFIG',
      message: expect.stringMatching(/removes eth0 \(eth0\), the port over which you have come/) as unknown,
    });
    expect(await pushed(one, { assumeYes: true })).toMatchObject({ version: 2n });
  });

  it('is not there for plain text', async () => {
    const client = connectTo(DeviceConfigServiceClient, `localhost:${service.tlsPort ?? 0}`);
    closers.push(() => {
      client.close();
    });
    const error = await call(client, 'getConfig', {}, { timeoutMs: 2_000 }).catch((thrown: unknown) => thrown);
    expect([status.UNAVAILABLE, status.DEADLINE_EXCEEDED]).toContain(readRpcError(error).code);
  });

  it('leaves no socket behind where a certificate cannot be read', async () => {
    const runDir = await mkdtemp(at('second-'));
    const listen = {
      host: '127.0.0.1',
      port: 0,
      certFile: at('missing'),
      keyFile: at('server.key'),
      clientCaFile: at('ca.crt'),
    };
    const starting = startZedagent({ runDir, stateDir: runDir, logger, clock: systemClock, listen });
    await expect(starting).rejects.toThrow(/missing/);
    await (await startZedagent({ runDir, stateDir: runDir, logger, clock: systemClock })).close();
  });
});
