import { readDurably, writeDurably } from '../../../lib/durable/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import type { Numbers } from '../desired/inputs.js';
import { NO_NUMBERS, numbersFromJson, numbersToJson } from './ids.js';

/** Where numbers are kept, so that bridges, tables and leases are the same after a reboot. */
export interface NumbersFile {
  read(): Promise<Numbers>;
  write(numbers: Numbers): Promise<void>;
}

export function numbersFile(stateDir: string, logger: Logger): NumbersFile {
  const path = `${stateDir}/zedrouter-numbers.json`;
  return {
    read: async () => {
      const bytes = await readDurably(path, { logger });
      if (bytes === undefined) return NO_NUMBERS;
      try {
        return numbersFromJson(Buffer.from(bytes).toString('utf8'));
      } catch (error) {
        logger.error({ err: error, path }, 'numbers of ports and network instances are unreadable; starting anew');
        return NO_NUMBERS;
      }
    },
    write: (numbers) => writeDurably(path, Buffer.from(numbersToJson(numbers))),
  };
}
