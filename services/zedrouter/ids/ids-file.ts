import { readDurablyAs, writeDurably } from '../../../lib/durable/index.js';
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
    read: async () =>
      (await readDurablyAs(path, (content) => idsFromJson(Buffer.from(content).toString('utf8')), { logger })) ??
      NO_IDS,
    write: (ids) => writeDurably(path, Buffer.from(idsToJson(ids))),
  };
}
