import type { Clock } from '../../../../lib/clock/index.js';
import { DnsCache, probe, pulse, TlsClient, type ProbePort } from '../probe/index.js';
import type { TestedPort } from './assignment.js';
import type { Attempt, AttemptResult, Prober } from './attempt.js';
import {
  learnFromFull,
  learnFromPulse,
  noPulseKnowledge,
  pulseMethod,
  type PulseFate,
  type PulseKnowledge,
} from './pulse-methods.js';

export interface PortProberOptions {
  readonly clock: Clock;
  /** Send from this named network namespace instead of our own. */
  readonly namespace?: string;
  /** The key of the controller's ping, and whom its certificate must be signed by (PEM; undefined: whom this machine trusts). */
  readonly controller?: { readonly targetKey: string; readonly certificateAuthority: string | undefined };
}

/** Makes attempts over real ports. */
export class PortProber implements Prober {
  readonly #options: PortProberOptions;
  readonly #dns: DnsCache;
  #tls: TlsClient | undefined;
  #controllerTls: TlsClient | undefined;
  readonly #pulses = new Map<string, PulseKnowledge>();

  constructor(options: PortProberOptions) {
    this.#options = options;
    this.#dns = new DnsCache(options.clock);
  }

  canPulse(label: string, targetKey: string): boolean {
    return this.#known(label, targetKey).address !== undefined;
  }

  forget(label: string): void {
    for (const key of this.#pulses.keys()) if (key.startsWith(`${label} `)) this.#pulses.delete(key);
  }

  run(attempt: Attempt, signal: AbortSignal): Promise<AttemptResult> {
    switch (attempt.step) {
      case 'full':
        return this.#full(attempt, signal);
      case 'pulse':
        return this.#pulse(attempt, signal);
    }
  }

  async #full({ port, assignment, limitMs }: Attempt, signal: AbortSignal): Promise<AttemptResult> {
    const { label, target, targetKey } = assignment;
    const tls = this.#tlsFor(targetKey);
    const result = await probe(this.#place(port), target, { timeoutMs: limitMs, signal, dns: this.#dns, tls });
    if (result.kind === 'answered') {
      this.#pulses.set(keyOf(label, targetKey), learnFromFull(this.#known(label, targetKey), result.address));
    }
    return result;
  }

  async #pulse({ port, assignment, limitMs, inDoubt }: Attempt, signal: AbortSignal): Promise<AttemptResult> {
    const { label, target, targetKey } = assignment;
    const known = this.#known(label, targetKey);
    const { address } = known;
    if (address === undefined) throw new Error(`no address of ${targetKey} is known over ${label}`);
    const method = pulseMethod(known, target, inDoubt);
    this.#pulses.set(keyOf(label, targetKey), { ...known, turn: known.turn + 1 });
    const result = await pulse(this.#place(port), address, method, { timeoutMs: limitMs, signal });
    const now = this.#known(label, targetKey);
    const learned = learnFromPulse(now, method, fateOf(result));
    if (now.address !== undefined) this.#pulses.set(keyOf(label, targetKey), { ...learned, turn: now.turn });
    return result;
  }

  #place({ interfaceName, dnsServers, gateways }: TestedPort): ProbePort {
    const { namespace } = this.#options;
    return { interfaceName, namespace, dnsServers, gateways, families: [4, 6] };
  }

  #known(label: string, targetKey: string): PulseKnowledge {
    return this.#pulses.get(keyOf(label, targetKey)) ?? noPulseKnowledge;
  }

  /** Made when they are first needed: reading certificates takes milliseconds. */
  #tlsFor(targetKey: string): TlsClient {
    const { controller } = this.#options;
    if (controller?.targetKey !== targetKey || controller.certificateAuthority === undefined) {
      return (this.#tls ??= new TlsClient());
    }
    return (this.#controllerTls ??= new TlsClient(controller.certificateAuthority));
  }
}

function fateOf(result: AttemptResult): PulseFate {
  if (result.kind === 'answered') return 'answered';
  return result.failure === 'local' ? 'impossible' : 'unanswered';
}

function keyOf(label: string, targetKey: string): string {
  return `${label} ${targetKey}`;
}
