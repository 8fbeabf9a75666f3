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

const config = 'org.lfedge.eve.zedagent.v1.DeviceConfigService';
const policy = 'org.lfedge.eve.zedagent.v1.PolicyService';
const manager = 'org.lfedge.eve.nim.v1.NetworkInterfaceManagerService';
const authorization = 'org.lfedge.eve.nim.v1.PortAuthorizationService';
const router = 'org.lfedge.eve.zedrouter.v1.NetworkRouterService';
const appImages = '{"operation":"NETWORK_OPERATION_APP_IMAGE_DOWNLOAD"}';

/**
 * One call of every method, against the configuration lab/ship.yaml; docs/api.md is made of them, and a test makes
 * every one.
 */
export const apiCalls: readonly ApiCall[] = [
  { service: 'zedagent', method: `${config}/GetConfig`, purpose: 'the configuration in force' },
  {
    service: 'zedagent',
    method: `${config}/PushConfig`,
    request: '{"config":{},"dry_run":true}',
    purpose: 'checks a configuration; without dry_run it comes into force',
  },
  { service: 'zedagent', method: `${config}/WatchConfig`, purpose: 'configuration and policy, as a stream' },
  { service: 'zedagent', method: `${policy}/GetPolicy`, purpose: 'what is in force, and where each part comes from' },
  {
    service: 'zedagent',
    method: `${policy}/UpdatePolicy`,
    request: '{"patch":{"ports":[{"logical_label":"wwan0","priority":5}]},"dry_run":true}',
    purpose: 'overrides the configuration; with dry_run says what would change',
  },
  {
    service: 'zedagent',
    method: `${policy}/CreateGrant`,
    request:
      '{"operation":"NETWORK_OPERATION_APP_IMAGE_DOWNLOAD","priorities":[2],"lifetime":"7200s","reason":"crew change"}',
    purpose: 'a permission that ends by itself',
  },
  { service: 'zedagent', method: `${policy}/ListGrants`, purpose: 'the live grants' },
  { service: 'zedagent', method: `${policy}/RevokeGrant`, request: '{"id":"1f2e3d4c"}', purpose: 'ends one now' },
  { service: 'nim', method: `${manager}/GetDeviceNetworkStatus`, purpose: 'ports: link, addresses, tests, budgets' },
  { service: 'nim', method: `${manager}/WatchDeviceNetworkStatus`, purpose: 'the same as a stream' },
  {
    service: 'nim',
    method: `${manager}/ListNetworkInstanceTestStatus`,
    request: '{"network_instances":["default"]}',
    purpose: 'NITS: the port of each network instance, and every candidate with its reasons',
  },
  { service: 'nim', method: `${manager}/WatchNetworkInstanceTestStatus`, purpose: 'the same as a stream' },
  {
    service: 'nim',
    method: `${manager}/Explain`,
    request: '{"operation":"NETWORK_OPERATION_BASE_IMAGE_DOWNLOAD"}',
    purpose: 'why this port, and why not each of the others',
  },
  {
    service: 'nim',
    method: `${manager}/Evaluate`,
    request: '{"ports":[{"port":"eth0","state":"ASSUMED_PORT_STATE_DOWN"}]}',
    purpose: 'what if; changes nothing',
  },
  { service: 'nim', method: `${manager}/TestPorts`, request: '{"ports":["eth0"]}', purpose: 'tests ports now' },
  { service: 'nim', method: `${manager}/ListEvents`, request: '{"limit":5}', purpose: 'the newest events' },
  {
    service: 'nim',
    method: `${manager}/WatchEvents`,
    request: '{"after_sequence":0}',
    purpose: 'the events that are kept, then those that come',
  },
  {
    service: 'nim',
    method: `${authorization}/AuthorizePort`,
    request: '{"operation":"NETWORK_OPERATION_APP_IMAGE_DOWNLOAD","port":"sat0"}',
    purpose: 'whether an operation may use a port',
  },
  {
    service: 'nim',
    method: `${authorization}/ListAuthorizedPorts`,
    request: '{"operation":"NETWORK_OPERATION_CONTROLLER"}',
    purpose: 'the ports that an operation may use, best first',
  },
  {
    service: 'nim',
    method: `${authorization}/WatchAuthorizedPorts`,
    request: appImages,
    purpose: 'the same as a stream',
  },
  {
    service: 'zedrouter',
    method: `${router}/ListNetworkInstanceStatus`,
    request: '{"network_instances":["default"]}',
    purpose: 'each network instance as it is in the kernel',
  },
  { service: 'zedrouter', method: `${router}/WatchNetworkInstanceStatus`, purpose: 'the same as a stream' },
  {
    service: 'zedrouter',
    method: `${router}/ListPortMaps`,
    request: '{"network_instances":["default"]}',
    purpose: 'port maps, and where each is open now',
  },
  {
    service: 'zedrouter',
    method: `${router}/GetDataplane`,
    purpose: 'what is ours in the kernel, as ip and nft print it',
  },
  { service: 'nim', method: 'grpc.health.v1.Health/Check', purpose: 'whether the service serves' },
];
