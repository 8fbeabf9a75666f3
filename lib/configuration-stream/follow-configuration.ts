import type { ClientReadableStream } from '@grpc/grpc-js';

import {
  DeviceConfigServiceClient,
  DeviceConfigServiceService,
  WatchConfigResponse,
  type WatchConfigRequest,
} from '../../gen/zedagent/v1/device_config.js';
import { ConfigurationReader, type ConfigurationUpdate } from '../configuration/index.js';
import type { Logger } from '../observability/index.js';
import { connectToFollow, follow, readInSlices } from '../rpc/index.js';
import { inSlices, type Sliced } from '../slices/index.js';

export interface FollowConfigurationOptions {
  readonly zedagentAddress: string;
  /** In the order in which zedagent has told them, one after the other. */
  readonly onUpdate: (update: ConfigurationUpdate) => void;
  readonly onState: (state: 'connected' | 'disconnected', why?: string) => void;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Fields of WatchConfigResponse and DeviceConfig that lead to what has long lists. */
const PATH_OF_CONFIG = [1, 2] as const;

/**
 * Follows zedagent's configuration and the policy over it until the signal aborts; reconnects, and asks for what it has
 * not. A large configuration is decoded and interpreted in slices: whoever waits for this service does not wait for
 * that.
 */
export async function followConfiguration(options: FollowConfigurationOptions): Promise<void> {
  const { onUpdate, onState, signal, logger } = options;
  const client = connectToFollow(DeviceConfigServiceClient, options.zedagentAddress);
  const reader = new ConfigurationReader();
  await follow({
    open: () => watchEncoded(client, reader.request),
    onMessage: async (bytes: Buffer) => {
      const update = await inSlices(readConfiguration(reader, bytes));
      if (update !== undefined) onUpdate(update);
    },
    onState,
    signal,
    logger,
  });
  client.close();
}

/** One message as it came, together with those before it. */
export function* readConfiguration(
  reader: ConfigurationReader,
  bytes: Buffer,
): Sliced<ConfigurationUpdate | undefined> {
  const message = yield* readInSlices(bytes, PATH_OF_CONFIG, (part) => WatchConfigResponse.decode(part));
  return yield* reader.take(message);
}

/** The messages as they came: gRPC itself would decode each in one piece. */
function watchEncoded(client: DeviceConfigServiceClient, request: WatchConfigRequest): ClientReadableStream<Buffer> {
  const { path, requestSerialize } = DeviceConfigServiceService.watchConfig;
  return client.makeServerStreamRequest(path, requestSerialize, (bytes: Buffer) => bytes, request);
}
