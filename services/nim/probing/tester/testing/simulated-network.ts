import { isLightTarget } from '../../../../../lib/configuration/index.js';
import type { Clock } from '../../../../../lib/clock/index.js';
import type { FailureKind } from '../../../../../lib/decision/health/index.js';
import type { Attempt, AttemptResult, Prober } from '../attempt.js';

/** How a port behaves in a simulation. */
export interface SimulatedPath {
  /** Round trip of one packet. */
  latencyMs: number;
  /** Share of packets that are lost, each way. */
  lossShare: number;
  /** `alive`; nothing comes back; or every full test fails like this, while keepalive probes are answered. */
  state: 'alive' | 'dead' | Exclude<FailureKind, 'timeout' | 'no-gateway'>;
}

/**
 * Bytes of a keepalive probe, and of a full test: an echo without data, and a resumed TLS handshake with its request.
 */
const keepaliveBytes = 56;
const fullBytes = 2_000;
/** A full test is so many round trips, each of which TCP repeats after a second when it is lost. */
const fullRoundTrips = 4;
const retransmissionMs = 1_000;

/**
 * Answers attempts in virtual time, as real paths do. Loss is drawn from a seeded generator, so a run can be repeated.
 */
export class SimulatedNetwork implements Prober {
  readonly paths = new Map<string, SimulatedPath>();
  readonly counts = { keepalives: 0, fulls: 0, bytes: new Map<string, number>() };
  readonly #clock: Clock;
  readonly #pulsable = new Set<string>();
  #seed: number;

  constructor(clock: Clock, seed = 1) {
    this.#clock = clock;
    this.#seed = seed;
  }

  path(label: string): SimulatedPath {
    const path = this.paths.get(label) ?? { latencyMs: 1, lossShare: 0, state: 'alive' };
    this.paths.set(label, path);
    return path;
  }

  canSendKeepalive(label: string, targetKey: string): boolean {
    return this.#pulsable.has(`${label} ${targetKey}`);
  }

  forget(label: string): void {
    for (const key of this.#pulsable) if (key.startsWith(`${label} `)) this.#pulsable.delete(key);
  }

  async run({ port, assignment, probeKind, limitMs }: Attempt, signal: AbortSignal): Promise<AttemptResult> {
    const path = this.path(port.label);
    const startedMs = this.#clock.monotonicMs();
    const light = probeKind === 'keepalive' || isLightTarget(assignment.target);
    this.counts[probeKind === 'keepalive' ? 'keepalives' : 'fulls'] += 1;
    const bytes = light ? keepaliveBytes : fullBytes;
    this.counts.bytes.set(port.label, (this.counts.bytes.get(port.label) ?? 0) + bytes);
    const answerAfterMs = light ? this.#roundTrip(path) : this.#conversation(path);
    await this.#sleep(Math.min(answerAfterMs ?? Infinity, limitMs), signal);
    if (answerAfterMs === undefined || answerAfterMs > limitMs || path.state === 'dead') {
      await this.#sleep(Math.max(0, startedMs + limitMs - this.#clock.monotonicMs()), signal);
      const detail = `no answer within ${Math.round(limitMs)} ms`;
      return { kind: 'failed', failure: 'timeout', detail, silent: true, bytes };
    }
    if (probeKind === 'full' && path.state !== 'alive') {
      return { kind: 'failed', failure: path.state, detail: 'as the simulation wants', silent: false, bytes };
    }
    this.#pulsable.add(`${port.label} ${assignment.targetKey}`);
    return { kind: 'answered', latencyMs: answerAfterMs, bytes };
  }

  #roundTrip({ latencyMs, lossShare, state }: SimulatedPath): number | undefined {
    if (state === 'dead' || this.#random() < lossShare || this.#random() < lossShare) return undefined;
    return latencyMs * (0.9 + 0.3 * this.#random());
  }

  #conversation(path: SimulatedPath): number | undefined {
    if (path.state === 'dead') return undefined;
    let durationMs = 0;
    for (let roundTrip = 0; roundTrip < fullRoundTrips; roundTrip += 1) {
      for (let repeats = 0; ; repeats += 1) {
        const tripMs = this.#roundTrip(path);
        durationMs += tripMs ?? retransmissionMs * 2 ** repeats;
        if (tripMs !== undefined) break;
      }
    }
    return durationMs;
  }

  #sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (!Number.isFinite(durationMs)) {
        signal.addEventListener('abort', () => {
          resolve();
        });
        return;
      }
      const cancel = this.#clock.setTimer(durationMs, resolve);
      signal.addEventListener('abort', () => {
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
