import { NetworkInterfaceManagerServiceClient } from '../../gen/nim/v1/network_interface_manager.js';
import { NetworkRouterServiceClient } from '../../gen/zedrouter/v1/network_router.js';
import { createLogger } from '../../lib/observability/index.js';
import { connectTo, follow } from '../../lib/rpc/index.js';
import { monotonicMs } from '../../lab/index.js';
import type { SightingKind } from './sightings.js';

/** Subscribes to NIM's and zedrouter's streams until the signal aborts, and tells of each status when it was heard. */
export async function followSelections(
  runDir: string,
  signal: AbortSignal,
  onStatus: (kind: SightingKind, name: string, port: string, atMs: number) => void,
): Promise<void> {
  const nim = connectTo(NetworkInterfaceManagerServiceClient, `unix:${runDir}/nim.sock`);
  const zedrouter = connectTo(NetworkRouterServiceClient, `unix:${runDir}/zedrouter.sock`);
  const logger = createLogger({ service: 'subscriber', level: 'silent' });
  await Promise.all([
    follow({
      signal,
      logger,
      open: () => nim.watchNetworkInstanceTestStatus({ epoch: '', afterRevision: 0n }),
      onMessage: ({ statuses }) => {
        const atMs = monotonicMs();
        for (const { displayName, selectedPort } of statuses) {
          onStatus('selected', displayName, selectedPort?.logicalLabel ?? '', atMs);
        }
      },
    }),
    follow({
      signal,
      logger,
      open: () => zedrouter.watchNetworkInstanceStatus({ epoch: '', afterRevision: 0n }),
      onMessage: ({ statuses }) => {
        const atMs = monotonicMs();
        for (const { displayName, interfaceInUse } of statuses) onStatus('applied', displayName, interfaceInUse, atMs);
      },
    }),
  ]);
  nim.close();
  zedrouter.close();
}
