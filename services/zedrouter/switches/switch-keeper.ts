import { isDeepStrictEqual } from 'node:util';

import type { CancelTimer, Clock } from '../../../lib/clock/index.js';
import { isInterfaceName } from '../../../lib/configuration/index.js';
import { isAlreadySo, type KernelChange, type Link, type SetElements } from '../../../lib/netlink/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import type { Kernel } from '../apply/kernel.js';
import type { PlacedSwitch, SwitchMember } from '../desired/switch-access.js';
import type { DesiredSwitch } from '../desired/switches.js';
import { bind, impostors, type Binding, type Sighting } from './bindings.js';
import {
  bridgeChanges,
  joinPort,
  removals,
  takenName,
  uplinkChanges,
  uplinkMember,
  type SwitchProblem,
  type Uplink,
} from './switch-links.js';
import { SwitchTables, type SwitchReading } from './switch-tables.js';

/** How a switch is. */
export interface SwitchState {
  /** Its bridge is there, with its rules in force. */
  readonly isUp: boolean;
  /** The interface of the port that it is joined to; undefined: it has none, or cannot be. */
  readonly port: string | undefined;
  readonly problem: SwitchProblem | undefined;
  /** What the kernel or nft refused; undefined: nothing. It is tried again. */
  readonly failure: string | undefined;
  /** By key of the app's interface: addresses that it was seen to have within half an hour. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  /** By key: the member of the bridge that the app's interface was found to be. */
  readonly members: ReadonlyMap<string, string>;
  readonly notices: readonly string[];
}

export interface SwitchKeeperOptions {
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The state of some switch has changed. */
  readonly onChange: () => void;
}

const AGAIN_MS = 1_000;
/** How soon a member is known as an app's: it gets an address meanwhile, and goes no further. */
const LOOK_FOR_APPS_MS = 200;
const LOOK_FOR_ADDRESSES_MS = 2_000;
/** An app may claim as many as it likes. */
const MOST_ADDRESSES = 16;

const nothingRead: SwitchReading = {
  ...{ bound: new Map(), uplinks: new Map(), members: new Map(), seen: new Map() },
  ...{ learned4: new Map(), learned6: new Map(), leased: new Map() },
};

/**
 * Keeps the switches beside everything else: bridge, way to the port, rules of the bridge family. Nothing of a switch
 * carries a frame before its rules are in force. What is there when it begins is taken over as it is.
 */
export class SwitchKeeper {
  readonly #options: SwitchKeeperOptions;
  readonly #tables: SwitchTables;
  #wanted: readonly DesiredSwitch[] | undefined;
  #states: ReadonlyMap<string, SwitchState> = new Map();
  #bindings: ReadonlyMap<string, readonly Binding[]> = new Map();
  /** Who has led to a port: it is let go of when it does no more. */
  #former: ReadonlySet<string> = new Set();
  /** Who was in which bridge, by its name, when it was looked at last. */
  #members: ReadonlyMap<string, readonly string[]> = new Map();
  #reading: SwitchReading = nothingRead;
  #isAdopted = false;
  #isDirty = false;
  #isWorking = false;
  #closed = false;
  #idle: (() => void)[] = [];
  #cancelRetry: CancelTimer = () => undefined;
  #cancelPoll: CancelTimer = () => undefined;
  #pollAtMs = Infinity;

  constructor(options: SwitchKeeperOptions) {
    this.#options = options;
    this.#tables = new SwitchTables(options.kernel.namespace);
  }

  /** These switches are to be there, and no other of ours. */
  follow(wanted: ReadonlyMap<string, DesiredSwitch>): void {
    const list = [...wanted.values()];
    if (this.#wanted !== undefined && isDeepStrictEqual(list, this.#wanted)) return;
    this.#wanted = list;
    this.#touch();
  }

  /** The kernel's links, or its rulesets, have changed. */
  onKernelChanged(part: 'ruleset' | 'routing'): void {
    if (this.#wanted === undefined || this.#wanted.length === 0) return;
    if (part === 'routing') this.#touch();
    else if (!this.#isWorking) this.#checkTables();
  }

  /** By network instance. */
  states(): ReadonlyMap<string, SwitchState> {
    return this.#states;
  }

  /** Waits for what is under way. Everything stays as it is. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry();
    this.#cancelPoll();
    if (this.#isWorking) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #touch(): void {
    this.#isDirty = true;
    if (this.#isWorking || this.#closed) return;
    this.#isWorking = true;
    void this.#workWhileDirty();
  }

  async #workWhileDirty(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#isDirty && !this.#closed) {
      this.#isDirty = false;
      try {
        await this.#work(this.#wanted ?? []);
      } catch (error) {
        this.#fail(error);
      }
    }
    this.#isWorking = false;
    for (const resolve of this.#idle.splice(0)) resolve();
    if (this.#closed) return;
    if (this.#tables.isInForce) this.#checkTables();
    this.#pollLater();
  }

  async #work(wanted: readonly DesiredSwitch[]): Promise<void> {
    if (!this.#isAdopted) this.#adopt(wanted);
    this.#apply(removals(wanted, this.#links()));
    if (wanted.length === 0) {
      await this.#tables.remove();
      this.#bindings = new Map();
      this.#former = new Set();
      this.#tell(new Map());
      return;
    }
    const failures = new Map<string, string>();
    const placed = this.#place(wanted, failures);
    await this.#tables.load(placed.map(({ place }) => place));
    if (!this.#tables.isInForce) this.#retryLater();
    for (const { place, uplink } of placed) {
      const { desired } = place;
      const links = this.#links();
      const isUp = links.find(({ name }) => name === desired.bridge)?.isUp === true;
      const changes = [
        ...uplinkChanges(desired, uplink, links, new Set()),
        ...(isUp ? [] : [{ kind: 'link-set', name: desired.bridge, settings: { isUp: true } } as const]),
      ];
      const failure = this.#apply(changes);
      if (failure !== undefined) failures.set(desired.niId, failure);
    }
    this.#former = new Set(placed.flatMap(({ place }) => place.uplink ?? []));
    if (failures.size > 0) this.#retryLater();
    this.#tell(this.#statesOf(wanted, placed, failures));
  }

  /** Bridges, and what is in them, up to where only rules are missing. */
  #place(wanted: readonly DesiredSwitch[], failures: Map<string, string>): readonly Placed[] {
    const { rtnetlink } = this.#options.kernel;
    const claimed = new Set<string>();
    const bindings = new Map<string, readonly Binding[]>();
    const placed = wanted.flatMap((desired) => {
      const before = this.#links();
      const taken = takenName(desired, before);
      if (taken !== undefined) {
        failures.set(desired.niId, `an interface ${taken} is there and is not ours`);
        return [];
      }
      const made = this.#apply(bridgeChanges(desired, before, this.#members.get(desired.bridge) ?? []));
      if (made !== undefined) {
        failures.set(desired.niId, made);
        return [];
      }
      const links = this.#links();
      const joining = joinPort(desired, { links, addresses: rtnetlink.addresses() }, claimed);
      const problem = joining !== undefined && isProblem(joining) ? joining : undefined;
      const uplink = joining === undefined || isProblem(joining) ? undefined : joining;
      if (uplink?.kind === 'member') claimed.add(uplink.interfaceName);
      // Out of the bridge before anything else may be in: what is to come in waits for its rules.
      const released = uplinkChanges(desired, uplink, links, this.#former).filter(({ kind }) => RELEASING.has(kind));
      const failure = this.#apply(released);
      if (failure !== undefined) failures.set(desired.niId, failure);
      const name = uplinkMember(uplink);
      const inside = this.#membersOf(desired).filter((link) => link.name !== name && isInterfaceName(link.name));
      const own = bind(desired, inside, this.#bindings.get(desired.niId) ?? [], sightingsIn(this.#reading));
      bindings.set(desired.niId, own);
      const members = inside.map((link): SwitchMember => ({
        interfaceName: link.name,
        index: link.index,
        app: desired.apps.find(
          ({ key }) => key === own.find(({ interfaceName }) => interfaceName === link.name)?.appKey,
        ),
      }));
      return [{ place: { desired, uplink: name, members }, uplink, problem }];
    });
    this.#bindings = bindings;
    this.#members = new Map(
      placed.map(({ place }) => [place.desired.bridge, place.members.map(({ interfaceName }) => interfaceName)]),
    );
    return placed;
  }

  #statesOf(
    wanted: readonly DesiredSwitch[],
    placed: readonly Placed[],
    failures: ReadonlyMap<string, string>,
  ): ReadonlyMap<string, SwitchState> {
    const links = this.#links();
    return new Map(
      wanted.map((desired): readonly [string, SwitchState] => {
        const there = placed.find(({ place }) => place.desired === desired);
        const uplink = there?.uplink;
        const bridge = links.find(({ name }) => name === desired.bridge);
        const isJoined = links.some(
          ({ name, masterIndex }) => name === there?.place.uplink && masterIndex === bridge?.index,
        );
        const bindings = this.#bindings.get(desired.niId) ?? [];
        return [
          desired.niId,
          {
            isUp: there !== undefined && this.#tables.isInForce && bridge?.isUp === true,
            port: uplink !== undefined && isJoined ? desired.port?.interfaceName : undefined,
            problem: there?.problem,
            failure: failures.get(desired.niId),
            addresses: addressesOf(desired, bindings, this.#reading),
            members: new Map(bindings.map(({ appKey, interfaceName }) => [appKey, interfaceName])),
            notices: this.#noticesOf(desired, there?.place.members ?? [], bindings),
          },
        ];
      }),
    );
  }

  #noticesOf(
    desired: DesiredSwitch,
    members: readonly SwitchMember[],
    bindings: readonly Binding[],
  ): readonly string[] {
    const unknown = members.filter(({ app }) => app === undefined).map(({ interfaceName }) => interfaceName);
    const inBridge = new Set(members.map(({ interfaceName }) => interfaceName));
    const claims = impostors(desired, bindings, sightingsIn(this.#reading)).filter(({ interfaceName }) =>
      inBridge.has(interfaceName),
    );
    return [
      ...(unknown.length === 0
        ? []
        : [
            `${unknown.join(', ')} in ${desired.bridge}: not known to be an app's, and nothing but DHCP and names of ` +
              'neighbours passes there, until it sends with the MAC address of an app of this network instance',
          ]),
      ...claims.map(
        ({ interfaceName, app, owner }) =>
          `${interfaceName} sends with the MAC address ${app.macAddress} of ${app.appName}, which is ${owner}`,
      ),
    ];
  }

  /** What an earlier process has left. */
  #adopt(wanted: readonly DesiredSwitch[]): void {
    const reading = this.#tables.read(this.#options.clock.boottimeMs());
    const links = this.#links();
    this.#former = new Set([...reading.uplinks.values()].map(({ key }) => String(key[0])));
    this.#bindings = new Map(
      wanted.map(({ niId, bridge, apps }) => {
        const bridgeIndex = links.find(({ name }) => name === bridge)?.index;
        const bindings = [...reading.bound.values()].flatMap(({ key: [name, macAddress, index] }): Binding[] => {
          const app = apps.find((each) => each.macAddress === macAddress);
          const link = links.find((each) => each.name === name && each.index === index);
          if (app === undefined || link === undefined || link.masterIndex !== bridgeIndex) return [];
          return [{ interfaceName: link.name, index: link.index, appKey: app.key }];
        });
        return [niId, bindings];
      }),
    );
    this.#reading = reading;
    this.#isAdopted = true;
  }

  #checkTables(): void {
    if (this.#closed || this.#wanted === undefined || this.#wanted.length === 0) return;
    try {
      if (!this.#tables.isAsLoaded(this.#options.clock.boottimeMs())) this.#touch();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Never later than it was to be: news that never pause must not keep it waiting. */
  #pollLater(): void {
    const { clock } = this.#options;
    const wanted = this.#wanted ?? [];
    if (wanted.length === 0 || this.#closed) return;
    const isAwaited = wanted.some(({ bridge, niId, apps }) => {
      const bound = this.#bindings.get(niId) ?? [];
      return (this.#members.get(bridge) ?? []).length > bound.length && bound.length < apps.length;
    });
    const waitMs = isAwaited ? LOOK_FOR_APPS_MS : LOOK_FOR_ADDRESSES_MS;
    const atMs = clock.monotonicMs() + waitMs;
    if (atMs >= this.#pollAtMs) return;
    this.#cancelPoll();
    this.#pollAtMs = atMs;
    this.#cancelPoll = clock.setTimer(waitMs, () => {
      this.#pollAtMs = Infinity;
      this.#poll();
    });
  }

  #poll(): void {
    try {
      const before = this.#reading;
      this.#reading = this.#tables.read(this.#options.clock.boottimeMs());
      const isNews = (['seen', 'learned4', 'learned6', 'leased'] as const).some(
        (set) => !sameKeys(before[set], this.#reading[set]),
      );
      if (isNews) this.#touch();
    } catch (error) {
      this.#fail(error);
    }
    if (!this.#isWorking) this.#pollLater();
  }

  #links(): readonly Link[] {
    return this.#options.kernel.rtnetlink.links();
  }

  #membersOf({ bridge }: DesiredSwitch): readonly Link[] {
    const links = this.#links();
    const index = links.find(({ name }) => name === bridge)?.index;
    return index === undefined ? [] : links.filter(({ masterIndex }) => masterIndex === index);
  }

  /** Why the kernel refused the first that it refused; undefined: all is done. */
  #apply(changes: readonly KernelChange[]): string | undefined {
    if (changes.length === 0) return undefined;
    const errors = this.#options.kernel.rtnetlink.apply(changes).flatMap((error, position) => {
      const change = changes[position];
      return error === undefined || (change !== undefined && isAlreadySo(change, error)) ? [] : [error];
    });
    const [first] = errors;
    if (first === undefined) return undefined;
    this.#options.logger.warn({ event: 'switch-failed', err: first }, 'a switch cannot be made as it is to be');
    return first.message;
  }

  #fail(error: unknown): void {
    const { logger } = this.#options;
    logger.warn({ event: 'switch-failed', err: error }, 'switches cannot be made as they are to be, trying again');
    const failure = error instanceof Error ? error.message : String(error);
    const wanted = this.#wanted ?? [];
    this.#tell(
      new Map(
        wanted.map(({ niId }) => {
          const before = this.#states.get(niId);
          return [niId, { ...(before ?? NOT_THERE), isUp: before?.isUp === true && this.#tables.isInForce, failure }];
        }),
      ),
    );
    this.#retryLater();
  }

  #retryLater(): void {
    this.#cancelRetry();
    if (this.#closed) return;
    this.#cancelRetry = this.#options.clock.setTimer(AGAIN_MS, () => {
      this.#touch();
    });
  }

  #tell(states: ReadonlyMap<string, SwitchState>): void {
    if (isDeepStrictEqual(states, this.#states)) return;
    this.#states = states;
    this.#options.onChange();
  }
}

/** A switch with a bridge, as it was found and is to be. */
interface Placed {
  readonly place: PlacedSwitch;
  readonly uplink: Uplink | undefined;
  readonly problem: SwitchProblem | undefined;
}

const NOT_THERE: SwitchState = {
  ...{ isUp: false, port: undefined, problem: undefined, failure: undefined },
  ...{ addresses: new Map(), members: new Map(), notices: [] },
};

const RELEASING: ReadonlySet<KernelChange['kind']> = new Set(['link-detach', 'link-delete']);

function isProblem(joining: Uplink | SwitchProblem): joining is SwitchProblem {
  return joining.kind === 'bridge' || joining.kind === 'port';
}

function sightingsIn({ seen }: SwitchReading): readonly Sighting[] {
  return [...seen.values()].map(({ key: [name, macAddress] }) => ({
    interfaceName: String(name),
    macAddress: String(macAddress),
  }));
}

function addressesOf(
  { apps }: DesiredSwitch,
  bindings: readonly Binding[],
  { learned4, learned6, leased }: SwitchReading,
): ReadonlyMap<string, readonly string[]> {
  const of = (elements: SetElements, mac: string): readonly string[] =>
    [...elements.values()].flatMap(({ key }) => (key[0] === mac ? [String(key[1])] : [])).sort();
  return new Map(
    apps.flatMap(({ key, macAddress: mac }) => {
      if (!bindings.some(({ appKey }) => appKey === key)) return [];
      const all = new Set([...of(leased, mac), ...of(learned4, mac), ...of(learned6, mac)]);
      return [[key, [...all].slice(0, MOST_ADDRESSES)] as const];
    }),
  );
}

function sameKeys(a: SetElements, b: SetElements): boolean {
  return a.size === b.size && [...a.keys()].every((key) => b.has(key));
}
