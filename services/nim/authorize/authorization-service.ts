import {
  PortAuthorizationServiceService,
  type AuthorizePortRequest,
  type AuthorizePortResponse,
  type PortAuthorizationServiceServer,
  type WatchAuthorizedPortsRequest,
  type WatchAuthorizedPortsResponse,
} from '../../../gen/nim/v1/port_authorization.js';
import { serverStreaming, unary, type CallContext, type ServedService } from '../../../lib/rpc/index.js';
import type { AuthorizationLists } from './authorization-lists.js';
import { authorizePort } from './authorization.js';
import { portNamed } from '../explain/port-named.js';
import type { Published, Publisher } from '../publish/index.js';
import { checkOperation, publishedBy } from '../api/requests.js';

/** PortAuthorizationService. Before there is a configuration, questions answer UNAVAILABLE and watches stay silent. */
export function portAuthorizationService(publisher: Publisher, lists: AuthorizationLists): ServedService {
  const answers = new Answers();
  const implementation: PortAuthorizationServiceServer = {
    authorizePort: unary((request: AuthorizePortRequest) => authorize(publisher, lists, answers, request)),
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

/**
 * Answers to what is asked again before every connection; all that they rest on is published together, and so replaced
 * together.
 */
class Answers {
  readonly #made = new WeakMap<Published, Map<string, AuthorizePortResponse>>();

  /** Every question is of a known operation and a known port, so there are few. */
  of(published: Published, question: string, make: () => AuthorizePortResponse): AuthorizePortResponse {
    const known = this.#made.get(published) ?? new Map<string, AuthorizePortResponse>();
    this.#made.set(published, known);
    const answer = known.get(question) ?? make();
    known.set(question, answer);
    return answer;
  }
}

function authorize(
  publisher: Publisher,
  lists: AuthorizationLists,
  answers: Answers,
  { operation, port: name }: AuthorizePortRequest,
): AuthorizePortResponse {
  checkOperation(operation);
  const published = publishedBy(publisher);
  const port = portNamed(name, published.configuration.model.ports);
  return answers.of(published, `${operation} ${port.label}`, () =>
    authorizePort(
      operation,
      port,
      published,
      (label) => publisher.ports.get(label),
      lists.entry(operation, port.label),
    ),
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
