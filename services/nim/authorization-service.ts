import {
  PortAuthorizationServiceService,
  type AuthorizePortRequest,
  type AuthorizePortResponse,
  type PortAuthorizationServiceServer,
  type WatchAuthorizedPortsRequest,
  type WatchAuthorizedPortsResponse,
} from '../../gen/nim/v1/port_authorization.js';
import { serverStreaming, unary, type CallContext, type ServedService } from '../rpc/index.js';
import type { AuthorizationLists } from './authorization-lists.js';
import { authorizePort } from './authorization.js';
import { portNamed } from './port-named.js';
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
