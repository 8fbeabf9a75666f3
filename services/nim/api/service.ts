import { status } from '@grpc/grpc-js';

import type {
  ListAvailabilityRequest,
  ListAvailabilityResponse,
  ListOutagesRequest,
} from '../../../gen/nim/v1/availability.js';
import type { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import type {
  EvaluateRequest,
  ExplainRequest,
  ExplainResponse,
  ListEventsRequest,
  ListEventsResponse,
  ListNetworkInstanceTestStatusRequest,
  ListNetworkInstanceTestStatusResponse,
  NetworkInterfaceManagerServiceServer,
  TestPortsRequest,
  WatchDeviceNetworkStatusRequest,
  WatchDeviceNetworkStatusResponse,
  WatchEventsRequest,
  WatchEventsResponse,
  WatchNetworkInstanceTestStatusRequest,
  WatchNetworkInstanceTestStatusResponse,
} from '../../../gen/nim/v1/network_interface_manager.js';
import type { PortStatus } from '../../../gen/nim/v1/port_status.js';
import type { Clock } from '../../../lib/clock/index.js';
import { wallRangeOf } from '../../../lib/configuration/index.js';
import { oncePer } from '../../../lib/once/index.js';
import { RpcError, serverStreaming, unary, type CallContext, type StateChange } from '../../../lib/rpc/index.js';
import { inSlices } from '../../../lib/slices/index.js';
import { rankPortsForOperation, type Decision, type Selection } from '../../../lib/decision/decide/index.js';
import type { Availability } from '../availability/index.js';
import { evaluate } from '../evaluate/index.js';
import { eventMessage, type EventLog } from '../events/index.js';
import { explainOperation, explainSelection } from '../explain/explain.js';
import type { RemoteTests } from '../probing/remote-tests.js';
import {
  byNetworkInstance,
  candidateMessage,
  WallTime,
  type Publisher,
  type TestStatusEntry,
} from '../publish/index.js';
import { checkOperation, publishedBy } from './requests.js';
import { testPorts } from './test-ports.js';

export interface ServiceParts {
  readonly publisher: Publisher;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly tests: Pick<RemoteTests, 'testNow'>;
  readonly availability: Pick<Availability, 'periods' | 'outages'>;
}

/**
 * NetworkInterfaceManagerService. Before there is a configuration, lists answer UNAVAILABLE and watches stay silent: an
 * empty snapshot would tell zedrouter to take everything down.
 */
export function networkInterfaceManagerService(parts: ServiceParts): NetworkInterfaceManagerServiceServer {
  const { publisher } = parts;
  const portsOf = oncePer(portsMessage);
  const testStatusesOf = oncePer((change: StateChange<TestStatusEntry>) => testStatusesMessage(change, publisher));
  return {
    getDeviceNetworkStatus: unary(() => {
      publishedBy(publisher);
      return { deviceNetworkStatus: publisher.deviceNetworkStatus() };
    }),
    watchDeviceNetworkStatus: serverStreaming((request: WatchDeviceNetworkStatusRequest, context) =>
      watchPorts(publisher, portsOf, request, context),
    ),
    listNetworkInstanceTestStatus: unary((request: ListNetworkInstanceTestStatusRequest) =>
      listTestStatuses(publisher, request),
    ),
    watchNetworkInstanceTestStatus: serverStreaming((request: WatchNetworkInstanceTestStatusRequest, context) =>
      watchTestStatuses(publisher, testStatusesOf, request, context),
    ),
    explain: unary((request: ExplainRequest) => explain(parts, request)),
    evaluate: unary((request: EvaluateRequest) =>
      inSlices(evaluate(request, publishedBy(publisher), publisher, parts.clock)),
    ),
    testPorts: unary((request: TestPortsRequest, context) => {
      publishedBy(publisher);
      return testPorts(publisher, parts.tests, request, context);
    }),
    listEvents: unary((request: ListEventsRequest) => listEvents(parts.events, request)),
    watchEvents: serverStreaming((request: WatchEventsRequest, context) => watchEvents(parts.events, request, context)),
    listAvailability: serverStreaming((request: ListAvailabilityRequest) =>
      listAvailability(parts.availability, request),
    ),
    listOutages: unary((request: ListOutagesRequest) => ({
      outages: [...parts.availability.outages(...wallRangeOf(request))],
    })),
  };
}

async function* listAvailability(
  availability: ServiceParts['availability'],
  request: ListAvailabilityRequest,
): AsyncGenerator<ListAvailabilityResponse> {
  for await (const period of availability.periods(...wallRangeOf(request))) yield { period };
}

async function* watchPorts(
  publisher: Publisher,
  messageOf: (change: StateChange<PortStatus>) => WatchDeviceNetworkStatusResponse,
  request: WatchDeviceNetworkStatusRequest,
  { signal }: CallContext,
): AsyncGenerator<WatchDeviceNetworkStatusResponse> {
  await publisher.untilPublished(signal);
  for await (const change of publisher.ports.watch(request, signal)) yield messageOf(change);
}

function portsMessage({ upserts, removedKeys, ...change }: StateChange<PortStatus>): WatchDeviceNetworkStatusResponse {
  return { ...change, ports: [...upserts], removedPorts: [...removedKeys] };
}

async function* watchTestStatuses(
  publisher: Publisher,
  messageOf: (change: StateChange<TestStatusEntry>) => WatchNetworkInstanceTestStatusResponse,
  request: WatchNetworkInstanceTestStatusRequest,
  { signal }: CallContext,
): AsyncGenerator<WatchNetworkInstanceTestStatusResponse> {
  await publisher.untilPublished(signal);
  for await (const change of publisher.testStatuses.watch(request, signal)) yield messageOf(change);
}

function testStatusesMessage(
  { upserts, removedKeys, ...change }: StateChange<TestStatusEntry>,
  publisher: Publisher,
): WatchNetworkInstanceTestStatusResponse {
  const { configVersion, policyVersion, deviceNetworkRevision } =
    upserts.find((entry) => entry.kind === 'basis') ?? publisher.basis;
  return {
    ...change,
    statuses: upserts.flatMap((entry) => (entry.kind === 'status' ? [entry.status] : [])),
    removedNetworkInstances: [...removedKeys],
    deviceNetworkRevision,
    configVersion,
    policyVersion,
  };
}

function listTestStatuses(
  publisher: Publisher,
  { networkInstances }: ListNetworkInstanceTestStatusRequest,
): ListNetworkInstanceTestStatusResponse {
  publishedBy(publisher);
  const all = publisher.networkInstanceTestStatuses();
  const names = new Set(networkInstances);
  const ids = new Set(networkInstances.map((name) => name.toLowerCase()));
  const wanted = new Set(
    all.filter(
      ({ networkInstanceId, displayName }) => names.has(displayName) || ids.has(networkInstanceId.toLowerCase()),
    ),
  );
  const found = new Set(
    [...wanted].flatMap(({ networkInstanceId, displayName }) => [networkInstanceId.toLowerCase(), displayName]),
  );
  const unknown = [...names].filter((name) => !found.has(name) && !found.has(name.toLowerCase()));
  if (unknown.length > 0) throw unknownNetworkInstances(unknown);
  return {
    epoch: publisher.testStatuses.epoch,
    revision: publisher.testStatuses.revision,
    statuses: networkInstances.length === 0 ? [...all] : all.filter((one) => wanted.has(one)),
  };
}

/** A UUID in either case, or the display name as it is. */
function isCalled(id: string, displayName: string, name: string): boolean {
  return id.toLowerCase() === name.toLowerCase() || displayName === name;
}

function unknownNetworkInstances(names: readonly string[]): RpcError {
  return new RpcError(
    status.NOT_FOUND,
    `no active network instance has the UUID or display name ${names.map((name) => `"${name}"`).join(', ')}`,
    { reason: 'NETWORK_INSTANCE_UNKNOWN', metadata: { networkInstances: names.join(',') } },
  );
}

function explain(parts: ServiceParts, { subject }: ExplainRequest): ExplainResponse {
  switch (subject?.$case) {
    case 'networkInstance':
      return explainNetworkInstance(parts, subject.value);
    case 'operation':
      return explainOneOperation(parts, subject.value);
    case undefined:
      throw new RpcError(status.INVALID_ARGUMENT, 'name a network instance or an operation', {
        reason: 'SUBJECT_MISSING',
        violations: [{ field: 'subject', description: 'networkInstance or operation must be set' }],
      });
  }
}

function explainNetworkInstance({ publisher, clock }: ServiceParts, name: string): ExplainResponse {
  const { decision } = publishedBy(publisher);
  const found = [...decision.selections.values()].filter(({ networkInstanceId, networkInstanceName }) =>
    isCalled(networkInstanceId, networkInstanceName, name),
  );
  const [selection, ...others] = found;
  if (selection === undefined) throw unknownNetworkInstances([name]);
  if (others.length > 0) {
    const ids = found.map(({ networkInstanceId }) => networkInstanceId).join(', ');
    throw new RpcError(status.INVALID_ARGUMENT, `several network instances are called "${name}": ${ids}`, {
      reason: 'NAME_AMBIGUOUS',
      violations: [{ field: 'networkInstance', description: `name one of them by its UUID: ${ids}` }],
    });
  }
  const testStatus = publisher
    .networkInstanceTestStatuses()
    .find(({ networkInstanceId }) => networkInstanceId === selection.networkInstanceId);
  return {
    candidates: testStatus?.candidates ?? [],
    status: testStatus,
    lines: [selection, ...routesOf(selection, decision)].flatMap((each) => explainSelection(each, clock.monotonicMs())),
  };
}

/** The selections for its static routes by a label. */
function routesOf({ networkInstanceId }: Selection, decision: Decision): readonly Selection[] {
  return (byNetworkInstance(decision).get(networkInstanceId)?.routes ?? []).map(({ selection }) => selection);
}

function explainOneOperation({ publisher, clock }: ServiceParts, operation: NetworkOperation): ExplainResponse {
  checkOperation(operation);
  const { snapshot, configuration, decision } = publishedBy(publisher);
  const nowMs = clock.monotonicMs();
  const candidates = rankPortsForOperation(operation, snapshot, configuration.model, decision.memory, nowMs);
  const wall = new WallTime(clock);
  return {
    candidates: candidates.map((candidate) => candidateMessage(candidate, wall)),
    status: undefined,
    lines: [...explainOperation(operation, candidates, nowMs)],
  };
}

function listEvents(events: EventLog, { afterSequence, limit }: ListEventsRequest): ListEventsResponse {
  const after = events.list(Number(afterSequence));
  return { events: (limit === 0 ? after : after.slice(-limit)).map(eventMessage) };
}

async function* watchEvents(
  events: EventLog,
  { afterSequence }: WatchEventsRequest,
  { signal }: CallContext,
): AsyncGenerator<WatchEventsResponse> {
  const after = afterSequence === undefined ? events.lastSequence : Number(afterSequence);
  for await (const event of events.watch(after, signal)) yield { event: eventMessage(event) };
}
