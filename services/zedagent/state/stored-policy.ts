import { StoredPolicy } from '../../../gen/zedagent/v1/stored_policy.js';
import { readDurablyAs, writeDurably } from '../../../lib/durable/index.js';
import type { Logger } from '../../../lib/observability/index.js';

/** Keeps overrides, grants and the newest changes over restarts and power cuts. */
export interface PolicyFile {
  /** Undefined where there is none yet. */
  read(): Promise<StoredPolicy | undefined>;
  /** Rejects where the disk refuses; what was there stays. */
  write(policy: StoredPolicy): Promise<void>;
}

/** `<stateDir>/policy`: a StoredPolicy in binary form. */
export function policyFile(stateDir: string, logger: Logger): PolicyFile {
  const path = `${stateDir}/policy`;
  return {
    read: () => readDurablyAs(path, (content) => StoredPolicy.decode(content), { logger }),
    write: (policy) => writeDurably(path, StoredPolicy.encode(policy).finish()),
  };
}
