import type { DeviceModel } from '../../lib/configuration/index.js';
import { decide, emptyMemory, type Decision, type Selection } from '../../lib/decision/decide/index.js';
import {
  gatewaysOf,
  noTestFacts,
  sourceAddressOf,
  testByAddress,
  type PortObservation,
} from '../../lib/decision/snapshot/index.js';
import { defaultRouteVia } from '../../lib/decision/decide/testing/scenario.js';
import type { PortFacts as NimPortFacts } from '../../lib/decision/snapshot/index.js';
import type { Dataplane } from '../../services/zedrouter/desired/dataplane.js';
import { desire } from '../../services/zedrouter/desired/desire.js';
import { decideFlows, type FlowMemories } from '../../services/zedrouter/desired/generations.js';
import type { PortFacts, Selection as RouterSelection } from '../../services/zedrouter/desired/inputs.js';
import { localInstances } from '../../services/zedrouter/desired/local-instances.js';
import { NO_IDS, idsFor } from '../../services/zedrouter/ids/ids.js';
import { plan } from '../../services/zedrouter/plan/plan.js';
import type { Plan } from '../../services/zedrouter/plan/operations.js';
import type { Event, PortCondition } from './arbitraries.js';

/** One turn of the whole pure chain: what was decided, desired and planned. */
export interface Turn {
  readonly model: DeviceModel;
  readonly conditions: readonly PortCondition[];
  readonly decision: Decision;
  readonly desired: Dataplane;
  readonly plan: Plan;
}

/** A device without a kernel: events in, decisions and plans out, all memory kept as the services keep it. */
export class Device {
  #model: DeviceModel;
  #conditions: readonly PortCondition[];
  #nowMs = 0;
  #facts = new Map<string, NimPortFacts>();
  #decisionMemory = emptyMemory;
  #flowMemories: FlowMemories = new Map();
  #ids = NO_IDS;

  constructor(model: DeviceModel, conditions: readonly PortCondition[]) {
    this.#model = model;
    this.#conditions = conditions;
  }

  take(event: Event): void {
    switch (event.kind) {
      case 'ports':
        this.#conditions = event.conditions;
        return;
      case 'configuration':
        this.#model = event.model;
        return;
      case 'time':
        this.#nowMs += event.passesMs;
        return;
    }
  }

  /** Decides and plans from what the kernel holds. */
  turn(observed: Dataplane): Turn {
    this.#nowMs += 1;
    this.#observePorts();
    const decision = decide({ ports: this.#facts }, this.#model, this.#decisionMemory, this.#nowMs);
    this.#decisionMemory = decision.memory;
    const selections = new Map([...decision.selections].map(([id, selection]) => [id, asTold(selection)]));
    const ports = new Map([...this.#facts].map(([label, facts]) => [label, portFacts(label, facts)]));
    this.#ids = idsFor(this.#model, this.#ids);
    this.#flowMemories = decideFlows(this.#flowMemories, {
      instances: localInstances(this.#model),
      selections,
      ports,
      flowsLeft: () => undefined,
      boottimeMs: this.#nowMs,
    }).memories;
    const desired = desire({
      model: this.#model,
      ports,
      selections,
      ids: this.#ids,
      generations: new Map([...this.#flowMemories].map(([id, { generation }]) => [id, generation])),
      drains: new Map([...this.#flowMemories].map(([id, { drains }]) => [id, drains])),
      nameServiceDirectory: '/run/eve-uplink/dnsmasq',
    });
    return {
      model: this.#model,
      conditions: this.#conditions,
      decision,
      desired,
      plan: plan(observed, desired),
    };
  }

  #observePorts(): void {
    const facts = new Map<string, NimPortFacts>();
    for (const { label } of this.#model.ports) {
      const observation = observe(label, this.#conditions);
      const before = this.#facts.get(label);
      const same = JSON.stringify(before?.observation) === JSON.stringify(observation);
      facts.set(label, {
        observation,
        observedSinceMs: same && before !== undefined ? before.observedSinceMs : this.#nowMs,
        test: testByAddress(before?.test ?? noTestFacts, observation, this.#nowMs),
      });
    }
    this.#facts = facts;
  }
}

/** `port3` stands at index 3, whatever other ports the configuration has. */
export function indexOf(label: string): number {
  return Number(label.slice('port'.length));
}

function observe(label: string, conditions: readonly PortCondition[]): PortObservation {
  const index = indexOf(label);
  const condition = conditions[index] ?? 'missing';
  if (condition === 'missing') return { kind: 'missing' };
  return {
    kind: 'present',
    link: condition === 'admin-down' || condition === 'no-carrier' ? condition : 'up',
    index: 10 + index,
    macAddress: '',
    mtu: 1500,
    addresses: condition === 'no-address' ? [] : [{ address: `192.0.${index}.10`, prefixLength: 24 }],
    routes: condition === 'no-route' ? [] : [defaultRouteVia(`192.0.${index}.1`)],
    dnsServers: [`192.0.${index}.53`],
  };
}

function portFacts(label: string, { observation }: NimPortFacts): PortFacts {
  const interfaceName = `if${indexOf(label)}`;
  if (observation.kind === 'missing') {
    return {
      ...{ label, interfaceName, link: 'missing', addresses: [], sourceAddress: undefined },
      ...{ routes: [], gateways: [], dnsServers: [], mtu: 0 },
    };
  }
  const { link, dnsServers, mtu } = observation;
  const sourceAddress = sourceAddressOf(observation);
  return {
    ...{ label, interfaceName, link, sourceAddress, dnsServers, mtu, gateways: gatewaysOf(observation) },
    addresses: observation.addresses.map(({ address, prefixLength, isDeprecated = false }) => ({
      ...{ address, prefixLength, isDeprecated },
    })),
    routes: observation.routes.map(({ destination, gateway, source, metric }) => ({
      destination: { address: destination.address, length: destination.prefixLength },
      ...{ gateway, source: source ?? sourceAddress, metric },
    })),
  };
}

/** The selection as NITS carries it. */
function asTold({ candidates }: Selection): RouterSelection {
  return {
    armed: candidates
      .filter(({ rank, unarmed }) => rank !== undefined && !unarmed)
      .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0))
      .map(({ label }) => label),
    permitted: candidates.filter(({ eligible }) => eligible).map(({ label }) => label),
    failing: new Set(candidates.filter(({ testState }) => testState === 'failing').map(({ label }) => label)),
    grantedUntilMs: new Map(),
    revision: 1n,
  };
}
