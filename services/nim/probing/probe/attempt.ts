import { DnsError, SocketError, TrafficTally, type Limits } from '../../../../lib/uplink-socket/index.js';
import { systemClock } from '../../../../lib/clock/index.js';
import { failureOf } from './failure.js';
import type { ProbePort } from './probe-port.js';
import type { ProbeResult } from './probe-result.js';

/** One attempt over a port: its steps share one time limit, and their bytes are summed up. */
export class Attempt {
  readonly port: ProbePort;
  readonly tally = new TrafficTally();
  /** Where packets were sent to, for telling why nothing came back. */
  readonly destinations: string[] = [];
  readonly #signal: AbortSignal | undefined;
  readonly #begunMs = systemClock.monotonicMs();
  readonly #timeoutMs: number;
  #dueMs: number;
  #isExtended = false;

  constructor(port: ProbePort, { timeoutMs, signal }: Limits) {
    this.port = port;
    this.#signal = signal;
    this.#timeoutMs = timeoutMs;
    this.#dueMs = this.#begunMs + timeoutMs;
  }

  /** What is left for the next step. */
  get limits(): Limits {
    const nowMs = systemClock.monotonicMs();
    const overdueMs = nowMs - this.#dueMs;
    if (overdueMs > 0 && !this.#isExtended) {
      // The step before succeeded after the end of its time: the event loop was away, and the network is not to blame
      // (see `within`).
      this.#isExtended = true;
      this.#dueMs = nowMs + Math.min(overdueMs, this.#timeoutMs);
    }
    return { timeoutMs: Math.max(0, this.#dueMs - nowMs), signal: this.#signal };
  }

  /** Runs the steps to their end, which answer where the target was reached. Never rejects. */
  async run(steps: (attempt: this) => Promise<string>): Promise<ProbeResult> {
    try {
      const address = await steps(this);
      return { kind: 'answered', latencyMs: systemClock.monotonicMs() - this.#begunMs, address, bytes: this.#bytes };
    } catch (error) {
      return { kind: 'failed', ...failureOf(error, this.port, this.destinations), bytes: this.#bytes };
    }
  }

  /** Runs one step of bound-socket's whose failure knows what it cost. */
  async step<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof SocketError || error instanceof DnsError) this.tally.add(error.traffic);
      throw error;
    }
  }

  get #bytes(): number {
    const { bytesSent, bytesReceived } = this.tally.total;
    return bytesSent + bytesReceived;
  }
}
