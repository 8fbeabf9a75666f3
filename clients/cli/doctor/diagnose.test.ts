import { describe, expect, it } from '@jest/globals';

import { diagnose, diagnosesText, isAtLeast } from './diagnose.js';
import type { Machine } from '../machine/machine.js';

const well: Machine = {
  nodeVersion: '22.23.5',
  kernelRelease: '6.12.57+deb13-amd64',
  isRoot: true,
  noForeignFunctions: undefined,
  missingTools: [],
  nftVersion: 'nftables v1.1.3 (Commodore Bullmoose #4)',
  activeUnits: ['systemd-networkd.service', 'NetworkManager.service'],
  networkdSettings: '[Network]\nManageForeignRoutes=no\nManageForeignRoutingPolicyRules=no\n',
  networkManagerSettings: '[keyfile]\nunmanaged-devices=interface-name:bn*\n',
  interfaces: [
    { name: 'eth0', hasAddress: true, defaultRouteMetrics: [100], nameServers: 1 },
    { name: 'wwan0', hasAddress: true, defaultRouteMetrics: [200], nameServers: 2 },
    { name: 'spare0', hasAddress: false, defaultRouteMetrics: [], nameServers: 0 },
  ],
  droppingForwardChains: [],
  isPort53Taken: false,
  services: ['zedagent', 'nim', 'zedrouter'].map((name) => ({ name, isServing: true })),
};

describe('isAtLeast', () => {
  it.each([
    ['20.18.0', [20, 18], true],
    ['20.9.0', [20, 18], false],
    ['24.1', [20, 18], true],
    ['1.0.2', [1, 0, 2], true],
    ['1.1', [1, 0, 2], true],
    ['0.9.8', [1, 0, 2], false],
    ['5.10.0-32-amd64', [5, 10], true],
    ['4.19.0', [5, 10], false],
  ])('%s of %j: %s', (version, oldest, want) => {
    expect(isAtLeast(version, oldest)).toBe(want);
  });
});

describe('diagnose', () => {
  it('finds nothing wrong with a machine that is well', () => {
    expect(diagnose(well).filter(({ verdict }) => verdict !== 'good')).toEqual([]);
    expect(diagnosesText(diagnose(well))).toBe(
      [
        'good     Node: 22.23.5',
        'good     Linux: 6.12.57+deb13-amd64',
        'good     nft: 1.1.3',
        'good     systemd-networkd: leaves routes and rules of others alone',
        'good     NetworkManager: leaves our bridges alone',
        'good     eth0: default route with metric 100',
        'good     wwan0: default route with metric 200',
        'good     services: zedagent, nim, zedrouter',
        '',
        '0 bad, 0 warnings, 8 good',
      ].join('\n'),
    );
  });

  it.each<[string, Partial<Machine>, string, string]>([
    ['an old Node', { nodeVersion: '18.20.4' }, 'bad', 'Node: 18.20.4 is older than 20.18'],
    ['an old kernel', { kernelRelease: '4.19.0-27' }, 'bad', 'Linux: 4.19.0-27 is older than 5.10'],
    ['an old nft', { nftVersion: 'nftables v0.9.8 (E.D.S.)' }, 'bad', 'nft: 0.9.8 is older than 1.0.2'],
    ['no FFI', { noForeignFunctions: 'no binary' }, 'bad', 'koffi: no binary'],
    [
      'no dnsmasq',
      { missingTools: [{ command: 'dnsmasq', debianPackage: 'dnsmasq-base' }] },
      'bad',
      'dnsmasq: is not installed',
    ],
    ['networkd as it comes', { networkdSettings: '' }, 'bad', 'systemd-networkd: deletes our rules'],
    ['NetworkManager as it comes', { networkManagerSettings: '' }, 'warning', 'NetworkManager: may take the bridges'],
    [
      'an uplink without a default route',
      { interfaces: [{ name: 'sat0', hasAddress: true, defaultRouteMetrics: [], nameServers: 0 }] },
      'warning',
      'sat0: has an address and no default route',
    ],
    [
      'two uplinks of one metric',
      {
        interfaces: ['eth0', 'eth1'].map((name) => ({
          ...{ name, hasAddress: true, defaultRouteMetrics: [0], nameServers: 1 },
        })),
      },
      'warning',
      'eth1: shares metric 0 with another',
    ],
    [
      'an uplink without name servers',
      { interfaces: [{ name: 'eth0', hasAddress: true, defaultRouteMetrics: [0], nameServers: 0 }] },
      'warning',
      'eth0: no DHCP client has told a name server',
    ],
    [
      'a firewall that drops',
      { droppingForwardChains: ['chain FORWARD of table ip filter'], activeUnits: ['docker.service'] },
      'bad',
      'firewall: chain FORWARD of table ip filter drops',
    ],
    ['port 53', { isPort53Taken: true }, 'bad', 'port 53: somebody listens'],
    [
      'a service that is silent',
      { services: [{ name: 'nim', isServing: false }] },
      'bad',
      'services: no answer from nim',
    ],
  ])('says what is wrong with %s, and the remedy', (_what, difference, verdict, words) => {
    const wrong = diagnose({ ...well, ...difference }).filter((each) => each.verdict !== 'good');
    expect(wrong.map((each) => each.verdict)).toContain(verdict);
    expect(wrong.map(({ subject, finding }) => `${subject}: ${finding}`)).toContainEqual(
      expect.stringContaining(words),
    );
    expect(wrong.every(({ remedy }) => remedy !== '')).toBe(true);
  });
});
