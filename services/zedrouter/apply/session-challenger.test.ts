import { expect, it } from '@jest/globals';
import type { TcpFlow } from '../../../lib/netlink/index.js';
import { pino } from 'pino';

import { SessionChallenger } from './session-challenger.js';
import type { Bridge } from '../desired/dataplane.js';

const BRIDGE: Bridge = {
  name: 'bn1',
  niId: 'one',
  address: { address: '10.77.0.1', prefixLength: 24 },
  macAddress: '',
  mtu: 1500,
  filtersMembers: true,
  returnsToSender: true,
};
const FLOW: TcpFlow = {
  original: { source: '10.77.0.10', sourcePort: 5000, destination: '198.51.100.1', destinationPort: 22 },
  reply: { source: '198.51.100.1', sourcePort: 22, destination: '192.0.2.10', destinationPort: 5000 },
  state: 'established',
  mark: 0xe0010001,
};
const SELECTION = { mark: 0xe0010001, mask: 0xf0ffffff };

/** What a challenger logs whose namespace is not there, when flows end twice. */
async function logged(): Promise<readonly string[]> {
  const lines: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) });
  const challenger = new SessionChallenger('evr-missing', logger);
  for (let time = 0; time < 2; time += 1) {
    await challenger.rememberFlows();
    challenger.flowsEnded(SELECTION, [FLOW], [BRIDGE]);
    await challenger.idle();
  }
  return lines.map((line) => {
    const { msg, reason } = JSON.parse(line) as { readonly msg: string; readonly reason: string };
    return `${msg}: ${reason}`;
  });
}

it('does without where the kernel refuses, and says so once', async () => {
  expect(await logged()).toEqual([
    expect.stringMatching(
      /^cannot challenge sessions that have ended, apps notice with their next packet: .*Cannot open network namespace "evr-missing"/,
    ),
  ]);
});
