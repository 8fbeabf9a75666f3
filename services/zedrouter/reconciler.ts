import { readSysctl } from 'iproute-exec';

import type { Clock } from '../../lib/clock/index.js';
import type { DeviceModel } from '../../lib/configuration/index.js';
import { countFlowsByMark } from '../../lib/netlink/index.js';
import type { Logger } from '../../lib/observability/index.js';
import { untilSent } from '../../lib/rpc/index.js';
import { apply, type Failure } from './apply/apply.js';
import { BridgeMembers } from './apply/bridge-members.js';
import { emptyHostSets, hostSetsIn } from './apply/host-sets.js';
import type { Kernel } from './apply/kernel.js';
import type { ChangedPart } from './apply/kernel-watch.js';
import { observe } from './apply/observe.js';
import { takenNumbers } from './apply/ownership.js';
import { SessionChallenger } from './apply/session-challenger.js';
import type { Bridge, Dataplane, NameService } from './desired/dataplane.js';
import { accessRules, type AccessRules } from './desired/access.js';
import { desire } from './desired/desire.js';
import { changedInterfaces } from './desired/refused-flows.js';
import { decideFlows, type FlowMemories } from './desired/generations.js';
import { flowNumbers } from './desired/own-routes.js';
import type { Ids, PortFacts } from './desired/inputs.js';
import { isTunnelled, localInstances } from './desired/local-instances.js';
import { desiredSwitches } from './desired/switches.js';
import { desiredTunnels, withoutTunnels } from './desired/tunnels.js';
import { noInstrumentation, type Instrumentation } from './metrics/instrumentation.js';
import { adoptedMemories } from './reconcile/adopt.js';
import { ChainsInForce } from './reconcile/chains-in-force.js';
import { DrainWatch } from './reconcile/drain-watch.js';
import type { FormerSettings } from './reconcile/former-settings.js';
import { GrantEnds } from './reconcile/grant-ends.js';
import { HostSetTurns } from './reconcile/host-set-turns.js';
import { NameServiceKeeper } from './reconcile/name-service-keeper.js';
import { IdsInUse } from './ids/ids-in-use.js';
import { changesChains, plan, splitPlan } from './plan/plan.js';
import type { Operation, Plan } from './plan/operations.js';
import { printPlan } from './plan/print.js';
import { refusedFlows, transition } from './plan/transition.js';
import { withoutLostRoutes } from './reconcile/lost-routes.js';
import type { ReconcileReport } from './reconcile/report.js';
import { completeInputs, type CompleteInputs, type Upstream } from './upstream/inputs.js';
import { SwitchKeeper } from './switches/switch-keeper.js';
import { TunnelKeeper } from './tunnels/tunnel-keeper.js';
import { Verification, type ReadingOutcome } from './reconcile/verification.js';

/** A command that failed is tried again after this, unless something new comes first. */
const RETRY_AFTER_MS = 1_000;

export interface ReconcilerOptions {
  readonly kernel: Kernel;
  readonly nameServiceDirectory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ids: Ids;
  /** Keeps ids safe, before anything in the kernel rests on them where the disk takes them. */
  readonly keepIds: (ids: Ids) => Promise<void>;
  /** Keeps what kernel settings were before they were ours. */
  readonly formerSettings: FormerSettings;
  readonly onReport: (report: ReconcileReport) => void;
  readonly instrumentation?: Instrumentation;
}

/**
 * Brings the kernel from its current to the desired state. Level triggered: whatever happens only marks it dirty. Each
 * reconciliation computes what is desired, plans from what is current, and applies; one at a time, and once more if
 * something came in between.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #nameServices: NameServiceKeeper;
  readonly #tunnels: TunnelKeeper;
  readonly #switches: SwitchKeeper;
  readonly #members = new BridgeMembers();
  readonly #chains: ChainsInForce;
  readonly #challenger: SessionChallenger;
  readonly #verification: Verification;
  readonly #idsInUse: IdsInUse;
  readonly #grantEnds: GrantEnds;
  readonly #drainWatch: DrainWatch;
  readonly #hostSetTurns: HostSetTurns;
  #upstream: Upstream = { config: undefined, ports: undefined, selections: undefined };
  #memories: FlowMemories = new Map();
  /** Undefined: read the kernel before the next plan. */
  #current: Dataplane | undefined;
  /** `#current` was read from the kernel, and has not been planned from yet. */
  #isFreshlyRead = false;
  /** How often anything was applied: what is read of the kernel meanwhile is neither old nor new. */
  #applications = 0;
  /** The access lists that every flow there is has been looked at by. */
  #accessInForce: AccessRules | 'unknown' | 'none' = 'unknown';
  /** The kernel shows us what bridges pass from app to app. */
  #filtersMembers = true;
  #adopted = false;
  #desired: Dataplane | undefined;
  #report: ReconcileReport | undefined;
  #isReconciling = false;
  #isDirty = false;
  /** When the first of what made it dirty was heard. */
  #dirtySinceMs: number | undefined;
  /** A tunnel device was made anew: nothing leads into it yet, whatever led into the one before. */
  #hasNewTunnel = false;
  /** Of ports, at the last reconciliation. */
  #facts: ReadonlyMap<string, PortFacts> | undefined;
  #closed = false;
  #idle: (() => void)[] = [];
  #cancelRetry: () => void = () => undefined;

  constructor(options: ReconcilerOptions) {
    const { kernel, clock, nameServiceDirectory } = options;
    this.#options = options;
    this.#chains = new ChainsInForce(kernel.ruleset);
    this.#idsInUse = new IdsInUse({
      ...{ ids: options.ids, keep: options.keepIds, clock, logger: options.logger },
      taken: () => takenNumbers(kernel.rtnetlink.links()),
      onProblem: () => {
        if (this.#report !== undefined) this.#tell(this.#report);
      },
    });
    this.#nameServices = new NameServiceKeeper({
      ...{ directory: nameServiceDirectory, namespace: kernel.namespace, clock, logger: options.logger },
      current: () => this.#current,
      onRefused: (kind) => {
        this.#noteFailure(kind);
      },
      onDrift: (when) => {
        if (this.#current !== undefined) this.#current = this.#nameServices.forgottenIn(this.#current);
        if (when === 'now') this.#markDirty();
        else this.#retryLater();
      },
      onFailures: () => {
        if (this.#report !== undefined) this.#tell(this.#report);
      },
    });
    this.#tunnels = new TunnelKeeper({
      ...{ kernel, clock, logger: options.logger, directory: nameServiceDirectory },
      onChange: (what) => {
        if (what === 'anew') {
          this.#hasNewTunnel = true;
          this.#markDirty();
        } else if (this.#report !== undefined) this.#tell(this.#report);
      },
    });
    this.#switches = new SwitchKeeper({
      ...{ kernel, clock, logger: options.logger },
      onChange: () => {
        if (this.#report !== undefined) this.#tell(this.#report);
      },
    });
    this.#challenger = new SessionChallenger(kernel.namespace, options.logger);
    this.#verification = new Verification({ clock, read: (what) => this.#verify(what) });
    this.#grantEnds = new GrantEnds(clock, () => {
      this.#markDirty();
    });
    this.#hostSetTurns = new HostSetTurns({
      clock,
      sets: () => hostSetsIn(this.#current?.accessObjects),
      empty: (sets) => {
        emptyHostSets(kernel, sets, options.logger);
      },
    });
    this.#drainWatch = new DrainWatch({
      clock,
      count: (which) => countFlowsByMark({ ...which, family: 'ipv4', namespace: kernel.namespace }),
      onNews: () => {
        this.#markDirty();
      },
    });
  }

  /** Takes in news from the other services. */
  takeUpstream(news: Partial<Upstream>): void {
    this.#upstream = { ...this.#upstream, ...news };
    this.#markDirty();
  }

  /**
   * Something in the kernel changed, by whomever: verify, when it has calmed down. Chains that are not as they were
   * left guard and translate nothing: those are repaired at once.
   */
  kernelIsDirty(part: ChangedPart): void {
    if (part === 'ruleset') this.#chains.suspect();
    else this.#tunnels.onLinksChanged();
    this.#switches.onKernelChanged(part);
    this.#verification.soon();
    this.#checkRuleset();
  }

  #checkRuleset(): void {
    if (this.#isReconciling || this.#closed) return;
    try {
      if (this.#chains.areFoundWrong()) this.#verification.now();
    } catch (error) {
      this.#complainOfReading(error);
    }
  }

  #complainOfReading(error: unknown): void {
    this.#options.logger.warn(
      { event: 'kernel-unreadable', err: error },
      'cannot read the kernel, keeping what is known of it',
    );
  }

  /** Waits for the reconciliation under way, then stops. The kernel stays as it is. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry();
    this.#idsInUse.close();
    this.#grantEnds.close();
    this.#drainWatch.close();
    this.#hostSetTurns.close();
    this.#verification.close();
    this.#nameServices.close();
    this.#tunnels.close();
    await this.#switches.close();
    if (this.#isReconciling) await new Promise<void>((resolve) => this.#idle.push(resolve));
    await Promise.all([this.#nameServices.queue.idle(), this.#challenger.idle()]);
  }

  /**
   * Reads the kernel beside whatever else happens: a switch need not wait for it, and makes what was read worthless.
   */
  async #verify(what: 'kernel' | 'kernel-and-name-services'): Promise<ReadingOutcome> {
    const known = this.#current?.nameServices;
    // The next reconciliation reads it anyway.
    if (this.#closed || known === undefined) return 'useful';
    const applications = this.#applications;
    if (what === 'kernel-and-name-services') void this.#challenger.rememberFlows();
    if (what === 'kernel-and-name-services') this.#filtersMembers = await this.#canFilterMembers();
    try {
      const current = await this.#read(what === 'kernel' ? known : undefined);
      if (this.#isReconciling || this.#applications !== applications) return 'useless';
      this.#current = current;
      this.#isFreshlyRead = true;
      this.#markDirty();
      return 'useful';
    } catch (error) {
      this.#complainOfReading(error);
      return 'failed';
    }
  }

  #markDirty(): void {
    this.#isDirty = true;
    this.#dirtySinceMs ??= this.#options.clock.monotonicMs();
    if (this.#isReconciling || this.#closed) return;
    this.#isReconciling = true;
    void this.#reconcileWhileDirty();
  }

  async #reconcileWhileDirty(): Promise<void> {
    // Messages that arrived together are taken in together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#isDirty && !this.#closed) {
      this.#isDirty = false;
      try {
        await this.#reconcileOnce();
      } catch (error) {
        this.#options.logger.error({ event: 'reconcile-failed', err: error }, 'reconciliation failed, retrying');
        this.#current = undefined;
        this.#retryLater();
      }
    }
    this.#isReconciling = false;
    for (const resolve of this.#idle.splice(0)) resolve();
    this.#checkRuleset();
  }

  async #reconcileOnce(): Promise<void> {
    const { clock, logger, instrumentation = noInstrumentation } = this.#options;
    const dirtySinceMs = this.#dirtySinceMs ?? clock.monotonicMs();
    this.#dirtySinceMs = undefined;
    const complete = completeInputs(this.#upstream);
    if (complete === undefined) return;
    const inputs = this.#grantEnds.liveInputs(complete);
    const { model } = inputs.config;
    const ids = await this.#idsInUse.of(model);
    const isFreshlyRead = this.#isFreshlyRead || this.#current === undefined;
    const known = this.#current ?? (await this.#readAnew(model, ids));
    const facts = inputs.ports.facts;
    const kept = withoutLostRoutes(known, this.#facts, facts);
    const current = this.#hasNewTunnel ? withoutTunnels(kept) : kept;
    this.#hasNewTunnel = false;
    this.#facts = facts;
    this.#isFreshlyRead = false;
    const flows = decideFlows(this.#memories, {
      // What goes into a tunnel stays there, whichever port that leaves by.
      instances: localInstances(model).filter((instance) => !isTunnelled(instance)),
      selections: inputs.selections.selections,
      ports: facts,
      flowsLeft: (niId, port) => this.#drainWatch.flowsLeft(niId, port),
      boottimeMs: clock.boottimeMs(),
    });
    const desired = this.#desire(inputs, ids, flows.memories);
    const access = accessRules(model, ids);
    const refused = refusedFlows(changedInterfaces(this.#accessInForce, access), model.ports, ids);
    const numbers = { ids, ofFlows: flowNumbers(model, ids) };
    const steps = plan(current, desired, transition(this.#memories, flows.memories, flows, numbers, facts, refused));
    if (isFreshlyRead && steps.length > 0 && samePlanned(this.#desired, desired)) {
      instrumentation.onRepair();
      logger.warn({ event: 'dataplane-drift', plan: printPlan(steps) }, 'dataplane drifted, repairing it');
    } else if (logger.isLevelEnabled('debug')) {
      logger.debug({ event: 'dataplane-plan', plan: printPlan(steps) }, 'plan');
    }
    await this.#noteFormerSettings(steps);
    const { urgent, rest } = splitPlan(steps);
    const tell = (failures: readonly Failure[], phase: ReconcileReport['phase']): void => {
      const isVerified = isFreshlyRead && steps.length === 0;
      const { draining } = this.#drainWatch;
      this.#tell({ inputs, ids, desired, planned: steps, failures, phase, isVerified, draining });
    };
    // A switch takes no turn of the event loop, and nobody could see it pending; loading the ruleset does.
    const tellPending = setImmediate(() => {
      tell([], 'pending');
    });
    const urgentFailures = await this.#apply(urgent, desired.bridges);
    clearImmediate(tellPending);
    if (!switchFailed(urgentFailures)) {
      this.#drainWatch.follow(flows.memories, numbers);
      const follows = { model, ids, ports: facts, selections: inputs.selections.selections };
      this.#tunnels.follow(desiredTunnels(follows));
      this.#switches.follow(desiredSwitches(follows));
    }
    if (urgent.length > 0) instrumentation.onApplied('switch', clock.monotonicMs() - dirtySinceMs);
    // Traffic goes the new way; what is left is tidying.
    if (rest.length > 0) {
      tell(urgentFailures, 'applied');
      await untilSent();
    }
    const failures = [
      ...urgentFailures,
      ...(switchFailed(urgentFailures) ? [] : await this.#apply(rest, desired.bridges)),
    ];
    // Where the switch did not happen, the flows of the old port are still to be ended when it does.
    if (!switchFailed(failures)) this.#memories = flows.memories;
    if (!failures.some(({ operation }) => operation.kind === 'nft' || operation.kind === 'refused-flows-end')) {
      this.#accessInForce = access;
    }
    this.#desired = desired;
    this.#current = failures.length === 0 ? this.#nameServices.forgottenIn(desired) : undefined;
    if (changesChains(steps)) {
      // What is not believed is read, and loaded once more.
      if (failures.some(({ operation }) => operation.kind === 'nft')) this.#chains.forget();
      else if (!this.#chains.noteLoaded(clock.boottimeMs())) {
        this.#current = undefined;
        this.#isDirty = true;
      }
    }
    if (failures.length > 0) this.#retryLater();
    // The kernel tells of every other change that it was made.
    if (steps.length > 0 && steps.every(({ name }) => name === 'name-services')) this.#verification.soon();
    if (steps.length > 0) {
      const tookMs = clock.monotonicMs() - dirtySinceMs;
      instrumentation.onApplied('all', tookMs);
      logger.info({ event: 'dataplane-changed', tookMs, failures: failures.length }, 'dataplane reconciled');
    }
    tell(failures, 'settled');
  }

  /** The failures of name services come and go by themselves. */
  #tell(report: ReconcileReport): void {
    this.#report = report;
    const failures = [...report.failures, ...this.#nameServices.failures()];
    const filtersMembers = this.#filtersMembers;
    const tunnels = this.#tunnels.states();
    const switches = this.#switches.states();
    const idsNotKept = this.#idsInUse.problem;
    this.#options.onReport({ ...report, failures, idsNotKept, filtersMembers, tunnels, switches });
  }

  #desire(inputs: CompleteInputs, ids: Ids, memories: FlowMemories): Dataplane {
    return desire({
      model: inputs.config.model,
      ports: inputs.ports.facts,
      selections: inputs.selections.selections,
      ids,
      generations: new Map([...memories].map(([niId, { generation }]) => [niId, generation])),
      drains: new Map([...memories].map(([niId, { drains }]) => [niId, drains])),
      nameServiceDirectory: this.#options.nameServiceDirectory,
      ...(localInstances(inputs.config.model).some(isTunnelled) ? { tunnelsUp: this.#tunnels.up() } : {}),
    });
  }

  async #apply(steps: Plan, bridges: ReadonlyMap<string, Bridge>): Promise<readonly Failure[]> {
    if (steps.length === 0) return [];
    const { kernel, logger } = this.#options;
    this.#cancelRetry();
    this.#applications += 1;
    const failures = await apply(steps, {
      kernel,
      nameServices: this.#nameServices.queue,
      challenger: this.#challenger,
      bridges,
      members: this.#members,
      boottimeMs: () => this.#options.clock.boottimeMs(),
    });
    this.#applications += 1;
    for (const { operation, message } of failures) {
      this.#noteFailure(operation.kind);
      logger.warn({ event: 'operation-failed', operation: operation.kind, message }, 'operation failed');
    }
    return failures;
  }

  /** Rare: in a switch there is no setting to make. */
  async #noteFormerSettings(steps: Plan): Promise<void> {
    const settings = steps.flatMap(({ operations }) =>
      operations.flatMap((each) => (each.kind === 'sysctl' ? [[each.path, each.value] as const] : [])),
    );
    if (settings.length === 0) return;
    // Traffic goes first; without the note, --cleanup leaves these as we set them.
    await this.#options.formerSettings.note(settings).catch((error: unknown) => {
      this.#options.logger.warn(
        { event: 'former-settings-not-kept', err: error },
        'cannot save former kernel settings',
      );
    });
  }

  #noteFailure(kind: Operation['kind']): void {
    (this.#options.instrumentation ?? noInstrumentation).onFailure(kind);
  }

  /** `nameServices`: what is known of them; undefined: they are read, too. */
  #read(nameServices: ReadonlyMap<string, NameService> | undefined): Promise<Dataplane> {
    const { kernel, nameServiceDirectory } = this.#options;
    return observe({
      kernel,
      nameServices: nameServices ?? { directory: nameServiceDirectory },
      sysctlPaths: this.#desired?.sysctls.keys() ?? [],
      chainsInForce: this.#chains.digest,
      members: this.#members,
      boottimeMs: () => this.#options.clock.boottimeMs(),
    });
  }

  async #canFilterMembers(): Promise<boolean> {
    const { namespace } = this.#options.kernel;
    const place = namespace === undefined ? {} : { namespace };
    // There with br_netfilter, and not without.
    return readSysctl(['net', 'bridge', 'bridge-nf-call-iptables'], place).then(
      () => true,
      () => false,
    );
  }

  async #readAnew(model: DeviceModel, ids: Ids): Promise<Dataplane> {
    await this.#nameServices.queue.idle();
    const dataplane = await this.#read(undefined);
    this.#filtersMembers = await this.#canFilterMembers();
    if (!this.#adopted) {
      this.#memories = adoptedMemories(dataplane, model, ids);
      if (dataplane.accessObjects.size === 0) this.#accessInForce = 'none';
      this.#adopted = true;
    }
    return dataplane;
  }

  #retryLater(): void {
    this.#cancelRetry();
    if (this.#closed) return;
    this.#cancelRetry = this.#options.clock.setTimer(RETRY_AFTER_MS, () => {
      this.#markDirty();
    });
  }
}

function switchFailed(failures: readonly Failure[]): boolean {
  return failures.some(({ operation }) => operation.kind === 'nft');
}

/** Whether two reconciliations wanted the same: then a difference in the kernel is drift, somebody else's doing. */
function samePlanned(before: Dataplane | undefined, after: Dataplane): boolean {
  return before !== undefined && plan(before, after).length === 0;
}
