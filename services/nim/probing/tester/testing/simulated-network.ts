import { whenAborted, type Clock } from '../../../../../lib/clock/index.js';
import { isLightTarget, type ProbeTarget } from '../../../../../lib/configuration/index.js';
import type { FailureKind } from '../../../../../lib/decision/health/index.js';
import { fullBytesOf, type KeepaliveMeans } from '../../../../../lib/decision/schedule/index.js';
import type { Limits } from '../../../../../lib/uplink-socket/index.js';
import type { KeepaliveMethod, ProbeOptions, ProbePort, ProbeResult } from '../../probe/index.js';
import type { Attempt, AttemptResult, Prober } from '../attempt.js';
import { PortProber, type Wire } from '../port-prober.js';

/** What is between a port and the internet. */
export type PathState =
  | 'alive'
  /** Nothing comes back. */
  | 'dead'
  /** A router on the way says of everything that it is unreachable. */
  | 'unreachable'
  /** TCP is dropped, all else lives. */
  | 'tcp-dead'
  /** Connections are accepted on the way, and nothing is behind. */
  | 'accelerator'
  /** Every full test fails like this; a connection is accepted by somebody on the way, or not. Echoes are answered. */
  | Exclude<FailureKind, 'timeout' | 'no-gateway' | 'unreachable' | 'size'>;

/** How a port behaves in a simulation. */
export interface SimulatedPath {
  /** Round trip of one packet. */
  latencyMs: number;
  /** Share of packets that are lost, each way. */
  lossShare: number;
  state: PathState;
  /** Which echoes are answered while all else lives. */
  echoes: 'all' | 'filled' | 'none';
  /** Echoes that are answered in a second; more are lost. */
  echoesPerSecond: number;
  /** Packets of full size are lost. */
  largeLost: boolean;
}

const wellPath: SimulatedPath = {
  ...{ latencyMs: 1, lossShare: 0, state: 'alive' },
  ...{ echoes: 'all', echoesPerSecond: Infinity, largeLost: false },
};

const ECHO_HEADER_BYTES = 28;
/** Headers of a TCP segment, and a first one that is not answered. */
const SYN_BYTES = 60;
/** A handshake that is ended by a reset. */
const ACCEPTED_BYTES = 220;
const PADDED_FULL_BYTES = 7_000;
/** What is seen of an echo that is larger than any that are meant to be small. */
const LARGE_BYTES = 700;
/** A full test is so many round trips, each of which TCP repeats after a second when it is lost. */
const FULL_ROUND_TRIPS = 4;
const RETRANSMISSION_MS = 1_000;

interface Asked {
  readonly path: SimulatedPath;
  readonly limits: Limits;
  /** What it costs when it is answered, and when not. */
  readonly bytes: number;
  readonly unansweredBytes: number;
}

/**
 * Answers attempts in virtual time, as real paths do: the real prober over a simulated wire. Loss is drawn from a
 * seeded generator, so a run can be repeated.
 */
export class SimulatedNetwork implements Prober {
  readonly paths = new Map<string, SimulatedPath>();
  readonly counts = { keepalives: 0, fulls: 0, sizes: 0, bytes: new Map<string, number>() };
  readonly #clock: Clock;
  readonly #prober: PortProber;
  readonly #echoedMs = new Map<string, readonly number[]>();
  #seed: number;

  constructor(clock: Clock, seed = 1) {
    this.#clock = clock;
    this.#seed = seed;
    const wire: Wire = {
      probe: (port, target, options) => this.#probe(port, target, options),
      keepalive: (port, address, method, limits) => this.#keepalive(port, address, method, limits),
    };
    this.#prober = new PortProber({ clock }, wire);
  }

  path(label: string): SimulatedPath {
    const path = this.paths.get(label) ?? { ...wellPath };
    this.paths.set(label, path);
    return path;
  }

  keepaliveMeans(assignment: Parameters<Prober['keepaliveMeans']>[0]): KeepaliveMeans {
    return this.#prober.keepaliveMeans(assignment);
  }

  forget(label: string): void {
    this.#prober.forget(label);
  }

  async run(attempt: Attempt, signal: AbortSignal): Promise<AttemptResult> {
    this.counts[countNames[attempt.probeKind]] += 1;
    const result = await this.#prober.run(attempt, signal);
    const { label } = attempt.port;
    this.counts.bytes.set(label, (this.counts.bytes.get(label) ?? 0) + result.bytes);
    return result;
  }

  async #keepalive(
    { interfaceName }: ProbePort,
    address: string,
    method: KeepaliveMethod,
    limits: Limits,
  ): Promise<ProbeResult> {
    if (method.kind === 'icmp') return this.#echo(interfaceName, address, method.dataBytes, limits);
    const path = this.path(interfaceName);
    return this.#connect(address, { path, limits, bytes: ACCEPTED_BYTES, unansweredBytes: SYN_BYTES });
  }

  async #probe(
    { interfaceName }: ProbePort,
    target: ProbeTarget,
    { dataBytes = 0, padded = false, ...limits }: ProbeOptions,
  ): Promise<ProbeResult> {
    const address = '192.0.2.1';
    if (target.kind === 'icmp') return this.#echo(interfaceName, address, dataBytes, limits);
    const path = this.path(interfaceName);
    const bytes = padded ? PADDED_FULL_BYTES : fullBytesOf(target.kind);
    const asked: Asked = { path, limits, bytes, unansweredBytes: SYN_BYTES };
    if (isLightTarget(target)) return this.#connect(address, asked);
    switch (path.state) {
      case 'tcp-dead':
      case 'dead':
        return this.#untilAlive(address, asked);
      case 'accelerator':
        return this.#silence(asked);
      case 'alive':
      case 'unreachable':
        return this.#answer(address, asked, padded && path.largeLost ? undefined : this.#conversation(path));
      default:
        return this.#failure(asked, path.state);
    }
  }

  async #echo(label: string, address: string, dataBytes: number, limits: Limits): Promise<ProbeResult> {
    const path = this.path(label);
    const requestBytes = ECHO_HEADER_BYTES + dataBytes;
    const asked: Asked = { path, limits, bytes: 2 * requestBytes, unansweredBytes: requestBytes };
    const ignored =
      path.state === 'accelerator' || path.echoes === 'none' || (path.echoes === 'filled' && dataBytes === 0);
    const lost = ignored || !this.#passesLimit(label, path) || (path.largeLost && requestBytes > LARGE_BYTES);
    return this.#answer(address, asked, lost ? undefined : this.#roundTrip(path));
  }

  #passesLimit(label: string, { echoesPerSecond }: SimulatedPath): boolean {
    const nowMs = this.#clock.monotonicMs();
    const recent = (this.#echoedMs.get(label) ?? []).filter((atMs) => nowMs - atMs < 1_000);
    const passes = recent.length < echoesPerSecond;
    this.#echoedMs.set(label, passes ? [...recent, nowMs] : recent);
    return passes;
  }

  /** A connection, accepted by whoever is there. */
  async #connect(address: string, asked: Asked): Promise<ProbeResult> {
    const { path } = asked;
    switch (path.state) {
      case 'tcp-dead':
        return this.#silence(asked);
      case 'refused':
      case 'reset':
        return this.#failure(asked, path.state);
      default:
        return this.#answer(address, asked, this.#roundTrip(path));
    }
  }

  async #answer(address: string, asked: Asked, answerAfterMs: number | undefined): Promise<ProbeResult> {
    const { path, limits, bytes } = asked;
    if (path.state === 'unreachable') return this.#unreachable(asked);
    if (answerAfterMs === undefined || answerAfterMs > limits.timeoutMs) return this.#silence(asked);
    await this.#sleep(answerAfterMs, limits.signal);
    return { kind: 'answered', latencyMs: answerAfterMs, address, bytes };
  }

  /** TCP repeats its first packet after 1 s, 3 s and so on: a path that comes back meanwhile answers late. */
  async #untilAlive(address: string, asked: Asked): Promise<ProbeResult> {
    const { path, limits } = asked;
    let passedMs = 0;
    for (let waitMs = RETRANSMISSION_MS; passedMs + waitMs < limits.timeoutMs; waitMs *= 2) {
      await this.#sleep(waitMs, limits.signal);
      passedMs += waitMs;
      const roundTripsMs = path.state === 'alive' ? this.#conversation(path) : undefined;
      if (roundTripsMs === undefined) continue;
      await this.#sleep(roundTripsMs, limits.signal);
      return { kind: 'answered', latencyMs: passedMs + roundTripsMs, address, bytes: asked.bytes };
    }
    return this.#silence({ ...asked, limits: { ...limits, timeoutMs: limits.timeoutMs - passedMs } });
  }

  async #silence({ limits, unansweredBytes }: Asked): Promise<ProbeResult> {
    await this.#sleep(limits.timeoutMs, limits.signal);
    const detail = `no answer within ${Math.round(limits.timeoutMs)} ms`;
    return { kind: 'failed', failure: 'timeout', detail, silent: true, bytes: unansweredBytes };
  }

  async #unreachable({ path, limits, unansweredBytes }: Asked): Promise<ProbeResult> {
    await this.#sleep(path.latencyMs, limits.signal);
    const detail = 'host unreachable';
    return { kind: 'failed', failure: 'unreachable', detail, silent: true, bytes: 2 * unansweredBytes };
  }

  async #failure({ path, limits, unansweredBytes }: Asked, failure: FailureKind): Promise<ProbeResult> {
    await this.#sleep(path.latencyMs, limits.signal);
    const detail = 'as the simulation wants';
    return { kind: 'failed', failure, detail, silent: false, bytes: 2 * unansweredBytes };
  }

  #roundTrip({ latencyMs, lossShare, state }: SimulatedPath): number | undefined {
    if (state === 'dead' || this.#random() < lossShare || this.#random() < lossShare) return undefined;
    return latencyMs * (0.9 + 0.3 * this.#random());
  }

  #conversation(path: SimulatedPath): number | undefined {
    if (path.state === 'dead') return undefined;
    let durationMs = 0;
    for (let roundTrip = 0; roundTrip < FULL_ROUND_TRIPS; roundTrip += 1) {
      for (let repeats = 0; ; repeats += 1) {
        const tripMs = this.#roundTrip(path);
        durationMs += tripMs ?? RETRANSMISSION_MS * 2 ** repeats;
        if (tripMs !== undefined) break;
      }
    }
    return durationMs;
  }

  #sleep(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const cancel = Number.isFinite(durationMs) ? this.#clock.setTimer(durationMs, resolve) : () => undefined;
      whenAborted(signal, () => {
        cancel();
        resolve();
      });
    });
  }

  /** mulberry32 */
  #random(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

const countNames = { keepalive: 'keepalives', full: 'fulls', size: 'sizes' } as const;
