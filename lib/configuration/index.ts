/*
 * What a configuration means: `interpret` makes a DeviceModel of it, or says everything that is wrong. One rule about
 * a field stands here and nowhere else; a new field also takes a line in field-reference.ts. No files, no sockets.
 */
export type * from './model.js';
export { interpret, interpretPushed, interpretSliced, underPolicy, type PolicyOver } from './interpret.js';
export { boundedNotices, fieldNotices, fieldNoticesSliced, type FieldNotices } from './field-notices.js';
export { ConfigurationReader, type ConfigurationUpdate } from './reader.js';
export {
  ConfigSyntaxError,
  configFromFileContent,
  configFromJson,
  configToJson,
  holdsAnything,
  readFileContent,
} from './json.js';
export { boundedChanges, configChanges } from './changes.js';
export { MOST_CLOUD_INSTANCES, MOST_LOCAL_INSTANCES } from './network-instances.js';
export { isInSubnet, MOST_STATIC_ROUTES } from './static-routes.js';
export { DEFAULT_FAILBACK_HOLD_MS, defaultTestSettings } from './network-instance-tests.js';
export {
  hostText,
  isLightTarget,
  parseTarget,
  targetKey,
  targetOfParts,
  type Host,
  type ParsedTarget,
  type ProbeTarget,
} from './probe-target.js';
export { proxyFor, proxyOfTarget, type PortProxies, type ProxiedTarget, type ProxyAddress } from './proxies.js';
export { hasPorts, ipProtocolName, ipProtocolNumber } from './ip-protocols.js';
export { isInterfaceName, isUuid } from './syntax.js';
export { HIGHEST_PRIORITY, isKnownOperation, MOST_PORTS } from './ports.js';
export { checkPriorities } from './policies.js';
export { isActiveSwitch, portsLabelled, switchNotices, type SwitchInstance } from './switches.js';
export { Problems } from './problems.js';
export { grantOf, grantPermits, hasEnded } from './policy/grants.js';
export {
  destinationText,
  routeSelectionId,
  routeSelectionOf,
  withRouteSelections,
  type RouteSelection,
} from './route-selections.js';
export { limitInForce, operations, type LimitInForce } from './policy/limits.js';
export { networkInstanceNamed, type Named } from './policy/named.js';
export { patchOverrides, targetOf, withoutOrphans, type PatchedOverrides } from './policy/patch.js';
export {
  networkInstancePriorities,
  operationPriorities,
  patchOf,
  portOperations,
  portPriority,
} from './policy/patch-parts.js';
export { requestedChanges, type OverrideTarget, type OverrideValue } from './policy/requests.js';
export { formatLimit, formatOperation, formatOperations, formatPriorities } from './policy/format.js';
export { durationInMs, durationOf, timestampOf, wallMsOf, wallRangeOf } from './times.js';
