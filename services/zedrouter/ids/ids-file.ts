import { readDurably, writeDurably } from '../../../lib/durable/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import type { Ids } from '../desired/inputs.js';
import { NO_IDS, idsFromJson, idsToJson } from './ids.js';

/** Where ids are kept, so that bridges, tables and leases are the same after a reboot. */
export interface IdsFile {
  read(): Promise<Ids>;
  write(ids: Ids): Promise<void>;
}

export function idsFile(stateDir: string, logger: Logger): IdsFile {
  const path = `${stateDir}/zedrouter-numbers.json`;
  return {
    read: async () => {
      const bytes = await readDurably(path, { logger });
      if (bytes === undefined) return NO_IDS;
      try {
        return idsFromJson(Buffer.from(bytes).toString('utf8'));
      } catch (error) {
        logger.error({ err: error, path }, 'ids of ports and network instances are unreadable, allocating them anew');
        return NO_IDS;
      }
    },
    write: (ids) => writeDurably(path, Buffer.from(idsToJson(ids))),
  };
}
