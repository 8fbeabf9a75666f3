import { describe, expect, it } from '@jest/globals';

import { AuthorizedPort } from '../../../gen/nim/v1/port_authorization.js';
import { betterPort, choosePort } from './choose.js';
import { PortTurns } from './port-turns.js';

const port = (logicalLabel: string, group: number, rank: number): AuthorizedPort =>
  AuthorizedPort.fromPartial({ logicalLabel, group, rank });
const ports = [port('eth0', 1, 1), port('eth1', 1, 2), port('wwan0', 2, 3)];
const none = (): boolean => false;

describe('choosePort', () => {
  it('spreads over equal ports: the one with fewer transfers, then the one whose turn is longer ago', () => {
    const turns = new PortTurns();
    const ends = new Map<string, () => void>();
    const begin = (): string => {
      const label = choosePort(ports, none, (name) => turns.of(name))?.logicalLabel ?? 'none';
      ends.set(label, turns.begin(label));
      return label;
    };
    expect([begin(), begin(), begin(), begin()]).toEqual(['eth0', 'eth1', 'eth0', 'eth1']);
    ends.get('eth1')?.();
    expect(begin()).toBe('eth1');
    for (const end of ends.values()) end();
  });

  it('goes to a worse group only where every better port is left out', () => {
    const turns = new PortTurns();
    const chosen = (...leftOut: readonly string[]): string | undefined =>
      choosePort(
        ports,
        (label) => leftOut.includes(label),
        (label) => turns.of(label),
      )?.logicalLabel;
    expect([chosen('eth0'), chosen('eth0', 'eth1'), chosen('eth0', 'eth1', 'wwan0')]).toEqual([
      'eth1',
      'wwan0',
      undefined,
    ]);
  });
});

describe('betterPort', () => {
  it('is one of a better group that is not left out; an equal one is not better', () => {
    expect(betterPort(ports, 'wwan0', none)?.logicalLabel).toBe('eth0');
    expect(betterPort(ports, 'wwan0', (label) => label === 'eth0')?.logicalLabel).toBe('eth1');
    expect(betterPort(ports, 'eth1', none)).toBeUndefined();
    expect(betterPort(ports, 'gone', none)).toBeUndefined();
  });
});
