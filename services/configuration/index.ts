export type * from './model.js';
export { interpret } from './interpret.js';
export { ConfigSyntaxError, configFromFileContent, configFromJson, configToJson } from './json.js';
export { HIGHEST_PRIORITY, MOST_PORTS } from './ports.js';
export { DEFAULT_FAILBACK_HOLD_MS, MOST_LOCAL_INSTANCES } from './network-instances.js';
