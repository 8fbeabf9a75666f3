import { expect, it, jest } from '@jest/globals';
import type { TcpFlow } from 'iproute-exec';
import { pino } from 'pino';

import type { Bridge } from '../desired/dataplane.js';

const BRIDGE: Bridge = { name: 'bn1', niId: 'one', address: '10.77.0.1/24', macAddress: '', mtu: 1500 };
const FLOW: TcpFlow = {
  original: { source: '10.77.0.10', sourcePort: 5000, destination: '198.51.100.1', destinationPort: 22 },
  reply: { source: '198.51.100.1', sourcePort: 22, destination: '192.0.2.10', destinationPort: 5000 },
  state: 'established',
  mark: 0xe0010001,
};
const SELECTION = { mark: 0xe0010001, mask: 0xf0ffffff };

/** What a poker logs whose namespace is not there, when flows end twice. */
async function logged(): Promise<readonly string[]> {
  const { Poker } = await import('./poker.js');
  const lines: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) });
  const poker = new Poker('evr-missing', logger);
  for (let time = 0; time < 2; time += 1) {
    await poker.rememberFlows();
    poker.flowsEnded(SELECTION, [FLOW], [BRIDGE]);
    await poker.idle();
  }
  return lines.map((line) => {
    const { msg, reason } = JSON.parse(line) as { readonly msg: string; readonly reason: string };
    return `${msg}: ${reason}`;
  });
}

it('does without where the kernel refuses, and says so once', async () => {
  expect(await logged()).toEqual([
    expect.stringMatching(
      /^apps are not told at once when sessions end: .*Cannot open network namespace "evr-missing"/,
    ),
  ]);
});

it('does without where the kernel cannot be called from here, and says so once', async () => {
  jest.resetModules();
  jest.unstable_mockModule('../../../lib/iproute-exec/netlink/system-calls.js', () => ({
    whyNoSystemCalls: () => 'this machine has no koffi',
    systemCalls: () => {
      throw new Error('this machine has no koffi');
    },
    succeeded: (answer: number) => answer,
  }));
  expect(await logged()).toEqual([
    expect.stringMatching(/^apps are not told at once when sessions end: .*this machine has no koffi$/),
  ]);
});
