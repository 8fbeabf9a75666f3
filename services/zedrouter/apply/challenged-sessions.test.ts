import { expect, it } from '@jest/globals';
import type { TcpFlow, TcpState } from '../../../lib/netlink/index.js';

import type { Bridge } from '../desired/dataplane.js';
import { sessionsToChallenge } from './challenged-sessions.js';

function bridge(name: string, niId: string, address: string, prefixLength: number): Bridge {
  return {
    name,
    niId,
    address: { address, prefixLength },
    macAddress: '02:00:00:00:00:01',
    mtu: 1500,
    filtersMembers: true,
    returnsToSender: true,
  };
}

const BRIDGES = [bridge('bn1', 'one', '10.77.0.1', 24), bridge('bn2', 'two', '10.78.0.1', 25)];

/** Each direction as `FROM:PORT TO:PORT`. */
function flow(original: string, reply: string, state: TcpState = 'established'): TcpFlow {
  return { original: direction(original), reply: direction(reply), state, mark: 0xe0010001 };
}

function direction(text: string): TcpFlow['original'] {
  const [source = '', sourcePort, destination = '', destinationPort] = text.split(/[: ]/);
  return { source, sourcePort: Number(sourcePort), destination, destinationPort: Number(destinationPort) };
}

function told(flows: readonly TcpFlow[]): readonly string[] {
  return sessionsToChallenge(flows, BRIDGES).map(
    ({ bridge: { name, alias }, app, peer }) =>
      `${name} ${alias}: ${peer.address}:${peer.port} to ${app.address}:${app.port}`,
  );
}

it('challenges the app that began a flow, as the server that it talks to', () => {
  expect(told([flow('10.77.0.10:5000 198.51.100.1:22', '198.51.100.1:22 192.0.2.10:61000')])).toEqual([
    'bn1 eve-uplink:one: 198.51.100.1:22 to 10.77.0.10:5000',
  ]);
});

it('challenges the app behind a port map, as the client that it talks to', () => {
  expect(told([flow('198.51.100.40:5000 192.0.2.10:8022', '10.78.0.10:22 198.51.100.40:5000')])).toEqual([
    'bn2 eve-uplink:two: 198.51.100.40:5000 to 10.78.0.10:22',
  ]);
});

it('challenges both apps where one reached the other over a port map', () => {
  expect(told([flow('10.77.0.10:5000 192.0.2.10:8022', '10.78.0.10:22 10.78.0.1:5000')])).toEqual([
    'bn1 eve-uplink:one: 192.0.2.10:8022 to 10.77.0.10:5000',
    'bn2 eve-uplink:two: 10.78.0.1:5000 to 10.78.0.10:22',
  ]);
});

it('challenges nobody outside the bridges’ subnets', () => {
  expect(
    told([
      flow('198.51.100.1:5000 192.0.2.10:22', '192.0.2.10:22 198.51.100.1:5000'),
      flow('10.78.0.200:5000 198.51.100.1:22', '198.51.100.1:22 192.0.2.10:5000'),
    ]),
  ).toEqual([]);
});

it('challenges nobody whose session has not begun, or is over', () => {
  const states: readonly TcpState[] = ['none', 'syn-sent', 'syn-received', 'time-wait', 'closed'];
  const flows = states.map((state) =>
    flow('10.77.0.10:5000 198.51.100.1:22', '198.51.100.1:22 192.0.2.10:61000', state),
  );
  expect(told(flows)).toEqual([]);
});
