import { describe, expect, it } from '@jest/globals';

import type { InterfaceIdentity } from '../../../lib/configuration/index.js';
import type { Link } from '../../../lib/netlink/index.js';
import { configurationOf, portModel } from '../testing/model.js';
import { identified, PortIdentities } from './port-identity.js';

const macOf = { lte: '02:00:00:00:00:0a', sat: '02:00:00:00:00:0b' } as const;

function link(index: number, name: string, changes: Partial<Link> = {}): Link {
  return {
    ...{ index, name, isUp: true, hasLowerUp: true, isNotRunning: false, operState: 'up', mtu: 1500 },
    ...{ macAddress: undefined, alias: undefined, masterIndex: undefined, kind: undefined },
    ...changes,
  };
}

const mac = (address: string): InterfaceIdentity => ({ kind: 'mac', address });
const usb: InterfaceIdentity = { kind: 'usb', address: '1-1.2' };
const pci: InterfaceIdentity = { kind: 'pci', address: '0000:02:00.0' };
const onUsb = { parentDevice: { bus: 'usb', name: '1-1.2:1.4' } };

/** Of one port `wwan0` of this identity, and one `sat0` without: `wwan0=sat0`, or why there is none. */
function inWords(identity: readonly InterfaceIdentity[], links: readonly Link[]): readonly string[] {
  const { model } = configurationOf(1n, {
    ports: [portModel('wwan0', 10, { identity }), portModel('sat0', 20)],
    networkInstances: [],
  });
  return identified(model, links).ports.map(
    ({ label, interfaceName, unidentified }) => `${label}=${unidentified ?? interfaceName}`,
  );
}

describe('identified', () => {
  it.each<[string, readonly InterfaceIdentity[], readonly Link[], readonly string[]]>([
    ['nothing is told', [], [link(1, 'sat0')], ['wwan0=wwan0', 'sat0=sat0']],
    [
      'the MAC address is where the name is',
      [mac(macOf.lte)],
      [link(1, 'wwan0', { macAddress: macOf.lte }), link(2, 'sat0', { macAddress: macOf.sat })],
      ['wwan0=wwan0', 'sat0=sat0'],
    ],
    [
      'the names are swapped',
      [mac(macOf.lte)],
      [link(1, 'wwan0', { macAddress: macOf.sat }), link(2, 'sat0', { macAddress: macOf.lte })],
      ['wwan0=sat0', 'sat0=sat0 is the hardware of port wwan0'],
    ],
    [
      'the hardware came with another MAC address than it has',
      [mac(macOf.lte)],
      [link(1, 'wwan3', { macAddress: '06:00:00:00:00:01', permanentMacAddress: macOf.lte })],
      ['wwan0=wwan3', 'sat0=sat0'],
    ],
    [
      'a VLAN has the MAC address, too',
      [mac(macOf.lte)],
      [link(1, 'vlan7', { macAddress: macOf.lte, kind: 'vlan' }), link(2, 'wwan9', { macAddress: macOf.lte })],
      ['wwan0=wwan9', 'sat0=sat0'],
    ],
    [
      'no interface has the MAC address',
      [mac(macOf.lte)],
      [link(1, 'wwan0', { macAddress: macOf.sat })],
      ['wwan0=no interface has the MAC address 02:00:00:00:00:0a', 'sat0=sat0'],
    ],
    ['no interface is there', [mac(macOf.lte)], [], ['wwan0=wwan0', 'sat0=sat0']],
    ['the USB address tells', [usb], [link(1, 'wwan0'), link(2, 'wwan7', onUsb)], ['wwan0=wwan7', 'sat0=sat0']],
    [
      'another modem has the name',
      [usb],
      [link(1, 'wwan0', { parentDevice: { bus: 'usb', name: '1-1.3:1.4' } })],
      ['wwan0=no interface has the USB address 1-1.2', 'sat0=sat0'],
    ],
    ['the kernel does not tell', [usb], [link(1, 'wwan0')], ['wwan0=wwan0', 'sat0=sat0']],
    [
      'a PCI address behind another bus',
      [pci],
      [link(1, 'wwan0', { parentDevice: { bus: 'virtio', name: 'virtio3' } })],
      ['wwan0=wwan0', 'sat0=sat0'],
    ],
    [
      'all that is told must fit',
      [usb, mac(macOf.lte)],
      [link(1, 'wwan0', { ...onUsb, macAddress: macOf.sat })],
      ['wwan0=no interface has the USB address 1-1.2 and the MAC address 02:00:00:00:00:0a', 'sat0=sat0'],
    ],
  ])('%s', (_what, identity, links, want) => {
    expect(inWords(identity, links)).toEqual(want);
  });
});

describe('PortIdentities', () => {
  it('looks again where a link has another name, and not where its carrier changed', () => {
    let links = [link(1, 'wwan0', { macAddress: macOf.lte })];
    let readings = 0;
    const told: string[] = [];
    const identities = new PortIdentities(
      () => {
        readings += 1;
        return links;
      },
      ({ model }) => told.push(model.ports[0]?.unidentified ?? model.ports[0]?.interfaceName ?? ''),
    );
    const ports = [portModel('wwan0', 10, { identity: [mac(macOf.lte)] })];
    identities.take(configurationOf(1n, { ports, networkInstances: [] }));
    identities.onKernelEvent({ kind: 'link', index: 1, name: 'wwan0', isGone: false });
    expect([readings, told]).toEqual([1, ['wwan0']]);
    links = [link(1, 'lte0', { macAddress: macOf.lte })];
    identities.onKernelEvent({ kind: 'link', index: 1, name: 'lte0', isGone: false });
    links = [];
    identities.onKernelEvent({ kind: 'link', index: 1, name: 'lte0', isGone: true });
    expect([readings, told]).toEqual([3, ['wwan0', 'lte0', 'wwan0']]);
  });
});
