import {
  parseTarget,
  targetKey,
  type PriorityLimit,
  type ProbeTarget,
  type QualityThresholds,
} from '../../../configuration/index.js';
import { newRecord, withOutcome, type TestOutcome } from '../../health/index.js';
import {
  missingPort,
  noTestFacts,
  testByAddress,
  type NetworkSnapshot,
  type ObservedRoute,
  type PortFacts,
  type PortObservation,
  type PresentPort,
} from '../../snapshot/index.js';
import {
  decide,
  emptyMemory,
  type Decision,
  type DecisionPolicy,
  type NetworkInstancePolicy,
  type PortPolicy,
  type Selection,
} from '../index.js';

/** The network instance that scenarios decide for. */
export const NETWORK_INSTANCE_ID = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

export const FAILBACK_HOLD_MS = 30_000;

/** A port that policy permits for everything. */
export function portPolicy(label: string, priority: number, changes: Partial<PortPolicy> = {}): PortPolicy {
  return {
    label,
    interfaceName: label,
    priority,
    isManagement: true,
    usage: 'management-and-apps',
    labels: [label, 'all', 'uplink'],
    allowedOperations: [],
    ...changes,
  };
}

/** A policy for one network instance that takes any uplink. */
export function policyFor(ports: readonly PortPolicy[], allowedPriorities?: PriorityLimit): DecisionPolicy {
  return {
    ports,
    networkInstances: [
      {
        id: NETWORK_INSTANCE_ID,
        name: 'crew',
        active: true,
        portLabel: 'uplink',
        allowedPriorities,
        test: { failbackHoldMs: FAILBACK_HOLD_MS },
      },
    ],
    operationPriorities: new Map(),
    downloadMaxCost: 0,
    grants: [],
  };
}

/** The controller's ping of scenarios that test it. */
export const controllerTarget: ProbeTarget = targetOf('https://controller.example/api/v2/edgedevice/ping');

/** A target from its text. */
export function targetOf(text: string): ProbeTarget {
  const parsed = parseTarget(text);
  if (parsed.kind === 'invalid') throw new Error(parsed.problem);
  return parsed.target;
}

/** More silences than any verdict asks for, over a time that tries every patience. */
const PLENTY_OF_SILENCE = 50;
const SILENCE_MS = 3_500;

const inFull = { probeKind: 'full', layer: 'application' } as const;
const byEcho = { probeKind: 'keepalive', layer: 'path' } as const;
const byTcp = { probeKind: 'keepalive', layer: 'tcp' } as const;

/** Thresholds of loss and latency of scenarios that have them. */
const scenarioThresholds: QualityThresholds = {
  lossPercent: { poorFrom: 20, goodBelow: 10 },
  latencyMs: { poorFrom: 500, goodBelow: 300 },
};

const HOUR_MS = 3_600_000;

type Attempt = Pick<TestOutcome, 'probeKind' | 'layer' | 'result'>;

const silence: Attempt = {
  ...byEcho,
  result: { kind: 'failed', failure: 'timeout', detail: 'no answer', silent: true },
};

function answerAfter(latencyMs: number): Attempt {
  return { ...byEcho, result: { kind: 'answered', latencyMs } };
}

/** So many attempts. */
function hour(attempts: number, attemptAt: (position: number) => Attempt): readonly Attempt[] {
  return Array.from({ length: attempts }, (_, position) => attemptAt(position));
}

/** A port with link and address. The label makes the index and the address, so that they differ between ports. */
export function usablePort(
  label: string,
  changes: { readonly index?: number; readonly address?: string } = {},
): PresentPort {
  const number = Buffer.from(label).reduce((sum, byte) => (sum * 31 + byte) % 250, 0);
  return {
    kind: 'present',
    link: 'up',
    index: changes.index ?? 100 + number,
    macAddress: '02:00:00:00:00:01',
    mtu: 1500,
    addresses: [{ address: changes.address ?? `192.0.2.${number}`, prefixLength: 24 }],
    routes: [defaultRouteVia('192.0.2.254')],
    dnsServers: [],
  };
}

/** `default via GATEWAY metric N` */
export function defaultRouteVia(gateway: string | undefined, metric = 0): ObservedRoute {
  const destination = { address: '0.0.0.0', prefixLength: 0 };
  return { destination, gateway, source: undefined, metric, isOnLink: false };
}

/** A port as the word says: `up`, `missing`, `admin-down`, `no-carrier`, `no-address` or `no-route`. */
export function portAs(label: string, word: string): PortObservation {
  const up = usablePort(label);
  switch (word) {
    case 'up':
      return up;
    case 'missing':
      return missingPort;
    case 'admin-down':
    case 'no-carrier':
      return { ...up, link: word };
    case 'no-address':
      return { ...up, addresses: [] };
    case 'no-route':
      return { ...up, routes: [] };
    default:
      throw new Error(`unknown port state ${word}`);
  }
}

/**
 * A device on which things happen one after the other, each at a time in seconds. Changes are `eth0:no-carrier`,
 * `eth0:failing`, `eth0=5` (priority), `allow=0,10`, `allow=all`, `-sat0` (taken out of the configuration), `+sat0=20`
 * (put into it), `failover-hold=30` (seconds) and `restart` (memory lost). Where there is a controller: `eth0:answers`
 * (a full test), `eth0:keepalive`, `eth0:refuses` (a full test), `eth0:silent` (until the verdict), and what keepalive
 * probes of the last hour saw: `eth0:lossy`, `eth0:slow`, `eth0:clean`. `eth0:answers.2`: the network instance's second
 * target does. `thresholds`: the network instance minds.
 */
export class Scenario {
  #ports = new Map<string, PortPolicy>();
  #allowed: PriorityLimit | undefined;
  #failoverHoldMs = 0;
  #quality: QualityThresholds | undefined;
  readonly #facts = new Map<string, PortFacts>();
  /** Ports whose test outcome was given, which then no longer follows from the address. */
  readonly #tested = new Set<string>();
  #memory = emptyMemory;
  /** Whom the test asked that is entered. */
  #tried: ProbeTarget | undefined;
  readonly #target: ProbeTarget | undefined;
  readonly #several: { readonly targets: readonly ProbeTarget[]; readonly needed: number } | undefined;

  /**
   * `eth0=0 wwan0=10`, all up from the start. `target`: whose ping tests the ports. `several`: the network instance's
   * own, of which so many have to answer.
   */
  constructor(
    ports: string,
    target?: ProbeTarget,
    several?: { readonly targets: readonly ProbeTarget[]; readonly needed: number },
  ) {
    this.#target = target;
    this.#several = several;
    for (const word of ports.split(' ')) this.#change(`+${word}`, 0);
  }

  decideAt(seconds: number, changes: string): Decision {
    const nowMs = seconds * 1000;
    for (const change of changes.split(' ').filter((word) => word !== '')) this.#change(change, nowMs);
    for (const [label, facts] of this.#facts) {
      if (this.#tested.has(label)) continue;
      this.#facts.set(label, { ...facts, test: testByAddress(facts.test, facts.observation, nowMs) });
    }
    const decision = decide(this.snapshot, this.policy, this.#memory, nowMs);
    this.#memory = decision.memory;
    return decision;
  }

  get snapshot(): NetworkSnapshot {
    return { ports: new Map(this.#facts) };
  }

  get policy(): DecisionPolicy {
    const policy = policyFor([...this.#ports.values()], this.#allowed);
    const networkInstances = policy.networkInstances.map((one) => ({
      ...one,
      test: { ...one.test, failoverHoldMs: this.#failoverHoldMs, quality: this.#quality, ...this.#ownTargets() },
    }));
    return { ...policy, networkInstances, controllerTarget: this.#target };
  }

  #ownTargets(): Partial<NetworkInstancePolicy['test']> {
    if (this.#several === undefined) return {};
    const { targets, needed } = this.#several;
    const [target, ...furtherTargets] = targets;
    return { target, furtherTargets, targetsNeeded: needed };
  }

  #change(change: string, nowMs: number): void {
    const added = /^\+(\w+)=(\d+)$/.exec(change);
    const taken = /^-(\w+)$/.exec(change);
    const priority = /^(\w+)=(\d+)$/.exec(change);
    const state = /^(\w+):([a-z-]+)(?:\.(\d))?$/.exec(change);
    if (change === 'restart') this.#memory = emptyMemory;
    else if (change.startsWith('failover-hold='))
      this.#failoverHoldMs = Number(change.slice('failover-hold='.length)) * 1_000;
    else if (change === 'thresholds') this.#quality = scenarioThresholds;
    else if (change === 'allow=all') this.#allowed = undefined;
    else if (change.startsWith('allow=')) this.#allowed = prioritiesIn(change);
    else if (added?.[1] !== undefined) {
      this.#ports.set(added[1], portPolicy(added[1], Number(added[2])));
      this.#observe(added[1], usablePort(added[1]), nowMs);
    } else if (taken?.[1] !== undefined) {
      this.#ports.delete(taken[1]);
      this.#facts.delete(taken[1]);
    } else if (priority?.[1] !== undefined) {
      this.#ports.set(priority[1], portPolicy(priority[1], Number(priority[2])));
    } else if (state?.[1] !== undefined && state[2] !== undefined) {
      const ordinal = Number(state[3] ?? '1');
      this.#tried = this.#several === undefined ? this.#target : this.#several.targets[ordinal - 1];
      this.#enter(state[1], state[2], nowMs);
    } else throw new Error(`cannot read "${change}"`);
  }

  #enter(label: string, word: string, nowMs: number): void {
    const before = this.#facts.get(label);
    switch (word) {
      case 'working':
      case 'failing':
      case 'untested':
        if (before === undefined) throw new Error(`no port ${label}`);
        this.#tested.add(label);
        this.#facts.set(label, {
          ...before,
          test: {
            lastSucceededMs: word === 'working' ? nowMs : undefined,
            lastFailedMs: word === 'failing' ? nowMs : undefined,
            lastError: word === 'failing' ? 'no answer' : undefined,
          },
        });
        return;
      case 'answers':
        this.#test(label, [{ ...inFull, result: { kind: 'answered', latencyMs: 20 } }], nowMs);
        return;
      case 'keepalive':
        this.#test(label, [{ ...byEcho, result: { kind: 'answered', latencyMs: 5 } }], nowMs);
        return;
      case 'refuses':
        this.#test(
          label,
          [{ ...inFull, result: { kind: 'failed', failure: 'refused', detail: 'refused', silent: false } }],
          nowMs,
        );
        return;
      case 'silent': {
        const { result } = silence;
        this.#test(
          label,
          Array.from({ length: PLENTY_OF_SILENCE }, (_, turn) => ({ ...(turn % 2 === 0 ? byEcho : byTcp), result })),
          nowMs,
        );
        return;
      }
      case 'lossy':
        this.#test(
          label,
          hour(60, (position) => (position % 3 === 0 ? silence : answerAfter(20))),
          nowMs,
          HOUR_MS,
        );
        return;
      case 'slow':
        this.#test(
          label,
          hour(60, () => answerAfter(900)),
          nowMs,
          HOUR_MS,
        );
        return;
      case 'clean':
        this.#test(
          label,
          hour(60, () => answerAfter(20)),
          nowMs,
          HOUR_MS,
        );
        return;
      case 'new-interface':
        this.#observe(label, usablePort(label, { index: 999 }), nowMs);
        return;
      case 'new-address':
        this.#observe(label, usablePort(label, { address: '198.51.100.9' }), nowMs);
        return;
      default:
        this.#observe(label, portAs(label, word), nowMs);
    }
  }

  #test(
    label: string,
    outcomes: readonly Pick<TestOutcome, 'probeKind' | 'layer' | 'result'>[],
    nowMs: number,
    spreadMs = SILENCE_MS,
  ): void {
    const before = this.#facts.get(label);
    if (before === undefined || this.#tried === undefined) throw new Error(`${label} is not tested`);
    const key = targetKey(this.#tried);
    const record = outcomes.reduce(
      (known, outcome, position) => {
        const atMs = nowMs - spreadMs * (1 - (position + 1) / outcomes.length);
        return withOutcome(known, { ...outcome, startedMs: atMs, endedMs: atMs, trafficAnsweredMs: undefined });
      },
      before.targets?.get(key) ?? newRecord(nowMs),
    );
    this.#facts.set(label, { ...before, targets: new Map([...(before.targets ?? []), [key, record]]) });
  }

  #observe(label: string, observation: PortObservation, nowMs: number): void {
    const before = this.#facts.get(label);
    const targets = before?.targets;
    this.#facts.set(label, {
      ...{ observation, observedSinceMs: nowMs, test: before?.test ?? noTestFacts },
      targets:
        targets ?? (this.#target === undefined ? new Map() : new Map([[targetKey(this.#target), newRecord(nowMs)]])),
    });
  }
}

function prioritiesIn(change: string): PriorityLimit {
  const priorities = change
    .slice('allow='.length)
    .split(',')
    .filter((word) => word !== '')
    .map(Number);
  return { kind: 'priorities', priorities };
}

/** The ranking and who is on hold, in a line: `wwan0 eth0~ sat0`. */
export function rankingOf({ candidates, outcome }: Selection): string {
  const ranked = candidates.filter(({ rank }) => rank !== undefined);
  if (outcome.kind === 'none') return `none: ${outcome.reason}`;
  return ranked.map(({ label, heldUntilMs }) => label + (heldUntilMs === undefined ? '' : '~')).join(' ');
}
