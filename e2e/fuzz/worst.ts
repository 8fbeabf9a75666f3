import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { compressionAlgorithms, credentials, Client, Metadata, status, type ServiceError } from '@grpc/grpc-js';

import { serviceNames, waitFor, type Lab, type ServiceName } from '../../lab/index.js';
import { worstRequests, type WorstRequest } from './worst-requests.js';

/** What a request cost its service. */
export interface Cost {
  readonly what: string;
  readonly method: string;
  readonly code: string;
  /** How long it took to be answered. */
  readonly answeredMs: number;
  /** The longest time in which the service did nothing else, over all rounds, and in the best of them. */
  readonly stalledMs: number;
  readonly leastStalledMs: number;
  /** By how much resident memory grew beyond what it was before, at most. */
  readonly tookMiB: number;
}

const ROUNDS = 3;
const ANSWER_TIMEOUT_MS = 60_000;

/**
 * Loaded by Node before a service: measures its event loop from one SIGUSR2 to the next, and writes the longest delay
 * in milliseconds to a file named after its process.
 */
const LOOP_MONITOR = `
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
let number = 0;
process.on('SIGUSR2', () => {
  number += 1;
  writeFileSync(process.env.LOOP_DELAYS + '/' + process.pid + '.' + number, String(delay.max / 1e6));
  delay.reset();
});
`;

/** A command for ServiceSetOptions.runBy: the service's event loop is measured. */
export async function measured(lab: Lab): Promise<() => readonly [string, ...string[]]> {
  const monitor = join(lab.folder, 'loop-monitor.mjs');
  await writeFile(monitor, LOOP_MONITOR);
  return () => ['env', `NODE_OPTIONS=--import ${monitor}`, `LOOP_DELAYS=${lab.folder}`];
}

/**
 * Sends the worst requests there are to services that run `measured`, one after the other and several times, and tells
 * what each cost. Nothing of it comes into force.
 */
export async function costOfWorst(lab: Lab, onCost: (cost: Cost) => void = () => undefined): Promise<readonly Cost[]> {
  const clients = new Map(serviceNames.map((name) => [name, clientOf(`unix:${lab.runDir}/${name}.sock`)]));
  const loops = new Map(serviceNames.map((name) => [name, new LoopDelays(lab, name)]));
  const costs: Cost[] = [];
  try {
    for (const request of worstRequests(lab.configuration({ failbackHoldSeconds: 0 }))) {
      const client = clients.get(request.service);
      const loop = loops.get(request.service);
      if (client === undefined || loop === undefined) throw new Error(`no service ${request.service}`);
      const rounds: Omit<Cost, 'leastStalledMs'>[] = [];
      for (let round = 0; round < ROUNDS; round += 1) rounds.push(await costOf(request, client, loop));
      const [first] = rounds;
      if (first === undefined) throw new Error('no rounds');
      const stalls = rounds.map(({ stalledMs }) => stalledMs);
      const cost = {
        ...first,
        stalledMs: Math.max(...stalls),
        leastStalledMs: Math.min(...stalls),
        // Later rounds find the memory of the first one still there.
        tookMiB: Math.max(...rounds.map(({ tookMiB }) => tookMiB)),
      };
      costs.push(cost);
      onCost(cost);
    }
  } finally {
    for (const client of clients.values()) client.close();
  }
  return costs;
}

async function costOf(
  { what, path, bytes }: WorstRequest,
  client: Client,
  loop: LoopDelays,
): Promise<Omit<Cost, 'leastStalledMs'>> {
  await loop.next();
  const before = await loop.residentMiB();
  await loop.resetPeak();
  const startedMs = performance.now();
  const code = await codeOf(client, path, Buffer.from(bytes));
  const answeredMs = performance.now() - startedMs;
  const stalledMs = await loop.next();
  const tookMiB = (await loop.peakMiB()) - before;
  return { what, method: path.split('/').at(-1) ?? '', code: status[code], answeredMs, stalledMs, tookMiB };
}

function codeOf(client: Client, path: string, bytes: Buffer): Promise<status> {
  const same = (value: Buffer): Buffer => value;
  const deadline = Date.now() + ANSWER_TIMEOUT_MS;
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, same, same, bytes, new Metadata(), { deadline }, (error: ServiceError | null) => {
      resolve(error?.code ?? status.OK);
    });
  });
}

function clientOf(address: string): Client {
  return new Client(address, credentials.createInsecure(), {
    'grpc.default_compression_algorithm': compressionAlgorithms.gzip,
    'grpc.max_send_message_length': -1,
    'grpc.max_receive_message_length': -1,
  });
}

/** The event loop and memory of a service that runs `measured`. */
class LoopDelays {
  readonly #lab: Lab;
  readonly #name: ServiceName;
  #number = 0;

  constructor(lab: Lab, name: ServiceName) {
    this.#lab = lab;
    this.#name = name;
  }

  /** The longest delay since the last time this was asked. */
  async next(): Promise<number> {
    this.#number += 1;
    const file = join(this.#lab.folder, `${this.#pid}.${this.#number}`);
    process.kill(this.#pid, 'SIGUSR2');
    const text = await waitFor(
      'the service to tell of its event loop',
      async () => {
        const found = await readFile(file, 'utf8').catch(() => '');
        return found === '' ? undefined : found;
      },
      { timeoutMs: ANSWER_TIMEOUT_MS, everyMs: 5 },
    );
    return Number(text);
  }

  residentMiB(): Promise<number> {
    return this.#mebibytes('VmRSS');
  }

  peakMiB(): Promise<number> {
    return this.#mebibytes('VmHWM');
  }

  /** From now on the peak is that since now (proc(5), clear_refs). */
  async resetPeak(): Promise<void> {
    await writeFile(`/proc/${this.#pid}/clear_refs`, '5');
  }

  get #pid(): number {
    const { pid } = this.#lab.service(this.#name);
    if (pid === undefined) throw new Error(`${this.#name} does not run`);
    return pid;
  }

  async #mebibytes(field: 'VmRSS' | 'VmHWM'): Promise<number> {
    const text = await readFile(`/proc/${this.#pid}/status`, 'utf8');
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024;
  }
}

/** A line of a table. */
export function costText({ what, method, code, answeredMs, stalledMs, leastStalledMs, tookMiB }: Cost): string {
  const [answered, longest, least, took] = [answeredMs, stalledMs, leastStalledMs, tookMiB].map((n) => n.toFixed(0));
  return `${method}, ${what}: ${code} after ${answered ?? ''} ms; stalled ${longest ?? ''} ms (best round ${least ?? ''}), took ${took ?? ''} MiB`;
}
