import { readFile } from 'node:fs/promises';

import { credentials, Client, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { createFileRegistry, fromBinary, type DescMethod, type DescService } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

import { descriptorSetBase64 } from '../../gen/descriptors.js';
import { PushConfigRequest } from '../../gen/zedagent/v1/device_config.js';
import { EvaluateRequest } from '../../gen/nim/v1/network_interface_manager.js';
import { serviceNames, type Lab, type ServiceName } from '../../lab/index.js';
import { seededDice, type Dice } from '../../proto/random-message.js';
import { hostileRequest } from './requests.js';

/** What came of it. */
export interface FuzzReport {
  readonly calls: number;
  /** Calls by the name of their status. */
  readonly statuses: ReadonlyMap<string, number>;
  /** What must not be, in words, each with the seed that repeats it. */
  readonly violations: readonly string[];
  /** The highest resident memory of each service. */
  readonly peakMiB: ReadonlyMap<string, number>;
}

/** A call that is not answered by then stands in the way of others. */
const UNARY_LIMIT_MS = 10_000;
/** Most streams go on for ever. */
const STREAM_LIMIT_MS = 200;
/** Many clients at once. */
const AT_ONCE = 8;

/** A service that answers so has a bug, or none at all runs. */
const neverRight: ReadonlySet<status> = new Set([
  status.INTERNAL,
  status.UNKNOWN,
  status.DATA_LOSS,
  status.UNAVAILABLE,
]);

const packages: Readonly<Record<string, ServiceName>> = {
  'org.lfedge.eve.zedagent.v1': 'zedagent',
  'org.lfedge.eve.nim.v1': 'nim',
  'org.lfedge.eve.zedrouter.v1': 'zedrouter',
};

interface Method {
  readonly service: ServiceName;
  readonly definition: DescMethod;
  readonly parent: DescService;
}

/**
 * Calls every method of every service with random and damaged requests, some at once, and reports the answers that no
 * request may get. The same seed makes the same requests. What is accepted meanwhile is in force afterwards.
 */
export async function fuzz(lab: Lab, { calls, seed }: { readonly calls: number; readonly seed: number }) {
  const methods = methodsOfServices();
  const good = goodRequests(lab);
  const clients = new Map(serviceNames.map((name) => [name, clientOf(`unix:${lab.runDir}/${name}.sock`)]));
  const statuses = new Map<string, number>();
  const violations: string[] = [];
  const pids = new Map(serviceNames.map((name) => [name, lab.service(name).pid]));
  let next = 0;
  const work = async (): Promise<void> => {
    for (let number = next++; number < calls; number = next++) {
      const dice = seededDice(seed * 1_000_003 + number);
      const method = methods[dice(methods.length)];
      const client = method === undefined ? undefined : clients.get(method.service);
      if (method === undefined || client === undefined) throw new Error('there is no method to call');
      const outcome = await callOnce(client, method, good, dice);
      const name = status[outcome.code];
      statuses.set(name, (statuses.get(name) ?? 0) + 1);
      const isLate = outcome.code === status.DEADLINE_EXCEEDED && !isStreaming(method) && !isSlow(method);
      if (!neverRight.has(outcome.code) && !isLate) continue;
      violations.push(`call ${number} of seed ${seed}: ${pathOf(method)}: ${name}: ${outcome.details}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    for (const client of clients.values()) client.close();
  }
  for (const name of serviceNames) {
    if (lab.service(name).pid !== pids.get(name)) violations.push(`seed ${seed}: ${name} ended`);
  }
  const peaks = await Promise.all([...pids].map(async ([name, pid]) => [name, await peakMiBOf(pid)] as const));
  return { calls, statuses, violations, peakMiB: new Map(peaks) } satisfies FuzzReport;
}

function methodsOfServices(): readonly Method[] {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(descriptorSetBase64, 'base64')));
  return [...registry].flatMap((type) => {
    const service = type.kind === 'service' ? packages[type.file.proto.package] : undefined;
    if (type.kind !== 'service' || service === undefined) return [];
    return type.methods.map((definition) => ({ service, definition, parent: type }));
  });
}

/** Requests worth being damaged, by path. */
function goodRequests(lab: Lab): ReadonlyMap<string, Uint8Array> {
  const config = lab.configuration({ failbackHoldSeconds: 0 });
  return new Map([
    [
      '/org.lfedge.eve.zedagent.v1.DeviceConfigService/PushConfig',
      PushConfigRequest.encode(PushConfigRequest.fromPartial({ config, author: 'fuzz' })).finish(),
    ],
    [
      '/org.lfedge.eve.nim.v1.NetworkInterfaceManagerService/Evaluate',
      EvaluateRequest.encode(EvaluateRequest.fromPartial({ config })).finish(),
    ],
  ]);
}

function clientOf(address: string): Client {
  return new Client(address, credentials.createInsecure(), {
    'grpc.max_send_message_length': -1,
    'grpc.max_receive_message_length': -1,
  });
}

function pathOf({ parent, definition }: Method): string {
  return `/${parent.typeName}/${definition.name}`;
}

function isStreaming({ definition }: Method): boolean {
  return definition.methodKind !== 'unary';
}

/** It tests ports, and waits for them. */
function isSlow({ definition }: Method): boolean {
  return definition.name === 'TestPorts';
}

interface Outcome {
  readonly code: status;
  readonly details: string;
}

function callOnce(client: Client, method: Method, good: ReadonlyMap<string, Uint8Array>, dice: Dice): Promise<Outcome> {
  const path = pathOf(method);
  const request = Buffer.from(hostileRequest(method.definition.input, good.get(path), dice));
  const same = (bytes: Buffer): Buffer => bytes;
  const deadline = Date.now() + (isStreaming(method) ? STREAM_LIMIT_MS : UNARY_LIMIT_MS);
  return new Promise((resolve) => {
    if (!isStreaming(method)) {
      const answered = (error: ServiceError | null): void => {
        resolve(error ?? { code: status.OK, details: '' });
      };
      client.makeUnaryRequest(path, same, same, request, new Metadata(), { deadline }, answered);
      return;
    }
    const stream = client.makeServerStreamRequest(path, same, same, request, new Metadata(), { deadline });
    // One in two reads nothing while it may last. Nobody hears of the end of a stream that is not read.
    const timer = setTimeout(() => stream.resume(), STREAM_LIMIT_MS);
    if (dice(2) === 0) stream.resume();
    const ended = (outcome: Outcome): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    stream.on('error', ended);
    stream.on('end', () => {
      ended({ code: status.OK, details: '' });
    });
  });
}

async function peakMiBOf(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid ?? 0}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1024);
}
