import { status } from '@grpc/grpc-js';

import { DeviceConfigServiceClient } from '../../../gen/zedagent/v1/device_config.js';
import type { Logger } from '../../../lib/observability/index.js';
import { call, connectTo, readRpcError } from '../../../lib/rpc/index.js';

const TIMEOUT_MS = 5_000;

/** Asks zedagent to let the version before return; whether it has answered. It refuses what somebody has confirmed. */
export async function giveUp(
  zedagentAddress: string,
  version: bigint,
  reason: string,
  logger: Logger,
): Promise<boolean> {
  const client = connectTo(DeviceConfigServiceClient, zedagentAddress);
  try {
    await call(client, 'returnConfig', { version, reason }, { timeoutMs: TIMEOUT_MS });
    logger.warn({ event: 'configuration-given-up', version, reason }, 'unconfirmed configuration given up');
    return true;
  } catch (error) {
    const { code, message } = readRpcError(error);
    const isSettled = code === status.FAILED_PRECONDITION;
    if (!isSettled)
      logger.error({ event: 'configuration-not-given-up', version, why: message }, 'cannot give up configuration');
    return isSettled;
  } finally {
    client.close();
  }
}
