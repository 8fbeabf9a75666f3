import { status } from '@grpc/grpc-js';

import {
  NetworkRouterServiceService,
  type AccessExplanation,
  type EntryDenials,
  type ExplainAccessRequest,
  type ExplainAccessResponse,
  type GetDataplaneResponse,
  type ListPortMapsRequest,
  type ListPortMapsResponse,
  type NetworkInstanceStatus,
  type NetworkRouterServiceServer,
  type PortMapStatus,
  type WatchNetworkInstanceStatusRequest,
  type WatchNetworkInstanceStatusResponse,
} from '../../../gen/zedrouter/v1/network_router.js';
import type { ListUsageRequest, ListUsageResponse, UsagePeriod } from '../../../gen/zedrouter/v1/usage.js';
import { wallRangeOf } from '../../../lib/configuration/index.js';
import { oncePer } from '../../../lib/once/index.js';
import {
  RpcError,
  serverStreaming,
  unary,
  type CallContext,
  type ServedService,
  type StateChange,
} from '../../../lib/rpc/index.js';
import type { StatusStore } from '../status/status-store.js';

/** What the service answers from, beside the statuses. */
export interface ServiceSources {
  /** The port maps of these network instances, by UUID. */
  readonly portMaps: (niIds: readonly string[]) => PortMapStatus[];
  /** What the access lists of an app say of a flow; undefined: there is no such app with a list. */
  readonly explainAccess: (request: ExplainAccessRequest) => AccessExplanation[] | undefined;
  /** What the access list of an interface has denied, by the interface's address. */
  readonly denied: () => ReadonlyMap<string, EntryDenials[]>;
  readonly readDataplane: () => Promise<GetDataplaneResponse>;
  /** What was sent and received in periods that begin from a moment on and before another, oldest first. */
  readonly usage: (sinceMs: number, untilMs: number) => AsyncIterable<UsagePeriod>;
}

/** NetworkRouterService over the statuses in `store`. */
export function networkRouterService(
  store: StatusStore,
  { portMaps, explainAccess, denied, readDataplane, usage }: ServiceSources,
): ServedService {
  const messageOf = oncePer(statusesMessage);
  const implementation: NetworkRouterServiceServer = {
    listNetworkInstanceStatus: unary(({ networkInstances }) => ({
      epoch: store.epoch,
      revision: store.revision,
      statuses: withDenials(chosen(store.list(), networkInstances), denied()),
    })),
    watchNetworkInstanceStatus: serverStreaming((request, context) => watch(store, messageOf, request, context)),
    listPortMaps: unary(({ networkInstances }: ListPortMapsRequest): ListPortMapsResponse => ({
      epoch: store.epoch,
      revision: store.revision,
      portMaps: portMaps(chosen(store.list(), networkInstances).map(({ networkInstanceId }) => networkInstanceId)),
    })),
    explainAccess: unary((request: ExplainAccessRequest): ExplainAccessResponse => {
      if (request.remote === '') {
        throw new RpcError(status.INVALID_ARGUMENT, 'remote must be an IPv4 address or a name', {
          reason: 'REMOTE_MISSING',
        });
      }
      const explanations = explainAccess(request);
      if (explanations !== undefined) return { explanations };
      const which = request.interface === '' ? request.app : `${request.app} with an interface ${request.interface}`;
      throw new RpcError(status.NOT_FOUND, `there is no app ${which} in a local network instance`, {
        reason: 'APP_NOT_FOUND',
      });
    }),
    getDataplane: unary(readDataplane),
    listUsage: serverStreaming((request: ListUsageRequest) => listUsage(usage, request)),
  };
  return { definition: NetworkRouterServiceService, implementation };
}

async function* listUsage(usage: ServiceSources['usage'], request: ListUsageRequest): AsyncIterable<ListUsageResponse> {
  for await (const period of usage(...wallRangeOf(request))) yield { period };
}

function withDenials(
  statuses: readonly NetworkInstanceStatus[],
  denied: ReadonlyMap<string, EntryDenials[]>,
): NetworkInstanceStatus[] {
  return statuses.map((each) => ({
    ...each,
    appInterfaces: each.appInterfaces.map((one) => ({ ...one, denied: denied.get(one.address) ?? [] })),
  }));
}

function chosen(
  statuses: readonly NetworkInstanceStatus[],
  names: readonly string[],
): readonly NetworkInstanceStatus[] {
  if (names.length === 0) return statuses;
  // One's UUID may be another's name; what comes first in the list has it.
  const byName = new Map(
    statuses.toReversed().flatMap((each) => [
      [each.displayName, each],
      [each.networkInstanceId, each],
    ]),
  );
  return [...new Set(names)].map((name) => {
    const found = byName.get(name);
    if (found === undefined) {
      throw new RpcError(status.NOT_FOUND, `there is no local network instance ${name}`, {
        reason: 'NETWORK_INSTANCE_NOT_FOUND',
      });
    }
    return found;
  });
}

function statusesMessage(change: StateChange<NetworkInstanceStatus>): WatchNetworkInstanceStatusResponse {
  return {
    epoch: change.epoch,
    revision: change.revision,
    snapshot: change.snapshot,
    statuses: [...change.upserts],
    removedNetworkInstances: [...change.removedKeys],
  };
}

async function* watch(
  store: StatusStore,
  messageOf: (change: StateChange<NetworkInstanceStatus>) => WatchNetworkInstanceStatusResponse,
  { epoch, afterRevision }: WatchNetworkInstanceStatusRequest,
  { signal }: CallContext,
): AsyncIterable<WatchNetworkInstanceStatusResponse> {
  for await (const change of store.watch({ epoch, afterRevision }, signal)) yield messageOf(change);
}
