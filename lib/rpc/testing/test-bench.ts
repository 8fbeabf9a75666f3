import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ClientReadableStream, status } from '@grpc/grpc-js';

import { whenAborted } from '../../clock/index.js';
import {
  DeviceConfigServiceClient,
  DeviceConfigServiceService,
  type DeviceConfigServiceServer,
  type WatchConfigResponse,
} from '../../../gen/zedagent/v1/device_config.js';
import { createLogger } from '../../observability/index.js';
import {
  connectTo,
  serverStreaming,
  startServer,
  unary,
  type MessageLimits,
  type RunningServer,
  type ServerOptions,
} from '../index.js';

/** The service that the tests serve: any with a unary and a streaming method would do. */
export const TESTED_SERVICE = 'org.lfedge.eve.zedagent.v1.DeviceConfigService';
export const silentLogger = createLogger({ service: 'test', level: 'silent' });

/** A message of the stream. */
export function responseOf(version: bigint): WatchConfigResponse {
  return {
    deviceConfig: { version, config: undefined, pushedAt: undefined, sha256: '', author: '', changes: [], reason: '' },
    policy: undefined,
    policyChanges: [],
  };
}

const unused = unary(() => {
  throw new Error('not used by this test');
});

/** A directory with a socket, and all that a test opens on it; `clear` closes everything, last first. */
export class TestBench {
  readonly directory: string;
  readonly socketPath: string;
  readonly #toClose: (() => Promise<void> | void)[] = [];

  constructor(directory: string) {
    this.directory = directory;
    this.socketPath = join(directory, 'test.sock');
  }

  static async make(): Promise<TestBench> {
    return new TestBench(await mkdtemp(join(tmpdir(), 'evp-rpc-')));
  }

  afterwards(close: () => Promise<void> | void): void {
    this.#toClose.push(close);
  }

  async clear(): Promise<void> {
    for (const close of this.#toClose.splice(0).reverse()) await close();
    await rm(this.directory, { recursive: true });
  }

  /** Serves with these methods; the others fail when called. */
  async serve(
    methods: Partial<DeviceConfigServiceServer>,
    options: Partial<ServerOptions> = {},
    limits?: MessageLimits,
  ): Promise<RunningServer> {
    const implementation: DeviceConfigServiceServer = {
      pushConfig: unused,
      getConfig: unused,
      getConfigStatus: unused,
      confirmConfig: unused,
      returnConfig: unused,
      rollbackConfig: unused,
      listConfigHistory: unused,
      // eslint-disable-next-line @typescript-eslint/require-await -- a stream that ends at once
      watchConfig: serverStreaming(async function* () {
        yield responseOf(1n);
      }),
      ...methods,
    };
    const ofMethods = limits === undefined ? {} : { limits: { pushConfig: limits } };
    const services = [{ definition: DeviceConfigServiceService, implementation, ...ofMethods }];
    const server = await startServer({ socketPath: this.socketPath, services, logger: silentLogger, ...options });
    this.afterwards(() => server.close(100));
    return server;
  }

  client(): DeviceConfigServiceClient {
    const connected = connectTo(DeviceConfigServiceClient, `unix:${this.socketPath}`);
    this.afterwards(() => {
      connected.close();
    });
    return connected;
  }
}

/** How many messages a stream brings, and the status that it ends with; none where it ends well. */
export function outcomeOf(
  stream: ClientReadableStream<unknown>,
): Promise<{ messages: number; code: status | undefined }> {
  return new Promise((resolve) => {
    let messages = 0;
    stream.on('data', () => (messages += 1));
    stream.on('error', (error: Error & { code?: status }) => {
      resolve({ messages, code: error.code });
    });
    stream.on('end', () => {
      resolve({ messages, code: undefined });
    });
  });
}

/** One message, then nothing until the reader or the server ends it. */
export const silentStream: Partial<DeviceConfigServiceServer> = {
  watchConfig: serverStreaming(async function* (_request, { signal }) {
    yield responseOf(1n);
    await new Promise<void>((resolve) => {
      whenAborted(signal, resolve);
    });
  }),
};
