import type { Clock } from '../../../../lib/clock/index.js';
import { DnsCache, probe, keepalive, TlsClient, type ProbePort } from '../probe/index.js';
import type { TestedPort } from './assignment.js';
import type { Attempt, AttemptResult, Prober } from './attempt.js';
import {
  learnFromFull,
  learnFromKeepalive,
  initialKeepaliveState,
  keepaliveMethod,
  type KeepaliveOutcome,
  type KeepaliveState,
} from './keepalive-methods.js';

export interface PortProberOptions {
  readonly clock: Clock;
  /** Send from this named network namespace instead of our own. */
  readonly namespace?: string;
  /**
   * The key of the controller's ping, and whom its certificate must be signed by (PEM; undefined: whom this machine
   * trusts).
   */
  readonly controller?: { readonly targetKey: string; readonly certificateAuthority: string | undefined };
}

/** Makes attempts over real ports. */
export class PortProber implements Prober {
  readonly #options: PortProberOptions;
  readonly #dns: DnsCache;
  #tls: TlsClient | undefined;
  #controllerTls: TlsClient | undefined;
  readonly #keepalives = new Map<string, KeepaliveState>();

  constructor(options: PortProberOptions) {
    this.#options = options;
    this.#dns = new DnsCache(options.clock);
  }

  canSendKeepalive(label: string, targetKey: string): boolean {
    return this.#known(label, targetKey).address !== undefined;
  }

  forget(label: string): void {
    for (const key of this.#keepalives.keys()) if (key.startsWith(`${label} `)) this.#keepalives.delete(key);
  }

  run(attempt: Attempt, signal: AbortSignal): Promise<AttemptResult> {
    switch (attempt.probeKind) {
      case 'full':
        return this.#full(attempt, signal);
      case 'keepalive':
        return this.#keepalive(attempt, signal);
    }
  }

  async #full({ port, assignment, limitMs }: Attempt, signal: AbortSignal): Promise<AttemptResult> {
    const { label, target, targetKey } = assignment;
    const tls = this.#tlsFor(targetKey);
    const result = await probe(this.#place(port), target, { timeoutMs: limitMs, signal, dns: this.#dns, tls });
    if (result.kind === 'answered') {
      this.#keepalives.set(keyOf(label, targetKey), learnFromFull(this.#known(label, targetKey), result.address));
    }
    return result;
  }

  async #keepalive({ port, assignment, limitMs, suspect }: Attempt, signal: AbortSignal): Promise<AttemptResult> {
    const { label, target, targetKey } = assignment;
    const known = this.#known(label, targetKey);
    const { address } = known;
    if (address === undefined) throw new Error(`no address of ${targetKey} is known over ${label}`);
    const method = keepaliveMethod(known, target, suspect);
    this.#keepalives.set(keyOf(label, targetKey), { ...known, turn: known.turn + 1 });
    const result = await keepalive(this.#place(port), address, method, { timeoutMs: limitMs, signal });
    const now = this.#known(label, targetKey);
    const learned = learnFromKeepalive(now, method, keepaliveOutcomeOf(result));
    if (now.address !== undefined) this.#keepalives.set(keyOf(label, targetKey), { ...learned, turn: now.turn });
    return result;
  }

  #place({ interfaceName, dnsServers, gateways }: TestedPort): ProbePort {
    const { namespace } = this.#options;
    return { interfaceName, namespace, dnsServers, gateways, families: [4, 6] };
  }

  #known(label: string, targetKey: string): KeepaliveState {
    return this.#keepalives.get(keyOf(label, targetKey)) ?? initialKeepaliveState;
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

function keepaliveOutcomeOf(result: AttemptResult): KeepaliveOutcome {
  if (result.kind === 'answered') return 'answered';
  return result.failure === 'local' ? 'impossible' : 'unanswered';
}

function keyOf(label: string, targetKey: string): string {
  return `${label} ${targetKey}`;
}
