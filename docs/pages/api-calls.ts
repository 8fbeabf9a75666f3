/** A call of the API as the documentation shows it. */
export interface ApiCall {
  /** Whose socket it goes to. */
  readonly service: 'zedagent' | 'nim' | 'zedrouter';
  /** Full name of the method. */
  readonly method: string;
  /** Protobuf JSON; absent: an empty request. */
  readonly request?: string;
  /** What it is for. */
  readonly purpose: string;
}

const CONFIG = 'org.lfedge.eve.zedagent.v1.DeviceConfigService';
const POLICY = 'org.lfedge.eve.zedagent.v1.PolicyService';
const MANAGER = 'org.lfedge.eve.nim.v1.NetworkInterfaceManagerService';
const AUTHORIZATION = 'org.lfedge.eve.nim.v1.PortAuthorizationService';
const ROUTER = 'org.lfedge.eve.zedrouter.v1.NetworkRouterService';
const APP_IMAGES = '{"operation":"NETWORK_OPERATION_APP_IMAGE_DOWNLOAD"}';

/**
 * One call of every method, against the configuration lab/ship.yaml; docs/api.md is made of them, and a test makes
 * every one.
 */
export const apiCalls: readonly ApiCall[] = [
  { service: 'zedagent', method: `${CONFIG}/GetConfig`, purpose: 'the configuration in force' },
  {
    service: 'zedagent',
    method: `${CONFIG}/GetConfigStatus`,
    purpose: 'its version, author, time and warnings, without the configuration',
  },
  {
    service: 'zedagent',
    method: `${CONFIG}/PushConfig`,
    request: '{"config":{"id":{"uuid":"0a511900-0000-4000-8000-000000000001"}},"dry_run":true}',
    purpose: 'checks a configuration; without dry_run it comes into force',
  },
  { service: 'zedagent', method: `${CONFIG}/WatchConfig`, purpose: 'configuration and policy, as a stream' },
  { service: 'zedagent', method: `${POLICY}/GetPolicy`, purpose: 'what is in force, and where each part comes from' },
  {
    service: 'zedagent',
    method: `${POLICY}/UpdatePolicy`,
    request: '{"patch":{"ports":[{"logical_label":"wwan0","priority":5}]},"dry_run":true}',
    purpose: 'overrides the configuration; with dry_run says what would change',
  },
  {
    service: 'zedagent',
    method: `${POLICY}/CreateGrant`,
    request:
      '{"operation":"NETWORK_OPERATION_APP_IMAGE_DOWNLOAD","priorities":[2],"lifetime":"7200s","reason":"crew change"}',
    purpose: 'a permission that ends by itself',
  },
  { service: 'zedagent', method: `${POLICY}/ListGrants`, purpose: 'the live grants' },
  { service: 'zedagent', method: `${POLICY}/RevokeGrant`, request: '{"id":"1f2e3d4c"}', purpose: 'ends one now' },
  { service: 'zedagent', method: `${CONFIG}/ListConfigHistory`, purpose: 'the versions that are kept' },
  {
    service: 'zedagent',
    method: `${CONFIG}/RollbackConfig`,
    request: '{"dry_run":true}',
    purpose: 'the content of a former version again; without dry_run it comes into force',
  },
  {
    service: 'zedagent',
    method: `${CONFIG}/ConfirmConfig`,
    purpose: 'lets one stay that was pushed with confirm_within',
  },
  {
    service: 'zedagent',
    method: `${CONFIG}/ReturnConfig`,
    request: '{"version":"4","reason":"the ship is out of reach"}',
    purpose: 'gives one up that was pushed with confirm_within: the version before returns now',
  },
  { service: 'nim', method: `${MANAGER}/GetDeviceNetworkStatus`, purpose: 'ports: link, addresses, tests, budgets' },
  { service: 'nim', method: `${MANAGER}/WatchDeviceNetworkStatus`, purpose: 'the same as a stream' },
  {
    service: 'nim',
    method: `${MANAGER}/ListNetworkInstanceTestStatus`,
    request: '{"network_instances":["default"]}',
    purpose: 'NITS: the port of each network instance, and every candidate with its reasons',
  },
  { service: 'nim', method: `${MANAGER}/WatchNetworkInstanceTestStatus`, purpose: 'the same as a stream' },
  {
    service: 'nim',
    method: `${MANAGER}/Explain`,
    request: '{"operation":"NETWORK_OPERATION_BASE_IMAGE_DOWNLOAD"}',
    purpose: 'why this port, and why not each of the others',
  },
  {
    service: 'nim',
    method: `${MANAGER}/Evaluate`,
    request: '{"ports":[{"port":"eth0","state":"ASSUMED_PORT_STATE_DOWN"}]}',
    purpose: 'what if; changes nothing',
  },
  { service: 'nim', method: `${MANAGER}/TestPorts`, request: '{"ports":["eth0"]}', purpose: 'tests ports now' },
  { service: 'nim', method: `${MANAGER}/ListEvents`, request: '{"limit":5}', purpose: 'the newest events' },
  {
    service: 'nim',
    method: `${MANAGER}/WatchEvents`,
    request: '{"after_sequence":0}',
    purpose: 'the events that are kept, then those that come',
  },
  {
    service: 'nim',
    method: `${MANAGER}/ListAvailability`,
    request: '{"since":"2026-11-01T00:00:00Z"}',
    purpose: 'how long ports and network instances were in which state, by the hour and by the day',
  },
  { service: 'nim', method: `${MANAGER}/ListOutages`, purpose: 'when ports and network instances had no way out' },
  {
    service: 'nim',
    method: `${AUTHORIZATION}/AuthorizePort`,
    request: '{"operation":"NETWORK_OPERATION_APP_IMAGE_DOWNLOAD","port":"sat0"}',
    purpose: 'whether an operation may use a port',
  },
  {
    service: 'nim',
    method: `${AUTHORIZATION}/ListAuthorizedPorts`,
    request: '{"operation":"NETWORK_OPERATION_CONTROLLER"}',
    purpose: 'the ports that an operation may use, best first',
  },
  {
    service: 'nim',
    method: `${AUTHORIZATION}/WatchAuthorizedPorts`,
    request: APP_IMAGES,
    purpose: 'the same as a stream',
  },
  {
    service: 'zedrouter',
    method: `${ROUTER}/ListNetworkInstanceStatus`,
    request: '{"network_instances":["default"]}',
    purpose: 'each network instance as it is in the kernel',
  },
  { service: 'zedrouter', method: `${ROUTER}/WatchNetworkInstanceStatus`, purpose: 'the same as a stream' },
  {
    service: 'zedrouter',
    method: `${ROUTER}/ExplainAccess`,
    request: '{"app":"app1","remote":"198.51.100.20","remote_port":443,"protocol":6}',
    purpose: 'what an access list says of a flow, and what it has denied',
  },
  {
    service: 'zedrouter',
    method: `${ROUTER}/ListPortMaps`,
    request: '{"network_instances":["default"]}',
    purpose: 'port maps, and where each is open now',
  },
  {
    service: 'zedrouter',
    method: `${ROUTER}/GetDataplane`,
    purpose: 'what is ours in the kernel, as ip and nft print it',
  },
  {
    service: 'zedrouter',
    method: `${ROUTER}/ListUsage`,
    request: '{"since":"2026-11-01T00:00:00Z"}',
    purpose: 'what ports and apps have sent and received, by the hour and by the day',
  },
  { service: 'nim', method: 'grpc.health.v1.Health/Check', purpose: 'whether the service serves' },
];
