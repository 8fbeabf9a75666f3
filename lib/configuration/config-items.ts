import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import type { PortTestSettings } from './model.js';
import { HIGHEST_PRIORITY } from './ports.js';
import type { Problems } from './problems.js';

/** EVE's configItem: downloads use ports up to this cost. */
export function interpretDownloadMaxCost(config: EdgeDevConfig, problems: Problems): number {
  return wholeNumber(config, 'network.download.max.cost', { least: 0, most: HIGHEST_PRIORITY }, problems) ?? 0;
}

/**
 * EVE takes at most this, for both; for the interval it takes no less than 300, which here would only slow tests down.
 */
const MOST_SECONDS = 3600;

/**
 * EVE's configItems on testing ports, in seconds (EVE, CONFIG-PROPERTIES.md). A time limit of 0 means that there is
 * none in particular.
 */
export function interpretPortTest(config: EdgeDevConfig, problems: Problems): PortTestSettings {
  const intervalS = wholeNumber(config, 'timer.port.testinterval', { least: 1, most: MOST_SECONDS }, problems);
  const timeoutS = wholeNumber(config, 'timer.port.timeout', { least: 0, most: MOST_SECONDS }, problems);
  return {
    intervalMs: intervalS === undefined ? undefined : intervalS * 1000,
    timeoutMs: timeoutS === undefined || timeoutS === 0 ? undefined : timeoutS * 1000,
  };
}

/** Undefined where the item is not there, or is wrong, which is then a problem. */
function wholeNumber(
  config: EdgeDevConfig,
  key: string,
  { least, most }: { readonly least: number; readonly most: number },
  problems: Problems,
): number | undefined {
  const index = config.configItems.findIndex((item) => item.key === key);
  const item = config.configItems[index];
  if (item === undefined) return undefined;
  const value = /^\d{1,9}$/.test(item.value) ? Number(item.value) : Number.NaN;
  if (value >= least && value <= most) return value;
  problems.add(`configItems[${index}].value`, `${key} must be a whole number from ${least} to ${most}`);
  return undefined;
}
