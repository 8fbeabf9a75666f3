import {
  isLightTarget,
  proxyOfTarget,
  type PortProxies,
  type ProbeTarget,
} from '../../../../lib/configuration/index.js';
import { systemCertificates } from '../../../../lib/uplink-socket/index.js';
import type { Clock } from '../../../../lib/clock/index.js';
import type { Layer } from '../../../../lib/decision/health/index.js';
import {
  FULL_SIZE_ECHO_BYTES,
  keepaliveBytesOf,
  type KeepaliveMeans,
} from '../../../../lib/decision/schedule/index.js';
import {
  DnsCache,
  keepalive,
  probe,
  TlsClient,
  type KeepaliveMethod,
  type ProbePort,
  type ProbeResult,
} from '../probe/index.js';
import type { TestedPort } from './assignment.js';
import type { Attempt, AttemptResult, Prober } from './attempt.js';
import {
  answeredEcho,
  echoKinds,
  echoMethod,
  echoToTry,
  initialKeepaliveState,
  keepaliveMethod,
  learnFromEcho,
  learnFromFull,
  learnFromOutage,
  type EchoKind,
  type EchoOutcome,
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

/** A full test beside which an echo is tried need not wait for longer. */
const TRIAL_LIMIT_MS = 1_000;

/** What touches the network; in tests, a simulation of it. */
export interface Wire {
  readonly probe: typeof probe;
  readonly keepalive: typeof keepalive;
}

/** Makes attempts over ports, and learns from what is answered by which means they are made best. */
export class PortProber implements Prober {
  readonly #options: PortProberOptions;
  readonly #wire: Wire;
  readonly #dns: DnsCache;
  #tls: TlsClient | undefined;
  #controllerTls: TlsClient | undefined;
  /** The last that was made with further authorities. */
  #proxiedTls: { readonly trusted: string; readonly client: TlsClient } | undefined;
  readonly #keepalives = new Map<string, KeepaliveState>();

  constructor(options: PortProberOptions, wire: Wire = { probe, keepalive }) {
    this.#options = options;
    this.#wire = wire;
    this.#dns = new DnsCache(options.clock);
  }

  keepaliveMeans({ label, targetKey, payloadBytes }: Parameters<Prober['keepaliveMeans']>[0]): KeepaliveMeans {
    const state = this.#known(label, targetKey);
    if (state.address === undefined) return { kind: 'none' };
    const echo = answeredEcho(state);
    const method: KeepaliveMethod = echo === undefined ? { kind: 'tcp', port: 0 } : echoMethod(echo, payloadBytes);
    return method.kind === 'tcp'
      ? { kind: 'tcp', bytes: keepaliveBytesOf('tcp') }
      : { kind: 'echo', bytes: keepaliveBytesOf('echo') + 2 * method.dataBytes };
  }

  forget(label: string): void {
    for (const key of this.#keepalives.keys()) if (key.startsWith(`${label} `)) this.#keepalives.delete(key);
  }

  run(attempt: Attempt, signal: AbortSignal): Promise<AttemptResult> {
    const { label, targetKey } = attempt.assignment;
    if (attempt.recovering) this.#learn(label, targetKey, learnFromOutage);
    if (this.#proxiesFor(attempt) !== undefined) return this.#byProxy(attempt, signal);
    switch (attempt.probeKind) {
      case 'full':
        return attempt.assignment.target.kind === 'icmp' ? this.#icmp(attempt, signal) : this.#full(attempt, signal);
      case 'keepalive':
        return this.#keepalive(attempt, signal);
      case 'size':
        return this.#size(attempt, signal);
    }
  }

  async #full(attempt: Attempt, signal: AbortSignal): Promise<AttemptResult> {
    const { label, target, targetKey } = attempt.assignment;
    const [result, trialBytes] = await Promise.all([
      this.#probe(attempt, signal, { padded: false }),
      isLightTarget(target) ? 0 : this.#tryEcho(attempt, signal),
    ]);
    if (result.kind === 'answered') {
      this.#learn(label, targetKey, (known) => learnFromFull(known, result.address, this.#nowMs));
    }
    return { ...result, layer: target.kind === 'tcp' ? 'tcp' : 'application', bytes: result.bytes + trialBytes };
  }

  /**
   * In full in any case, with a packet of full size where that is asked for: the address that answers is the proxy's,
   * which proves nothing of what is behind it.
   */
  async #byProxy(attempt: Attempt, signal: AbortSignal): Promise<AttemptResult> {
    const { label, targetKey } = attempt.assignment;
    this.#keepalives.delete(keyOf(label, targetKey));
    const padded = attempt.probeKind === 'size';
    const result = await this.#probe(attempt, signal, { padded });
    return padded ? { ...inWords(result), layer: 'size' } : { ...result, layer: 'application' };
  }

  /** An echo of a kind that was not answered here, to learn whether it is now. @returns its bytes */
  async #tryEcho(attempt: Attempt, signal: AbortSignal): Promise<number> {
    const { label, targetKey } = attempt.assignment;
    const known = this.#known(label, targetKey);
    const kind = echoToTry(known, this.#nowMs);
    if (kind === undefined || known.address === undefined) return 0;
    const limits = { timeoutMs: Math.min(attempt.limitMs, TRIAL_LIMIT_MS), signal };
    const { bytes } = await this.#echo(attempt, known.address, kind, limits);
    return bytes;
  }

  /** Its own test is an echo; of which kind is learned as well. */
  async #icmp({ port, assignment, limitMs, suspect }: Attempt, signal: AbortSignal): Promise<AttemptResult> {
    const { label, targetKey, target, payloadBytes } = assignment;
    const kind = echoKindOf(this.#nextMethod(label, targetKey, target, suspect));
    const { dataBytes } = echoMethod(kind, payloadBytes);
    const startedMs = this.#nowMs;
    const options = { timeoutMs: limitMs, signal, dns: this.#dns, tls: this.#tlsFor(targetKey), dataBytes };
    const result = await this.#wire.probe(this.#place(port), target, options);
    this.#learn(label, targetKey, (known) => {
      const learned = learnFromEcho(known, this.#echoOutcome(kind, result, startedMs));
      return result.kind === 'answered' ? { ...learned, address: result.address } : learned;
    });
    return { ...result, layer: 'path' };
  }

  async #keepalive(attempt: Attempt, signal: AbortSignal): Promise<AttemptResult> {
    const { port, assignment, limitMs, suspect } = attempt;
    const { label, target, targetKey } = assignment;
    const { address } = this.#known(label, targetKey);
    if (address === undefined) throw new Error(`no address of ${targetKey} is known over ${label}`);
    const method = this.#nextMethod(label, targetKey, target, suspect);
    const limits = { timeoutMs: limitMs, signal };
    if (method.kind === 'icmp') {
      return { ...(await this.#echo(attempt, address, echoKindOf(method), limits)), layer: 'path' };
    }
    return { ...(await this.#wire.keepalive(this.#place(port), address, method, limits)), layer: 'tcp' };
  }

  async #echo(
    { port, assignment, recovering }: Attempt,
    address: string,
    kind: EchoKind,
    limits: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<ProbeResult> {
    const { label, targetKey, payloadBytes } = assignment;
    const startedMs = this.#nowMs;
    const method = echoMethod(kind, payloadBytes);
    const result = await this.#wire.keepalive(this.#place(port), address, method, limits);
    // While the port does not work, what goes unanswered says nothing of the means.
    if (result.kind === 'answered' || !recovering) {
      this.#learn(label, targetKey, (known) => learnFromEcho(known, this.#echoOutcome(kind, result, startedMs)));
    }
    return result;
  }

  /**
   * A packet of full size both ways: a large echo; where that is not answered, or once more in doubt, a full test that
   * asks for the whole certificate with a long header.
   */
  async #size(attempt: Attempt, signal: AbortSignal): Promise<AttemptResult> {
    const { port, assignment, limitMs, suspect } = attempt;
    const { label, target, targetKey } = assignment;
    const layer: Layer = 'size';
    const known = this.#known(label, targetKey);
    const byTurns = suspect && known.sizeTurn % 2 === 1;
    this.#learn(label, targetKey, (now) => ({ ...now, sizeTurn: now.sizeTurn + 1 }));
    const inFull = !isLightTarget(target) && (byTurns || answeredEcho(known) === undefined);
    if (inFull) return { ...inWords(await this.#probe(attempt, signal, { padded: true })), layer };
    if (known.address === undefined) throw new Error(`no address of ${targetKey} is known over ${label}`);
    const method: KeepaliveMethod = { kind: 'icmp', dataBytes: FULL_SIZE_ECHO_BYTES };
    const limits = { timeoutMs: limitMs, signal };
    return { ...inWords(await this.#wire.keepalive(this.#place(port), known.address, method, limits)), layer };
  }

  #probe(attempt: Attempt, signal: AbortSignal, { padded }: { readonly padded: boolean }): Promise<ProbeResult> {
    const { port, assignment, limitMs } = attempt;
    const { target, targetKey } = assignment;
    const proxies = this.#proxiesFor(attempt);
    const tls = this.#tlsFor(targetKey, proxies?.certificateAuthorities);
    const options = { timeoutMs: limitMs, signal, dns: this.#dns, tls, padded };
    return this.#wire.probe({ ...this.#place(port), proxies }, target, options);
  }

  /** Those by which this target is asked: the controller alone, for apps ask straight; undefined: none. */
  #proxiesFor({ port, assignment: { target, targetKey } }: Attempt): PortProxies | undefined {
    const isController = this.#options.controller?.targetKey === targetKey;
    return isController && proxyOfTarget(target, port.proxies) !== undefined ? port.proxies : undefined;
  }

  #nextMethod(label: string, targetKey: string, target: ProbeTarget, suspect: boolean): KeepaliveMethod {
    const method = keepaliveMethod(this.#known(label, targetKey), target, suspect);
    this.#learn(label, targetKey, (known) => ({ ...known, turn: known.turn + 1 }));
    return method;
  }

  #echoOutcome(kind: EchoKind, result: ProbeResult, startedMs: number): EchoOutcome {
    const unanswered = result.kind === 'failed' && result.failure === 'local' ? 'impossible' : 'unanswered';
    return { kind, result: result.kind === 'answered' ? 'answered' : unanswered, startedMs, endedMs: this.#nowMs };
  }

  #learn(label: string, targetKey: string, learn: (known: KeepaliveState) => KeepaliveState): void {
    this.#keepalives.set(keyOf(label, targetKey), learn(this.#known(label, targetKey)));
  }

  get #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #place({ interfaceName, dnsServers, gateways }: TestedPort): ProbePort {
    const { namespace } = this.#options;
    return { interfaceName, namespace, dnsServers, gateways, families: [4, 6] };
  }

  #known(label: string, targetKey: string): KeepaliveState {
    return this.#keepalives.get(keyOf(label, targetKey)) ?? initialKeepaliveState;
  }

  /**
   * Made when they are first needed: reading certificates takes milliseconds. `further`: PEM of authorities that are
   * trusted, too.
   */
  #tlsFor(targetKey: string, further: readonly string[] = []): TlsClient {
    const { controller } = this.#options;
    if (further.length > 0) {
      const own = controller?.targetKey === targetKey ? controller.certificateAuthority : undefined;
      const trusted = [own ?? systemCertificates(), ...further].join('\n');
      if (this.#proxiedTls?.trusted !== trusted) this.#proxiedTls = { trusted, client: new TlsClient(trusted) };
      return this.#proxiedTls.client;
    }
    if (controller?.targetKey !== targetKey || controller.certificateAuthority === undefined) {
      return (this.#tls ??= new TlsClient());
    }
    return (this.#controllerTls ??= new TlsClient(controller.certificateAuthority));
  }
}

/** What fails with packets of full size, and what that means to people. */
function inWords(result: ProbeResult): ProbeResult {
  if (result.kind === 'answered' || result.failure === 'local') return result;
  return { ...result, failure: 'size', detail: `packets of 1,400 bytes are lost: ${result.detail}` };
}

function echoKindOf(method: KeepaliveMethod): EchoKind {
  const dataBytes = method.kind === 'icmp' ? method.dataBytes : 0;
  return dataBytes === 0 ? echoKinds[0] : echoKinds[1];
}

function keyOf(label: string, targetKey: string): string {
  return `${label} ${targetKey}`;
}
