export type * from './model.js';
export { interpret } from './interpret.js';
export { ConfigSyntaxError, configFromFileContent, configFromJson, configToJson } from './json.js';
export { HIGHEST_PRIORITY, MOST_PORTS } from './ports.js';
export { MOST_LOCAL_INSTANCES } from './network-instances.js';
export { DEFAULT_FAILBACK_HOLD_MS } from './network-instance-tests.js';
export { hostText, parseTarget, targetKey, type Host, type ParsedTarget, type ProbeTarget } from './probe-target.js';
