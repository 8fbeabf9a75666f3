import { mkdir, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { AuthContainer } from '../../gen/auth/auth.js';
import { ConfigResponse, EdgeDevConfig } from '../../gen/config/devconfig.js';
import { ZNetworkInstType } from '../../gen/config/netinst.js';
import {
  DeviceConfig,
  DeviceConfigServiceClient,
  type WatchConfigResponse,
} from '../../gen/zedagent/v1/device_config.js';
import { systemClock } from '../../lib/clock/index.js';
import { configFromJson, ConfigurationReader } from '../../lib/configuration/index.js';
import { writeDurably } from '../../lib/durable/index.js';
import { createLogger } from '../../lib/observability/index.js';
import { call, connectTo, type RpcError, type RunningService } from '../../lib/rpc/index.js';
import { atOnce } from '../../lib/slices/index.js';
import { startZedagent } from './index.js';

const options = { timeoutMs: 5_000 };

function configNamed(name: string): EdgeDevConfig {
  return configFromJson({
    networkInstances: [
      {
        uuidandversion: { uuid: '11111111-1111-4111-8111-111111111111' },
        displayname: name,
        instType: 'ZnetInstLocal',
        ip: { subnet: '10.1.0.0/24' },
      },
    ],
  });
}

/** Another message's bytes, taken for a configuration, as a client does that puts them into the request's field. */
function misread(encoded: { finish(): Uint8Array }): EdgeDevConfig {
  return EdgeDevConfig.decode(encoded.finish());
}

describe('zedagent', () => {
  let directory: string;
  let service: RunningService;
  let client: DeviceConfigServiceClient;

  const start = async (): Promise<void> => {
    const logger = createLogger({ service: 'test', level: 'silent' });
    service = await startZedagent({
      runDir: directory,
      stateDir: join(directory, 'state'),
      logger,
      clock: systemClock,
    });
    client = connectTo(DeviceConfigServiceClient, `unix:${directory}/zedagent.sock`);
  };
  const restart = async (): Promise<void> => {
    client.close();
    await service.close();
    await start();
  };
  const push = (
    config: EdgeDevConfig,
    more: { dryRun?: boolean; expectedVersion?: bigint; assumeYes?: boolean } = {},
  ) => call(client, 'pushConfig', { config, dryRun: false, author: 'test', ...more }, options);
  const inForce = async () => (await call(client, 'getConfig', {}, options)).deviceConfig;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'zedagent-'));
    await start();
  });

  afterEach(async () => {
    client.close();
    await service.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('has no configuration before the first push', async () => {
    await expect(inForce()).rejects.toMatchObject({ code: status.NOT_FOUND, reason: 'NO_CONFIG' });
  });

  it('counts versions, and not twice for the same', async () => {
    expect(await push(configNamed('a'))).toMatchObject({ version: 1n, changed: true });
    expect(await push(configNamed('a'))).toMatchObject({ version: 1n, changed: false });
    expect(await push(configNamed('b'), { dryRun: true })).toMatchObject({ version: 2n, changed: true });
    expect((await inForce())?.version).toBe(1n);
    expect(await push(configNamed('b'), { expectedVersion: 1n })).toMatchObject({ version: 2n });
  });

  it('refuses a push that rests on another version', async () => {
    await push(configNamed('a'), { expectedVersion: 0n });
    await expect(push(configNamed('b'), { expectedVersion: 0n })).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      reason: 'VERSION_MISMATCH',
      metadata: { currentVersion: '1' },
    });
  });

  it('tells every problem at once, and keeps the one in force', async () => {
    await push(configNamed('good'));
    const bad = configFromJson({
      systemAdapterList: [{ name: 'eth0', lowerLayerName: 'nothing' }],
      networkInstances: [{ uuidandversion: { uuid: 'x' }, displayname: '', instType: 'ZnetInstMesh' }],
    });
    const error = await push(bad).then(
      () => undefined,
      (refusal: unknown) => refusal as RpcError,
    );
    expect(error?.code).toBe(status.INVALID_ARGUMENT);
    expect(error?.violations.map(({ field }) => field)).toEqual([
      'config.systemAdapterList[0].lowerLayerName',
      'config.networkInstances[0].uuidandversion.uuid',
      'config.networkInstances[0].displayname',
      'config.networkInstances[0].instType',
    ]);
    expect((await inForce())?.version).toBe(1n);
  });

  it('keeps fields that it does not know, through push, disk and get', async () => {
    // Field 4242 of EdgeDevConfig, length-delimited: what a newer controller may send.
    const unknown = Buffer.from([0x92, 0x89, 0x02, 0x03, 0x61, 0x62, 0x63]);
    const bytes = Buffer.concat([EdgeDevConfig.encode(configNamed('a')).finish(), unknown]);
    await push(EdgeDevConfig.decode(bytes));
    await restart();
    const config = (await inForce())?.config;
    expect(Buffer.from(EdgeDevConfig.encode(config ?? EdgeDevConfig.create()).finish()).equals(bytes)).toBe(true);
  });

  it('goes on with the last good one where the file is corrupt', async () => {
    await push(configNamed('a'));
    await push(configNamed('b'));
    await truncate(join(directory, 'state', 'config'), 40);
    await restart();
    expect((await inForce())?.version).toBe(1n);
  });

  it('takes concurrent pushes one after the other', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const answers = await Promise.all(names.map((name) => push(configNamed(name))));
    expect(answers.map(({ version }) => version).sort()).toEqual([1n, 2n, 3n, 4n, 5n]);
  });

  it('takes nothing that it cannot keep, and says so', async () => {
    await push(configNamed('a'));
    await rename(join(directory, 'state'), join(directory, 'away'));
    await writeFile(join(directory, 'state'), 'no directory');
    await expect(push(configNamed('b'))).rejects.toMatchObject({ code: status.INTERNAL, reason: 'PERSIST_FAILED' });
    expect((await inForce())?.version).toBe(1n);
    await rm(join(directory, 'state'));
    await rename(join(directory, 'away'), join(directory, 'state'));
    expect(await push(configNamed('b'))).toMatchObject({ version: 2n, changed: true });
  });

  it('refuses a push without a configuration', async () => {
    const pushing = call(client, 'pushConfig', { config: undefined, dryRun: false, author: '' }, options);
    await expect(pushing).rejects.toMatchObject({ code: status.INVALID_ARGUMENT, reason: 'INVALID_CONFIG' });
  });

  it('keeps who pushed it and when', async () => {
    const before = Date.now();
    await push(configNamed('a'));
    await restart();
    const kept = await inForce();
    expect(kept).toMatchObject({ author: 'test', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown });
    expect(Number(kept?.pushedAt?.seconds) * 1000).toBeGreaterThan(before - 1_000);
    expect(Number(kept?.pushedAt?.seconds) * 1000).toBeLessThanOrEqual(Date.now());
  });

  it('sends a reader the same version again where its files were lost and it is another configuration', async () => {
    const reader = new ConfigurationReader();
    const next = async () => {
      const stream = client.watchConfig(reader.request);
      const message = await new Promise<WatchConfigResponse>((resolve) => stream.once('data', resolve));
      stream.on('error', () => undefined);
      stream.cancel();
      atOnce(reader.take(message));
      return message.deviceConfig?.config?.networkInstances[0]?.displayname;
    };
    await push(configNamed('a'));
    expect(await next()).toBe('a');
    expect(await next()).toBeUndefined();
    client.close();
    await service.close();
    await rm(join(directory, 'state'), { recursive: true });
    await start();
    expect(await push(configNamed('b'))).toMatchObject({ version: 1n });
    expect(await next()).toBe('b');
  });

  it('tells what does not come about: at the push, and for as long as it is in force', async () => {
    const withSpanningTree = configNamed('a');
    const [instance] = withSpanningTree.networkInstances;
    if (instance !== undefined) instance.stp = { portsWithBpduGuard: 'eth0' };
    const statusNow = async () => (await call(client, 'getConfigStatus', {}, options)).configStatus;
    expect(await statusNow()).toMatchObject({ version: 0n, warnings: [] });
    const { warnings } = await push(withSpanningTree);
    expect(warnings).toMatchObject([{ field: 'config.networkInstances[0].stp' }]);
    await restart();
    expect(await statusNow()).toMatchObject({ version: 1n, author: 'test', warnings, problems: [] });
    await push(configNamed('a'));
    expect(await statusNow()).toMatchObject({ version: 2n, warnings: [] });
  });

  it('does what is hardly meant only where that is said, and tells of it in a dry run', async () => {
    await push(configNamed('a'));
    const emptied = configFromJson({ id: { uuid: '22222222-2222-4222-8222-222222222222' } });
    expect(await push(emptied, { dryRun: true })).toMatchObject({
      changes: ['network instance a goes'],
      unlikely: ['it removes every network instance: a'],
    });
    await expect(push(emptied)).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      reason: 'UNLIKELY_CONFIG',
      message: expect.stringMatching(/removes every network instance: a\. Push it with --yes/) as unknown,
    });
    expect((await inForce())?.version).toBe(1n);
    expect(await push(emptied, { assumeYes: true })).toMatchObject({ version: 2n });
  });

  it.each<[string, EdgeDevConfig, RegExp]>([
    ['nothing', EdgeDevConfig.create(), /empty/],
    [
      'a ConfigResponse',
      misread(ConfigResponse.encode(ConfigResponse.fromPartial({ config: configNamed('a') }))),
      /ConfigResponse/,
    ],
    [
      'an AuthContainer',
      misread(
        AuthContainer.encode(
          AuthContainer.fromPartial({
            protectedPayload: {
              payload: Buffer.from(
                ConfigResponse.encode(ConfigResponse.fromPartial({ config: configNamed('a') })).finish(),
              ),
            },
          }),
        ),
      ),
      /AuthContainer/,
    ],
  ])('refuses %s in place of a configuration', async (_what, config, words) => {
    await expect(push(config)).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      reason: 'INVALID_CONFIG',
      message: expect.stringMatching(words) as unknown,
    });
  });

  it('takes the UUID of a device for one, whatever a newer controller puts beside it', async () => {
    const id = { uuid: '22222222-2222-4222-8222-222222222222', version: '1' };
    // Field 77, a number.
    const newer = { ...id, _unknownFields: { [77 << 3]: [new Uint8Array([1])] } };
    expect(await push({ ...configNamed('a'), id: newer })).toMatchObject({
      version: 1n,
      warnings: [
        { field: 'config.id', description: 'field 77 is not known to this version: kept, and without effect' },
      ],
    });
  });

  it('refuses kinds of network instances that are not built, and tells of one that is in force already', async () => {
    const config = configNamed('a');
    const [instance] = config.networkInstances;
    if (instance !== undefined) Object.assign(instance, { instType: ZNetworkInstType.ZnetInstCloud, activate: true });
    await expect(push(config)).rejects.toMatchObject({
      reason: 'INVALID_CONFIG',
      violations: [{ field: 'config.networkInstances[0].instType' }],
    });
    await mkdir(join(directory, 'state'), { recursive: true });
    const stored = DeviceConfig.encode(DeviceConfig.fromPartial({ version: 7n, config, author: 'old' })).finish();
    await writeDurably(join(directory, 'state', 'config'), stored);
    await restart();
    expect((await call(client, 'getConfigStatus', {}, options)).configStatus).toMatchObject({
      version: 7n,
      warnings: [{ field: 'config.networkInstances[0].instType' }],
    });
  });

  it('streams what is in force, and each change; nothing that the reader has', async () => {
    const messages: (bigint | undefined)[] = [];
    const stream = client.watchConfig({ knownVersion: 0n });
    const arrived = (count: number) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (messages.length >= count) resolve();
          else stream.once('data', check);
        };
        check();
      });
    stream.on('data', ({ deviceConfig }: WatchConfigResponse) => messages.push(deviceConfig?.version));
    stream.on('error', () => undefined);
    await push(configNamed('a'));
    await arrived(1);
    await push(configNamed('b'));
    await arrived(2);
    expect(messages).toEqual([1n, 2n]);
    stream.cancel();
  });
});
