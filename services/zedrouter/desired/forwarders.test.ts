import { describe, expect, it } from '@jest/globals';

import type { DeviceModel } from '../../../lib/configuration/index.js';
import { plan } from '../plan/plan.js';
import { printPlan } from '../plan/print.js';
import { INPUTS, MODEL, NI_DEFAULT, NI_BUSINESS, PORTS, selection } from '../testing/ship.js';
import { desire } from './desire.js';
import { ASKED_AT_ONCE, forwarderOf, isForwarder } from './forwarders.js';
import type { DesireInputs, PortFacts } from './inputs.js';

const [A, B, C, D] = ['192.0.2.53', '192.0.2.54', '192.0.2.55', '192.0.2.56'] as const;

function withServers(servers: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, PortFacts> {
  return new Map(
    [...PORTS].map(([label, facts]) => [label, { ...facts, dnsServers: servers[label] ?? facts.dnsServers }]),
  );
}

function configured(servers: readonly string[]): DeviceModel {
  const networkInstances = MODEL.networkInstances.map((instance) =>
    instance.network === undefined ? instance : { ...instance, network: { ...instance.network, dnsServers: servers } },
  );
  return { ...MODEL, networkInstances };
}

/** Each name service's servers, and who is asked at a forwarder's address. */
function asked(inputs: DesireInputs): Readonly<Record<string, readonly string[]>> {
  const { nameServices } = desire(inputs);
  const places = new Map(
    [...nameServices].map(([name, { config }]) => {
      const [, port = '', address = ''] = /^port=(\d+)\nlisten-address=(.*)$/m.exec(config) ?? [];
      return [`server=${address}#${port}@lo`, name];
    }),
  );
  return Object.fromEntries(
    [...nameServices].map(([name, { servers }]) => {
      const lines = servers.trimEnd().split('\n');
      return [name, lines.map((line) => places.get(line) ?? line.replace('server=', ''))];
    }),
  );
}

describe('the name servers that a network instance asks', () => {
  it('are those of its ports in the order of the ranking, by a forwarder of each port', () => {
    expect(asked({ ...INPUTS, ports: withServers({ eth0: [A, B] }) })).toEqual({
      'names-eth0': [`${A}@eth0`, `${B}@eth0`],
      'names-wwan0': ['192.0.3.53@wwan0'],
      'names-sat0': ['192.0.4.53@sat0'],
      bn1: ['names-eth0', 'names-wwan0', 'names-sat0'],
      bn2: ['names-eth0'],
    });
  });

  it('are asked once, however often one is told, and by a forwarder where there is one', () => {
    const made = asked({ ...INPUTS, ports: withServers({ eth0: [A, A] }) });
    expect(made).toMatchObject({ 'names-eth0': [`${A}@eth0`], bn2: ['names-eth0'] });
  });

  it('are none where a port has none', () => {
    const made = asked({ ...INPUTS, ports: withServers({ eth0: [] }) });
    expect(made).toMatchObject({ bn1: ['names-wwan0', 'names-sat0'], bn2: [''] });
    expect(Object.keys(made)).not.toContain('names-eth0');
  });

  it('are at most so many at once', () => {
    const made = asked({ ...INPUTS, ports: withServers({ eth0: [A, B, C, D] }) });
    expect(made['names-eth0']).toEqual([A, B, C, D].slice(0, ASKED_AT_ONCE).map((server) => `${server}@eth0`));
  });

  it('are the configured ones over each port, by forwarders that network instances share', () => {
    const made = asked({ ...INPUTS, model: configured([A, B]) });
    const forwarders = Object.keys(made).filter(isForwarder);
    expect(forwarders.map((name) => made[name])).toEqual(
      ['eth0', 'wwan0', 'sat0'].map((port) => [`${A}@${port}`, `${B}@${port}`]),
    );
    expect([made.bn1, made.bn2]).toEqual([forwarders, forwarders.slice(0, 1)]);
  });

  it('have a forwarder on each port that may come to be used, so that a move starts none', () => {
    const ports = withServers({ eth0: [A, B], wwan0: [C, D], sat0: [C, D] });
    const on = (armed: readonly string[]): DesireInputs => {
      const selections = new Map([
        [NI_DEFAULT, selection(armed, ['eth0', 'wwan0'])],
        [NI_BUSINESS, selection([])],
      ]);
      return { ...INPUTS, ports, selections };
    };
    const [before, after] = [desire(on(['eth0'])), desire(on(['wwan0', 'eth0']))];
    expect([...before.nameServices.keys()].filter(isForwarder)).toEqual(['names-eth0', 'names-wwan0']);
    expect(printPlan(plan(before, after))).toMatch(/name-services:\n {2}dnsmasq reload bn1$/);
    expect(printPlan(plan(before, after))).not.toMatch(/dnsmasq .* names-/);
  });
});

describe('a forwarder', () => {
  it('keeps its place while its port tells other servers, and takes them without a restart', () => {
    const [before, after] = [
      [A, B],
      [A, C],
    ].map((eth0) => desire({ ...INPUTS, ports: withServers({ eth0 }) }));
    if (before === undefined || after === undefined) throw new Error('two');
    expect(printPlan(plan(before, after))).toBe('name-services:\n  dnsmasq reload names-eth0');
  });

  it('is started before anybody is told to ask it, and goes after', () => {
    const [without, withTwo] = [
      desire({ ...INPUTS, ports: withServers({ eth0: [] }) }),
      desire({ ...INPUTS, ports: withServers({ eth0: [A, B] }) }),
    ];
    const words = (text: string): readonly string[] => text.split('\n').map((line) => line.trim());
    const reloads = ['dnsmasq reload bn1', 'dnsmasq reload bn2'];
    expect(words(printPlan(plan(without, withTwo)))).toEqual([
      'name-services:',
      'dnsmasq start names-eth0',
      ...reloads,
    ]);
    expect(words(printPlan(plan(withTwo, without)))).toEqual(['name-services:', ...reloads, 'dnsmasq stop names-eth0']);
  });

  it('has a loopback address of its own', () => {
    const ports = Array.from({ length: 14 }, (_, index) => ({
      ...INPUTS.ports.get('eth0'),
      interfaceName: `eth${index}`,
    })) as readonly PortFacts[];
    const lists = [[], [A, B], [B, A], [A, B, C]];
    const found = ports.flatMap((port) =>
      lists.flatMap((list) => forwarderOf({ ...port, dnsServers: [C, D] }, list) ?? []),
    );
    expect(new Set(found.map(({ address }) => address)).size).toBe(ports.length * lists.length);
    for (const { address } of found) expect(address).toMatch(/^127\.(12[89]|1[3-9]\d|2\d\d)\.\d+\.([1-9]\d*)$/);
  });
});
