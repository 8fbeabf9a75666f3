import { NetlinkReader, NetlinkWriter, NftSession } from 'iproute-exec';

import type { Logger } from '../../../lib/observability/index.js';
import { RulesetKnowledge } from './ruleset-knowledge.js';

/** Through which this service reads and changes the kernel: netlink, and processes that are kept open. */
export interface Kernel {
  /** Undefined: the process's own network namespace. */
  readonly namespace: string | undefined;
  readonly writer: NetlinkWriter;
  readonly reader: NetlinkReader;
  readonly nft: NftSession;
  readonly ruleset: RulesetKnowledge;
}

/** Opens it. `close` ends its processes; what they put into the kernel stays. */
export function openKernel(namespace: string | undefined, logger: Logger): Kernel & { close(): Promise<void> } {
  const place = namespace === undefined ? {} : { namespace };
  const writer = new NetlinkWriter({ ...place, logger });
  const reader = new NetlinkReader({ ...place, logger });
  const nft = new NftSession({ ...place, logger });
  return {
    namespace,
    writer,
    reader,
    nft,
    ruleset: new RulesetKnowledge(namespace),
    close: async () => {
      await Promise.all([writer.close(), reader.close(), nft.close()]);
    },
  };
}
