import { internetAddresses, monotonicMs, servicePorts, type Agent, type AgentCalls } from '../../lab/index.js';
import type { Try, TryKind } from './law.js';

/** Whom the app talks to: nobody else does, so that ISPs' counters of it are the app's. */
export const DESTINATION = internetAddresses.echo1;

const EVERY_MS = 500;
/** Two retransmissions of a SYN fit in. */
export const TCP_TIMEOUT_MS = 3_500;
const UDP_TIMEOUT_MS = 1_000;
const LARGE_BYTES = 1_400;

/** An app that opens a new connection, asks by UDP and sends a large packet twice a second, whatever comes of it. */
export class Trying {
  readonly #agent: Agent;
  readonly #timer: NodeJS.Timeout;
  readonly #open = new Set<Promise<void>>();
  #tries: Try[] = [];

  constructor(agent: Agent) {
    this.#agent = agent;
    this.#timer = setInterval(() => {
      this.#begin('tcp', this.#tcp());
      this.#begin('udp', this.#udp({}));
      this.#begin('large', this.#udp({ packetBytes: LARGE_BYTES }));
    }, EVERY_MS);
  }

  /** Those that were begun in this time, and have ended. */
  begunBetween(fromMs: number, toMs: number): readonly Try[] {
    return this.#tries.filter(({ begunMs }) => begunMs >= fromMs && begunMs < toMs);
  }

  /** Begins no more, and waits for those that are on their way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }

  #begin(kind: TryKind, outcome: Promise<Try['outcome']>): void {
    const begunMs = monotonicMs();
    const ended = outcome.then((known) => {
      this.#tries.push({ kind, begunMs, outcome: known });
      this.#open.delete(ended);
    });
    this.#open.add(ended);
  }

  async #tcp(): Promise<Try['outcome']> {
    const url = `http://${DESTINATION}/`;
    const answer = await this.#ask('fetch', { url, timeoutMs: TCP_TIMEOUT_MS });
    return answer.kind === 'failed'
      ? { error: answer.error }
      : outcomeOf(/^{"server":"echo1","client":"([\d.]+):/, answer.body);
  }

  async #udp(size: { readonly packetBytes?: number }): Promise<Try['outcome']> {
    const asked = { address: DESTINATION, port: servicePorts.echo, timeoutMs: UDP_TIMEOUT_MS, ...size };
    const answer = await this.#ask('askUdp', asked);
    return answer.kind === 'failed' ? { error: answer.error } : outcomeOf(/echo1 ([\d.]+):/, answer.text);
  }

  async #ask<N extends 'fetch' | 'askUdp'>(
    call: N,
    request: AgentCalls[N]['request'],
  ): Promise<AgentCalls[N]['response'] | { readonly kind: 'failed'; readonly error: string }> {
    try {
      return await this.#agent.call(call, request);
    } catch (error) {
      return { kind: 'failed', error: String(error) };
    }
  }
}

/** An answer counts where it is the destination's own. */
function outcomeOf(pattern: RegExp, text: string): Try['outcome'] {
  const source = pattern.exec(text)?.[1];
  return source === undefined ? { error: `an answer of somebody else: ${text.trim().slice(0, 60)}` } : { source };
}
