import type { DoneAt, Lab } from '../lab.js';
import { monotonicMs } from '../monotonic.js';
import type { AppName, PortName } from '../topology.js';
import type { Way } from './app-traffic.js';

/** What an act does with. */
export interface Stage {
  readonly lab: Lab;
  /** Pushes the ship's configuration, with `default` limited to these priorities, by the controller client. */
  readonly pushLimited: (priorities: readonly number[]) => Promise<void>;
}

/** One thing that goes wrong or right, and where each app's traffic must then go. */
export interface Act {
  readonly title: string;
  readonly story: string;
  perform(stage: Stage): Promise<DoneAt>;
  readonly leadsTo: Readonly<Record<AppName, Way>>;
  /**
   * Where the services say that an app goes although nothing gets through: there is no better port, and this one may
   * come back.
   */
  readonly kept?: Readonly<Partial<Record<AppName, PortName>>>;
  /** The services are down: the kernel has to do it alone, and nobody moves port maps. */
  readonly unattended?: boolean;
  /** Port maps move although traffic does not: they had been left behind. */
  readonly movesPortMaps?: boolean;
}

/** The tour. It begins with everything well: both apps on eth0. */
export const acts: readonly Act[] = [
  {
    title: 'The cable of eth0 comes out',
    story: 'Both network instances move to LTE, the next in priority.',
    perform: ({ lab }) => lab.pullCable('eth0'),
    leadsTo: { app1: 'wwan0', app2: 'wwan0' },
  },
  {
    title: 'The internet dies behind LTE, whose gateway answers',
    story:
      'Tests of the far end fail, and traffic is not answered. "default" moves to the satellite; "business" may not, and waits.',
    perform: ({ lab }) => lab.killInternetBehind('wwan0'),
    leadsTo: { app1: 'sat0', app2: 'none' },
    kept: { app2: 'wwan0' },
  },
  {
    title: 'The internet behind LTE is back',
    story: '"business" goes on at once; "default" goes back when LTE has been good for failback_hold.',
    perform: ({ lab }) => lab.restoreInternetBehind('wwan0'),
    leadsTo: { app1: 'wwan0', app2: 'wwan0' },
  },
  {
    title: 'LTE loses its address',
    story: '"default" may use the satellite; "business" may not: its traffic is rejected, not leaked.',
    perform: ({ lab }) => lab.flushAddress('wwan0'),
    leadsTo: { app1: 'sat0', app2: 'none' },
  },
  {
    title: 'LTE has an address again',
    story: '"business" had nothing and takes it at once; "default" waits until it has been good for failback_hold.',
    perform: ({ lab }) => doneBy(() => lab.renewAddress('wwan0')),
    leadsTo: { app1: 'wwan0', app2: 'wwan0' },
  },
  {
    title: 'The cable is plugged in again',
    story: 'Back to the free port, after failback_hold.',
    perform: ({ lab }) => lab.plugCable('eth0'),
    leadsTo: { app1: 'eth0', app2: 'eth0' },
  },
  {
    title: 'The internet dies behind eth0',
    story: 'The free port is left for LTE within a second or so, although its link and its gateway are well.',
    perform: ({ lab }) => lab.killInternetBehind('eth0'),
    leadsTo: { app1: 'wwan0', app2: 'wwan0' },
  },
  {
    title: 'It is back',
    story: 'Back to the free port, after failback_hold.',
    perform: ({ lab }) => lab.restoreInternetBehind('eth0'),
    leadsTo: { app1: 'eth0', app2: 'eth0' },
  },
  {
    title: 'Every service is killed, and then the cable comes out',
    story: 'The standby is armed in the kernel: it needs nobody.',
    perform: async ({ lab }) => {
      await Promise.all(lab.services.processes.map((process) => process.kill('SIGKILL')));
      return lab.pullCable('eth0');
    },
    leadsTo: { app1: 'wwan0', app2: 'wwan0' },
    unattended: true,
  },
  {
    title: 'The services start again',
    story: 'They adopt what they find, and move the port maps after the traffic. (Times include their start.)',
    perform: ({ lab }) => doneBy(() => lab.services.start()),
    leadsTo: { app1: 'wwan0', app2: 'wwan0' },
    movesPortMaps: true,
  },
  {
    title: 'The cable is plugged in once more',
    story: 'Back to the free port, after failback_hold.',
    perform: ({ lab }) => lab.plugCable('eth0'),
    leadsTo: { app1: 'eth0', app2: 'eth0' },
  },
  {
    title: 'A new policy is pushed: "default" may use priority 1 (LTE) only',
    story: 'A planned switch: make before break, while every link is well. (Times include the command that pushes.)',
    perform: ({ pushLimited }) => doneBy(() => pushLimited([1])),
    leadsTo: { app1: 'wwan0', app2: 'eth0' },
  },
];

async function doneBy(action: () => Promise<void>): Promise<DoneAt> {
  const beforeMs = monotonicMs();
  await action();
  return { beforeMs, afterMs: monotonicMs() };
}
