import type { Bridge, Dataplane, NameService } from '../desired/dataplane.js';
import { egressFilterKey, type EgressFilter } from '../../../lib/egress-filter/index.js';
import { elementKey, routeKey, ruleKey, type Route, type Rule, type SetElement } from '../../../lib/netlink/index.js';
import type { AccessObject } from '../desired/access.js';
import { NO_ELEMENTS, SET_NAMES, type ElementSets } from '../desired/sets.js';
import type { Operation, Plan } from '../plan/operations.js';

export const NOTHING: Dataplane = {
  sysctls: new Map(),
  bridges: new Map(),
  routes: new Map(),
  rules: new Map(),
  egressFilters: new Map(),
  rulesetInForce: false,
  accessObjects: new Map(),
  elements: NO_ELEMENTS,
  nameServices: new Map(),
};

/**
 * A kernel of values: it takes operations with the same strictness as the real one (no second add, no second delete).
 */
export class SimulatedKernel {
  readonly #sysctls: Map<string, string>;
  readonly #bridges: Map<string, Bridge>;
  readonly #routes: Map<string, Route>;
  readonly #rules: Map<string, Rule>;
  readonly #egressFilters: Map<string, EgressFilter>;
  readonly #elements: Map<string, Map<string, SetElement>>;
  readonly #nameServices: Map<string, NameService>;
  #rulesetInForce: boolean;
  readonly #accessObjects: Map<string, AccessObject>;

  constructor(start: Dataplane) {
    this.#sysctls = new Map(start.sysctls);
    this.#bridges = new Map(start.bridges);
    this.#routes = new Map(start.routes);
    this.#rules = new Map(start.rules);
    this.#egressFilters = new Map(start.egressFilters);
    this.#elements = new Map(SET_NAMES.map((name) => [name, new Map(start.elements[name])]));
    this.#nameServices = new Map(start.nameServices);
    this.#rulesetInForce = start.rulesetInForce;
    this.#accessObjects = new Map(start.accessObjects);
  }

  get dataplane(): Dataplane {
    return {
      sysctls: this.#sysctls,
      bridges: this.#bridges,
      routes: this.#routes,
      rules: this.#rules,
      egressFilters: this.#egressFilters,
      rulesetInForce: this.#rulesetInForce,
      accessObjects: new Map(this.#accessObjects),
      elements: Object.fromEntries(this.#elements) as unknown as ElementSets,
      nameServices: this.#nameServices,
    };
  }

  /** Runs a plan; `after` sees the state after each single operation. */
  run(plan: Plan, after: (dataplane: Dataplane, operation: Operation) => void = () => undefined): void {
    for (const { operations } of plan) {
      for (const operation of operations) {
        this.#execute(operation);
        after(this.dataplane, operation);
      }
    }
  }

  #execute(operation: Operation): void {
    switch (operation.kind) {
      case 'sysctl':
        this.#sysctls.set(operation.path, operation.value);
        return;
      case 'bridge-add':
        mustBe(!this.#bridges.has(operation.bridge.name), operation);
        this.#bridges.set(operation.bridge.name, operation.bridge);
        return;
      case 'bridge-change':
        mustBe(this.#bridges.has(operation.bridge.name), operation);
        this.#bridges.set(operation.bridge.name, operation.bridge);
        return;
      case 'bridge-down':
        mustBe(this.#bridges.has(operation.name), operation);
        return;
      case 'bridge-delete':
        mustBe(this.#bridges.delete(operation.name), operation);
        return;
      case 'route-replace':
        this.#routes.set(routeKey(operation.route), operation.route);
        return;
      case 'route-delete':
        mustBe(this.#routes.delete(routeKey(operation.route)), operation);
        return;
      case 'rule-add':
        mustBe(!this.#rules.has(ruleKey(operation.rule)), operation);
        this.#rules.set(ruleKey(operation.rule), operation.rule);
        return;
      case 'rule-delete':
        mustBe(this.#rules.delete(ruleKey(operation.rule)), operation);
        return;
      case 'egress-filter-replace':
        this.#egressFilters.set(egressFilterKey(operation.filter), operation.filter);
        return;
      case 'egress-filter-delete':
        mustBe(this.#egressFilters.delete(egressFilterKey(operation.filter)), operation);
        return;
      case 'nft':
        this.#transact(operation);
        return;
      case 'name-service-start':
      case 'name-service-reload':
        this.#nameServices.set(operation.bridge, operation.service);
        return;
      case 'name-service-stop':
        mustBe(this.#nameServices.delete(operation.bridge), operation);
        return;
      case 'neighbour-warm':
      case 'flows-end':
      case 'untranslated-flows-end':
      case 'refused-flows-end':
        return;
    }
  }

  #transact(operation: Extract<Operation, { kind: 'nft' }>): void {
    const { ruleset, access, sets } = operation.change;
    if (ruleset) this.#rulesetInForce = true;
    mustBe(this.#rulesetInForce, operation);
    for (const object of access.added) this.#accessObjects.set(object.name, object);
    for (const { name } of access.removed) mustBe(this.#accessObjects.delete(name), operation);
    for (const { set, deleted, added } of sets) {
      const elements = this.#elements.get(set) ?? new Map<string, SetElement>();
      for (const { key } of deleted) mustBe(elements.delete(elementKey(key)), operation);
      for (const each of added) {
        mustBe(!elements.has(elementKey(each.key)), operation);
        elements.set(elementKey(each.key), each);
      }
    }
  }
}

function mustBe(condition: boolean, operation: Operation): void {
  if (!condition) throw new Error(`the kernel would refuse ${JSON.stringify(operation)}`);
}
