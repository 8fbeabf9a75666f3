import { setTimeout as sleep } from 'node:timers/promises';

import { Client, credentials, type ServiceError } from '@grpc/grpc-js';

import { NetworkOperation } from '../../gen/evecommon/uplink.js';
import {
  NetworkInterfaceManagerServiceService,
  WatchNetworkInstanceTestStatusRequest,
  WatchNetworkInstanceTestStatusResponse,
} from '../../gen/nim/v1/network_interface_manager.js';
import {
  AuthorizePortRequest,
  AuthorizePortResponse,
  PortAuthorizationServiceClient,
} from '../../gen/nim/v1/port_authorization.js';
import { call, connectTo } from '../../lib/rpc/index.js';
import { monotonicMs, type Lab } from '../../lab/index.js';
import { startBareProcess } from './bare-process.js';
import { bareRequest, bareService } from './bare-service.js';
import { createBenchLab, QuickCable } from './bench-lab.js';
import { makeCalls, type Round } from './calls.js';
import { distributionTable, median, type Measurement } from './distribution.js';
import { FanOut } from './fan-out.js';

/*
 * What NIM's answers cost beyond grpc-js itself. NIM runs as a process of its own, and beside it a bare grpc-js server
 * whose messages are of the same sizes; one client asks both by turns, so that whatever else the machine does troubles
 * both alike.
 */

const ROUNDS = Number(process.env.ROUNDS ?? 15);
const CALLS_ALONE = 400;
const CALLS_TOGETHER = 2_000;
const IN_FLIGHT = 64;
const CALL_TIMEOUT_MS = 10_000;
const CHANGES = Number(process.env.CHANGES ?? 15);
const NETWORK_INSTANCE = 'default';
/** Between changes, so that what follows one is over. */
const SETTLE_MS = 200;

const request: AuthorizePortRequest = {
  operation: NetworkOperation.NETWORK_OPERATION_APP_IMAGE_DOWNLOAD,
  port: 'sat0',
};

async function main(): Promise<void> {
  const lab = await createBenchLab('rpc');
  try {
    await lab.startServices({ separate: true, logLevel: 'warn' });
    await lab.pushConfig(lab.configuration({ failbackHoldSeconds: 0, allowedPriorities: { default: [0, 1] } }));
    const bareSocket = `${lab.folder}/bare.sock`;
    const bare = await startBareProcess(bareSocket);
    lab.beforeDestroy(() => bare.close());
    await latencies(lab, `unix:${bareSocket}`);
    await fanOut(lab, `unix:${bareSocket}`);
  } finally {
    await lab.destroy();
  }
}

interface Series {
  readonly rounds: Round[];
}

async function latencies(lab: Lab, bareAddress: string): Promise<void> {
  const nim = connectTo(PortAuthorizationServiceClient, `unix:${lab.runDir}/nim.sock`);
  const bareClient = new Client(bareAddress, credentials.createInsecure());
  const authorize = (): Promise<AuthorizePortResponse> =>
    call(nim, 'authorizePort', request, { timeoutMs: CALL_TIMEOUT_MS });
  const answer = await firstAnswer(authorize);
  const sizes = {
    request: AuthorizePortRequest.encode(request).finish().length,
    answer: AuthorizePortResponse.encode(answer).finish().length,
  };
  const echo = (): Promise<unknown> => bareCall(bareClient, 'echo', bareRequest(sizes.request, sizes.answer));
  const series = { ours: [1, IN_FLIGHT].map(newSeries), bare: [1, IN_FLIGHT].map(newSeries) };
  // What is compiled at first is not measured.
  for (const work of [authorize, echo]) await makeCalls(work, CALLS_TOGETHER, IN_FLIGHT);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, inFlight] of [1, IN_FLIGHT].entries()) {
      const count = inFlight === 1 ? CALLS_ALONE : CALLS_TOGETHER;
      const turns = [
        async () => series.ours[index]?.rounds.push(await makeCalls(authorize, count, inFlight)),
        async () => series.bare[index]?.rounds.push(await makeCalls(echo, count, inFlight)),
      ];
      for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
    }
  }
  nim.close();
  bareClient.close();
  console.log(`AuthorizePort (${sizes.request} bytes, answered by ${sizes.answer}), and a bare echo of these sizes:`);
  console.log(
    `${ROUNDS} rounds by turns of ${CALLS_ALONE} calls one by one, and ${CALLS_TOGETHER} with ${IN_FLIGHT} in flight\n`,
  );
  for (const [index, inFlight] of [1, IN_FLIGHT].entries()) {
    reportCalls(inFlight, series.ours[index]?.rounds ?? [], series.bare[index]?.rounds ?? []);
  }
}

function newSeries(): Series {
  return { rounds: [] };
}

/** NIM answers as soon as it has a configuration. */
async function firstAnswer<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      return await ask();
    } catch {
      await sleep(100);
    }
  }
  return ask();
}

function bareCall(client: Client, method: 'echo' | 'publish', bytes: Buffer): Promise<Buffer | undefined> {
  const { path, requestSerialize, responseDeserialize } = bareService[method];
  return new Promise((resolve, reject) => {
    const done = (error: ServiceError | null, answer?: Buffer): void => {
      if (error === null) resolve(answer);
      else reject(error);
    };
    // Nobody calls without a deadline, and it has its price in grpc-js: both pay it.
    const deadline = Date.now() + CALL_TIMEOUT_MS;
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, bytes, { deadline }, done);
  });
}

function reportCalls(inFlight: number, ours: readonly Round[], bare: readonly Round[]): void {
  const latency = (what: string, rounds: readonly Round[]): Measurement => ({
    what: `${what}, ${inFlight} in flight`,
    unit: 'ms',
    values: rounds.flatMap(({ latenciesMs }) => latenciesMs),
  });
  const throughput = (what: string, rounds: readonly Round[]): Measurement => ({
    what: `${what}, calls a second`,
    unit: '/s',
    values: rounds.map(({ perSecond }) => perSecond),
  });
  console.log(
    distributionTable([
      { ...latency('AuthorizePort', ours), goal: 'median <= 1.3x the echo' },
      latency('bare echo', bare),
      throughput('AuthorizePort', ours),
      throughput('bare echo', bare),
    ]),
  );
  const medianOf = (rounds: readonly Round[]): number => median(rounds.flatMap(({ latenciesMs }) => latenciesMs));
  const ratios = ours.map(({ latenciesMs }, index) => median(latenciesMs) / median(bare[index]?.latenciesMs ?? []));
  console.log(
    `AuthorizePort against the echo, ${inFlight} in flight: medians ${(medianOf(ours) / medianOf(bare)).toFixed(2)}, ` +
      `median of the rounds' ratios ${median(ratios).toFixed(2)} (goal 1.30)\n`,
  );
}

/**
 * One change of NITS to a thousand subscribers, from the pull of the cable; and of bare streams, from the call that
 * publishes.
 */
async function fanOut(lab: Lab, bareAddress: string): Promise<void> {
  const cable = new QuickCable(lab, 'eth0');
  const bareClient = new Client(bareAddress, credentials.createInsecure());
  const watched = NetworkInterfaceManagerServiceService.watchNetworkInstanceTestStatus;
  const ours = await FanOut.open({
    address: `unix:${lab.runDir}/nim.sock`,
    path: watched.path,
    request: Buffer.from(WatchNetworkInstanceTestStatusRequest.encode({ epoch: '', afterRevision: 0n }).finish()),
    beginsWithState: true,
  });
  const bare = await FanOut.open({
    address: bareAddress,
    path: bareService.watch.path,
    request: Buffer.alloc(4),
    beginsWithState: false,
  });
  const seen = {
    ours: { first: [] as number[], last: [] as number[] },
    bare: { first: [] as number[], last: [] as number[] },
  };
  let bytes = 0;
  for (let change = 0; change < CHANGES; change += 1) {
    const pulled = await ours.spread(
      () => Promise.resolve(cable.pull().beforeMs),
      (message) => selects(message, 'wwan0'),
    );
    await sleep(SETTLE_MS);
    const plugged = await ours.spread(
      () => Promise.resolve(cable.plug().beforeMs),
      (message) => selects(message, 'eth0'),
    );
    await sleep(SETTLE_MS);
    bytes = pulled.bytes;
    seen.ours.first.push(pulled.firstMs);
    seen.ours.last.push(pulled.lastMs);
    const size = [pulled.bytes, plugged.bytes][change % 2] ?? bytes;
    const published = await bare.spread(
      async () => {
        const beforeMs = monotonicMs();
        await bareCall(bareClient, 'publish', bareRequest(4, size));
        return beforeMs;
      },
      () => true,
    );
    await sleep(SETTLE_MS);
    seen.bare.first.push(published.firstMs);
    seen.bare.last.push(published.lastMs);
  }
  ours.close();
  bare.close();
  bareClient.close();
  console.log(`One change to 1,000 subscribers, ${bytes} bytes each; of NITS from the pull of the cable:`);
  console.log(
    distributionTable([
      { what: 'NITS, the last subscriber has it', unit: 'ms', values: seen.ours.last, goal: '<= 3x bare' },
      { what: 'NITS, the first one', unit: 'ms', values: seen.ours.first },
      { what: 'bare stream, the last subscriber', unit: 'ms', values: seen.bare.last },
      { what: 'bare stream, the first one', unit: 'ms', values: seen.bare.first },
    ]),
  );
  console.log(
    `the last of 1,000 against the bare streams, medians: ${(median(seen.ours.last) / median(seen.bare.last)).toFixed(2)} (goal 3.00)`,
  );
}

function selects(bytes: Buffer, port: string): boolean {
  const { statuses } = WatchNetworkInstanceTestStatusResponse.decode(bytes);
  return statuses.some(
    ({ displayName, selectedPort }) => displayName === NETWORK_INSTANCE && selectedPort?.logicalLabel === port,
  );
}

await main();
