import {
  PortAuthorizationServiceService,
  type AuthorizePortRequest,
  type AuthorizePortResponse,
  type PortAuthorizationServiceServer,
  type WatchAuthorizedPortsRequest,
  type WatchAuthorizedPortsResponse,
} from '../../../gen/nim/v1/port_authorization.js';
import type { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import type { Port } from '../../../lib/configuration/index.js';
import { oncePerKey } from '../../../lib/once/index.js';
import { serverStreaming, unary, type CallContext, type ServedService } from '../../../lib/rpc/index.js';
import type { AuthorizationLists } from './authorization-lists.js';
import { authorizePort } from './authorization.js';
import { portNamed } from '../explain/port-named.js';
import type { Published, Publisher } from '../publish/index.js';
import { checkOperation, publishedBy } from '../api/requests.js';

/** PortAuthorizationService. Before there is a configuration, questions answer UNAVAILABLE and watches stay silent. */
export function portAuthorizationService(publisher: Publisher, lists: AuthorizationLists): ServedService {
  const answers = answersOf(publisher, lists);
  const implementation: PortAuthorizationServiceServer = {
    authorizePort: unary((request: AuthorizePortRequest) => authorize(publisher, answers, request)),
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

type Answers = (published: Published, operation: NetworkOperation, port: Port) => AuthorizePortResponse;

/**
 * Answers to what is asked again before every connection; all that they rest on is published together, and so replaced
 * together. Every question is of a known operation and a known port, so there are few.
 */
function answersOf(publisher: Publisher, lists: AuthorizationLists): Answers {
  return oncePerKey(
    (operation: NetworkOperation, { label }: Port) => `${operation} ${label}`,
    (published: Published, operation, port) =>
      authorizePort(
        operation,
        port,
        published,
        (label) => publisher.ports.get(label),
        lists.entry(operation, port.label),
      ),
  );
}

function authorize(
  publisher: Publisher,
  answers: Answers,
  { operation, port: name }: AuthorizePortRequest,
): AuthorizePortResponse {
  checkOperation(operation);
  const published = publishedBy(publisher);
  return answers(published, operation, portNamed(name, published.configuration.model.ports));
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
