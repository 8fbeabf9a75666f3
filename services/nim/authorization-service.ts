import { status } from '@grpc/grpc-js';

import {
  PortAuthorizationServiceService,
  type AuthorizePortRequest,
  type AuthorizePortResponse,
  type PortAuthorizationServiceServer,
  type WatchAuthorizedPortsRequest,
  type WatchAuthorizedPortsResponse,
} from '../../gen/nim/v1/port_authorization.js';
import type { Port } from '../configuration/index.js';
import { RpcError, serverStreaming, unary, type CallContext, type ServedService } from '../rpc/index.js';
import type { AuthorizationLists } from './authorization-lists.js';
import { authorizePort } from './authorization.js';
import type { Publisher } from './publish/index.js';
import { checkOperation, publishedBy } from './requests.js';

/** PortAuthorizationService. Before there is a configuration, questions answer UNAVAILABLE and watches stay silent. */
export function portAuthorizationService(publisher: Publisher, lists: AuthorizationLists): ServedService {
  const implementation: PortAuthorizationServiceServer = {
    authorizePort: unary((request: AuthorizePortRequest) => authorize(publisher, lists, request)),
    listAuthorizedPorts: unary(({ operation }) => {
      checkOperation(operation);
      return { authorizations: lists.list(operation, publishedBy(publisher)) };
    }),
    watchAuthorizedPorts: serverStreaming((request: WatchAuthorizedPortsRequest, context) =>
      watch(lists, request, context),
    ),
  };
  return { definition: PortAuthorizationServiceService, implementation };
}

function authorize(
  publisher: Publisher,
  lists: AuthorizationLists,
  { operation, port: name }: AuthorizePortRequest,
): AuthorizePortResponse {
  checkOperation(operation);
  const published = publishedBy(publisher);
  const port = portNamed(name, published.configuration.model.ports);
  return authorizePort(
    operation,
    port,
    published,
    (label) => publisher.ports.get(label),
    lists.entry(operation, port.label),
  );
}

/** The port with this label, or else on this interface. @throws RpcError NOT_FOUND */
export function portNamed(name: string, ports: readonly Port[]): Port {
  const port = ports.find(({ label }) => label === name) ?? ports.find(({ interfaceName }) => interfaceName === name);
  if (port !== undefined) return port;
  const known = ports.map(({ label }) => label).join(', ');
  throw new RpcError(status.NOT_FOUND, `there is no port ${JSON.stringify(name)}; ports are ${known || 'none'}`, {
    reason: 'PORT_UNKNOWN',
  });
}

async function* watch(
  lists: AuthorizationLists,
  { operation, epoch, afterRevision }: WatchAuthorizedPortsRequest,
  { signal }: CallContext,
): AsyncGenerator<WatchAuthorizedPortsResponse> {
  checkOperation(operation);
  for await (const { epoch: current, revision, upserts } of lists.watch(operation, { epoch, afterRevision }, signal)) {
    // Nothing new for a reader that resumes.
    for (const authorizations of upserts) yield { epoch: current, revision, authorizations };
  }
}
