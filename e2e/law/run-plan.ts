import { setTimeout as sleep } from 'node:timers/promises';

import { faultText, inflict, isInstant, monotonicMs, portNames, type Fault, type PortName } from '../../lab/index.js';
import { claimText } from './claim.js';
import {
  allowanceMs,
  boundFrom,
  VERIFIED_MS,
  violationsOf,
  type Bound,
  type Change,
  type ClaimAt,
  type Observation,
} from './law.js';
import type { Plan, PlannedFault } from './plan.js';
import type { LawRig } from './rig.js';
import { TCP_TIMEOUT_MS, Trying } from './trying.js';
import { promisesAWayOut } from './untellable.js';

/** What came of a plan. */
export interface PlanResult {
  /** How often it was looked whether the law holds. */
  readonly checks: number;
  /** In words; the first look that found any ended the plan. */
  readonly violations: readonly string[];
  /** What an operator could read at that moment; empty where the law held and a port was claimed. */
  readonly account: string;
  /** What was claimed, and what happened, with times. */
  readonly story: readonly string[];
  /** What was claimed last. */
  readonly lastClaim: string;
  /** Ports that nothing had befallen at the end, and nothing the device either. */
  readonly healthyPorts: readonly PortName[];
}

const LOOK_EVERY_MS = 250;
/** A look takes so long: tries begun in this time count. */
const WINDOW_MS = 4_000;
/** Time to find another port, and to be sure of it, on top of what each fault allows. */
const PATIENCE_MS = 15_000;

/** Runs a plan on a ship on which all is well, and looks whether the law holds. What it breaks, it undoes. */
export async function runPlan(rig: LawRig, plan: Plan): Promise<PlanResult> {
  const run = new PlanRun(rig, plan);
  try {
    return await run.run();
  } finally {
    await run.undoAll();
  }
}

class PlanRun {
  readonly #rig: LawRig;
  readonly #plan: Plan;
  readonly #begunMs = monotonicMs();
  readonly #claims: ClaimAt[] = [];
  readonly #changes: Change[] = [];
  readonly #story: string[] = [];
  readonly #undos = new Map<PlannedFault, () => Promise<void>>();
  /** One change after the other, beside the looking. */
  #changing: Promise<void> = Promise.resolve();
  #failure: Error | undefined;
  #pending = 0;

  constructor(rig: LawRig, plan: Plan) {
    this.#rig = rig;
    this.#plan = plan;
  }

  async run(): Promise<PlanResult> {
    const trying = new Trying(this.#rig.lab.app('app1').agent);
    try {
      const { faults } = this.#plan;
      const begins = faults.map((each) => ({ atMs: each.fromMs, act: () => this.#begin(each) }));
      const ends = faults.flatMap((each) =>
        each.untilMs === undefined ? [] : [{ atMs: each.untilMs, act: () => this.#end(each) }],
      );
      return await this.#watch(
        trying,
        [...begins, ...ends].sort((a, b) => a.atMs - b.atMs),
      );
    } finally {
      await trying.stop();
    }
  }

  /** Undoes what still stands. @throws what went wrong meanwhile with the faults themselves */
  async undoAll(): Promise<void> {
    await this.#changing;
    for (const undo of [...this.#undos.values()].reverse()) await undo();
    this.#undos.clear();
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #watch(
    trying: Trying,
    schedule: { readonly atMs: number; readonly act: () => Promise<void> }[],
  ): Promise<PlanResult> {
    const lastMs = schedule.at(-1)?.atMs ?? 0;
    let checks = 0;
    for (;;) {
      for (let next = schedule[0]; next !== undefined && this.#sinceBegunMs() >= next.atMs; next = schedule[0]) {
        schedule.shift();
        this.#change(next.act);
      }
      await this.#check();
      if (this.#failure !== undefined) throw this.#failure;
      const isAllDone = schedule.length === 0 && this.#pending === 0;
      const bound = boundFrom(this.#claims, this.#changes);
      if (bound !== undefined && this.#pending === 0 && bound.fromMs <= monotonicMs()) {
        const observation = await this.#observe(trying, bound);
        if (observation !== undefined) {
          checks += 1;
          const violations = violationsOf(observation);
          if (violations.length > 0 || isAllDone) return await this.#result(checks, violations);
        }
      }
      const allowedMs = Math.max(0, ...this.#changes.map((change) => change.allowanceMs));
      const enoughMs = lastMs + allowedMs + VERIFIED_MS + WINDOW_MS + TCP_TIMEOUT_MS + PATIENCE_MS;
      if (isAllDone && this.#sinceBegunMs() > enoughMs) return await this.#result(checks, []);
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** What is seen in a window; undefined where the claim did not last, or something happened. */
  async #observe(trying: Trying, { kind, port }: Bound): Promise<Observation | undefined> {
    const before = await this.#rig.seenPackets();
    const fromMs = monotonicMs();
    const changes = this.#changes.length;
    while (monotonicMs() < fromMs + WINDOW_MS) {
      await sleep(LOOK_EVERY_MS);
      const claim = await this.#check();
      if (claim.kind !== kind || claim.port !== port) return undefined;
    }
    const toMs = monotonicMs();
    const after = await this.#rig.seenPackets();
    await sleep(TCP_TIMEOUT_MS);
    if (this.#changes.length > changes) return undefined;
    return {
      port,
      promisesAWayOut: promisesAWayOut(kind, port, this.#standing()),
      publicAddress: this.#rig.lab.isp(port).publicAddress,
      tries: trying.begunBetween(fromMs, toMs),
      elsewhere: new Map(portNames.map((name) => [name, (after.get(name) ?? 0) - (before.get(name) ?? 0)])),
    };
  }

  async #check(): Promise<ClaimAt['claim']> {
    const claim = await this.#rig.claim();
    const before = this.#claims.at(-1);
    this.#claims.push({ atMs: monotonicMs(), claim });
    if (before === undefined || claimText(before.claim) !== claimText(claim)) this.#tell(claimText(claim));
    return claim;
  }

  async #result(checks: number, violations: readonly string[]): Promise<PlanResult> {
    const last = this.#claims.at(-1)?.claim;
    const isAsItShould = violations.length === 0 && last !== undefined && last.kind !== 'unverified';
    const account = isAsItShould ? '' : await this.#rig.account();
    const standing = this.#standing();
    const ofDevice = standing.some((fault) => !('port' in fault));
    const healthyPorts = portNames.filter(
      (port) => !ofDevice && !standing.some((fault) => 'port' in fault && fault.port === port),
    );
    const lastClaim = last === undefined ? '' : claimText(last);
    return { checks, violations, account, story: this.#story, lastClaim, healthyPorts };
  }

  #standing(): readonly Fault[] {
    return [...this.#undos.keys()].map(({ fault }) => fault);
  }

  #change(act: () => Promise<void>): void {
    this.#pending += 1;
    this.#changing = this.#changing.then(act).then(
      () => {
        this.#pending -= 1;
      },
      (error: unknown) => {
        this.#pending -= 1;
        this.#failure ??= error instanceof Error ? error : new Error(String(error));
      },
    );
  }

  async #begin(planned: PlannedFault): Promise<void> {
    const { fault } = planned;
    const undo = await inflict(this.#rig.lab, fault);
    if (!isInstant(fault)) this.#undos.set(planned, undo);
    this.#record(faultText(fault), planned);
  }

  async #end(planned: PlannedFault): Promise<void> {
    await this.#undos.get(planned)?.();
    this.#undos.delete(planned);
    this.#record(`no more ${faultText(planned.fault)}`, planned);
  }

  #record(what: string, { fault }: PlannedFault): void {
    this.#changes.push({ atMs: monotonicMs(), allowanceMs: allowanceMs(fault.kind) });
    this.#tell(`* ${what}`);
  }

  #tell(what: string): void {
    this.#story.push(`${(this.#sinceBegunMs() / 1000).toFixed(1).padStart(6)} s  ${what}`);
  }

  #sinceBegunMs(): number {
    return monotonicMs() - this.#begunMs;
  }
}
