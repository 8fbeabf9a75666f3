import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { whenAborted } from '../../lib/clock/index.js';
import { Event } from '../../gen/nim/v1/event.js';
import type { WatchEventsResponse } from '../../gen/nim/v1/network_interface_manager.js';
import {
  ExplainResponse,
  GetDeviceNetworkStatusResponse,
  ListEventsResponse,
  ListNetworkInstanceTestStatusResponse,
  NetworkInterfaceManagerServiceService,
  WatchDeviceNetworkStatusResponse,
  WatchNetworkInstanceTestStatusResponse,
  type ExplainRequest,
  type ListEventsRequest,
  type WatchEventsRequest,
} from '../../gen/nim/v1/network_interface_manager.js';
import { PortStatus } from '../../gen/nim/v1/port_status.js';
import {
  ListNetworkInstanceStatusResponse,
  AccessExplanation,
  AccessVerdict,
  type ExplainAccessRequest,
  ListPortMapsResponse,
  NetworkInstanceStatus,
  NetworkRouterServiceService,
  PortMapStatus,
  WatchNetworkInstanceStatusResponse,
} from '../../gen/zedrouter/v1/network_router.js';
import { createLogger } from '../../lib/observability/index.js';
import { RpcError, serverStreaming, startServer, unary, type RunningServer } from '../../lib/rpc/index.js';

const logger = createLogger({ service: 'scripted', level: 'silent' });
const networkInstance = { networkInstanceId: 'id-1', displayName: 'ni1' };

/** Of the test of every port of a scripted NIM, when somebody asks. Its stream does not tell. */
export const scriptedSuccess = { seconds: 1_772_366_399n, nanos: 0 };

/** Sends one message, then stays open until the reader leaves or the server ends. */
function oneMessage<Message>(message: () => Message) {
  return serverStreaming<unknown, Message>(async function* (_request, { signal }) {
    yield message();
    await new Promise<void>((resolve) => {
      whenAborted(signal, resolve);
    });
  });
}

/** An event that says that configuration `sequence` came into force. */
export function configurationEvent(sequence: bigint): Event {
  const kind = { $case: 'configurationChanged', value: { version: sequence, author: 'ops' } } as const;
  return Event.fromPartial({ sequence, time: { seconds: 1_772_366_400n, nanos: 0 }, kind });
}

/**
 * A NIM with one port named `portLabel`, one network instance and two events: real gRPC on a real socket, invented
 * facts.
 */
export function startScriptedNim(runDir: string, portLabel: string): Promise<RunningServer> {
  const port = PortStatus.fromPartial({ logicalLabel: portLabel, interface: portLabel });
  const statuses = [
    { ...networkInstance, selectedPort: { logicalLabel: portLabel, interface: portLabel, priority: 0 } },
  ];
  const events = [configurationEvent(1n), configurationEvent(2n)];
  return startServer({
    socketPath: join(runDir, 'nim.sock'),
    logger,
    services: [
      {
        definition: NetworkInterfaceManagerServiceService,
        implementation: {
          getDeviceNetworkStatus: unary(() =>
            GetDeviceNetworkStatusResponse.fromPartial({
              deviceNetworkStatus: {
                epoch: portLabel,
                revision: 1n,
                ports: [{ ...port, lastSucceeded: scriptedSuccess }],
              },
            }),
          ),
          watchDeviceNetworkStatus: oneMessage(() => ({
            ...WatchDeviceNetworkStatusResponse.fromPartial({ epoch: portLabel, revision: 1n, snapshot: true }),
            ports: [port],
          })),
          listNetworkInstanceTestStatus: unary(() => ListNetworkInstanceTestStatusResponse.fromPartial({ statuses })),
          watchNetworkInstanceTestStatus: oneMessage(() =>
            WatchNetworkInstanceTestStatusResponse.fromPartial({
              epoch: portLabel,
              revision: 1n,
              snapshot: true,
              statuses,
            }),
          ),
          explain: unary(({ subject }: ExplainRequest) => {
            if (subject?.$case === 'networkInstance' && !['ni1', 'id-1'].includes(subject.value)) {
              throw new RpcError(status.NOT_FOUND, `there is no network instance ${subject.value}`);
            }
            const about = subject?.$case === 'operation' ? `operation ${subject.value}` : (subject?.value ?? 'nothing');
            return ExplainResponse.fromPartial({ lines: [`about ${about}`] });
          }),
          listEvents: unary(({ limit }: ListEventsRequest) => ({
            ...ListEventsResponse.fromPartial({}),
            events: limit === 0 ? events : events.slice(-limit),
          })),
          watchEvents: serverStreaming<WatchEventsRequest, WatchEventsResponse>(async function* (request, { signal }) {
            const after = request.afterSequence ?? 0n;
            // Not honouring what the reader has would show: the reader must ask for what it lacks.
            for (const event of [...events, configurationEvent(3n)].filter(({ sequence }) => sequence > after)) {
              yield { event };
            }
            await new Promise<void>((resolve) => {
              whenAborted(signal, resolve);
            });
          }),
        },
      },
    ],
  });
}

/** A zedrouter that has applied the port named `portLabel`. */
export function startScriptedZedrouter(
  runDir: string,
  portLabel: string,
  errors: readonly string[] = [],
): Promise<RunningServer> {
  const applied = NetworkInstanceStatus.fromPartial({
    ...networkInstance,
    interfaceInUse: portLabel,
    armedPorts: [portLabel],
    errors: [...errors],
  });
  return startServer({
    socketPath: join(runDir, 'zedrouter.sock'),
    logger,
    services: [
      {
        definition: NetworkRouterServiceService,
        implementation: {
          listNetworkInstanceStatus: unary(() => ({
            ...ListNetworkInstanceStatusResponse.fromPartial({}),
            statuses: [applied],
          })),
          watchNetworkInstanceStatus: oneMessage(() => ({
            ...WatchNetworkInstanceStatusResponse.fromPartial({ epoch: portLabel, revision: 1n, snapshot: true }),
            statuses: [applied],
          })),
          listPortMaps: unary(() => ({
            ...ListPortMapsResponse.fromPartial({}),
            portMaps: [
              PortMapStatus.fromPartial({
                networkInstanceId: 'id-1',
                protocol: 'tcp',
                externalPort: 8080,
                openOn: portLabel,
              }),
            ],
          })),
          explainAccess: unary(({ app, remote }: ExplainAccessRequest) => ({
            explanations: [
              AccessExplanation.fromPartial({
                ...{ appName: app, interface: 'eth0', address: '10.77.0.10', networkInstanceId: 'id-1' },
                networkInstanceName: 'default',
                verdict: AccessVerdict.ACCESS_VERDICT_REFUSED,
                detail: `refused: no entry allows ${remote}`,
                denied: [{ entryId: 7, place: 2, packets: 12n }],
              }),
            ],
          })),
          getDataplane: unary(() => {
            throw new RpcError(status.UNIMPLEMENTED, 'not part of this script');
          }),
        },
      },
    ],
  });
}
