import { describe, expect, it } from '@jest/globals';

import { configurationCommands, creationCommands } from './links.js';
import { appNames, drawTopology, portNames, publicAddress } from './topology.js';

describe('the drawing', () => {
  const topology = drawTopology({ prefix: 'evl-' });

  it('gives every link end an interface index that no other has', () => {
    const indexes = [
      ...portNames.flatMap((name) => Object.values(topology.ports[name].indexes)),
      ...appNames.flatMap((name) => Object.values(topology.apps[name].indexes)),
    ];
    expect(new Set(indexes).size).toBe(indexes.length);
    const commands = creationCommands(topology).join('\n');
    for (const index of indexes) expect(commands).toContain(` index ${index} `);
  });

  it('begins every namespace with the prefix', () => {
    expect(Object.values(topology.namespaces).every((namespace) => namespace.startsWith('evl-'))).toBe(true);
  });

  it('gives each port an address of its own on the internet, NAT or not, same subnet or not', () => {
    for (const options of [{}, { sameSubnet: true }, { sameSubnet: true, sameAddress: true }, { oneSwitch: true }]) {
      const { ports } = drawTopology({ prefix: 'evl-', ...options });
      expect(new Set(portNames.map((name) => publicAddress(ports[name]))).size).toBe(portNames.length);
    }
  });

  it('hands out the same subnet, and the same address, where asked to', () => {
    const { eth0, wwan0 } = drawTopology({ prefix: 'evl-', sameSubnet: true, sameAddress: true }).ports;
    expect([wwan0.subnet, wwan0.leaseAddress]).toEqual([eth0.subnet, eth0.leaseAddress]);
  });

  it('puts two uplinks and their routers on one switch where asked to, each with an address of its own', () => {
    const switched = drawTopology({ prefix: 'evl-', oneSwitch: true });
    const { eth0, wwan0 } = switched.ports;
    expect(wwan0.subnet).toBe(eth0.subnet);
    expect(new Set([eth0, wwan0].flatMap(({ leaseAddress, gateway }) => [leaseAddress, gateway])).size).toBe(4);
    const commands = configurationCommands(switched).get(switched.namespaces.internet) ?? [];
    expect(commands.filter((command) => command.includes('master'))).toHaveLength(4);
  });

  it.each(['', '-x', 'Ship-', 'a b', '../x', 'a;b'])('refuses the prefix %j', (prefix) => {
    expect(() => drawTopology({ prefix })).toThrow('prefix');
  });
});
