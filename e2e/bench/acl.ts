import { setTimeout as sleep } from 'node:timers/promises';

import { AppInstanceConfig } from '../../gen/config/appconfig.js';
import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import { ACE } from '../../gen/config/fw.js';
import { internetAddresses, monotonicMs, servicePorts, waitUntil, type Lab } from '../../lab/index.js';
import { createBenchLab, QuickCable } from './bench-lab.js';
import { distributionTable, median, type Measurement } from './distribution.js';
import { withThroughput } from './iperf.js';
import { oneOfMany } from './scaled-configuration.js';
import { SubscriberProcess } from './subscriber-process.js';

/*
 * What access lists cost: throughput with twenty entries against one, in turns; how soon a flow ends that a change no
 * longer allows; and 500 network instances with two apps of twenty entries each. Three services as processes of their
 * own. All of it, or the parts that are named: npm run bench:acl -- throughput
 */

const PARTS = ['throughput', 'cut', 'many'] as const;
type Part = (typeof PARTS)[number];

const ENTRIES = 20;
const ROUNDS = Number(process.env.ROUNDS ?? 8);
const CUTS = Number(process.env.CUTS ?? 20);
const MOVES = Number(process.env.MOVES ?? 10);
const INSTANCES = Number(process.env.INSTANCES ?? 500);
const APPS_OF_EACH = 2;
const SETTLE_MS = 300;
async function main(): Promise<void> {
  const unknown = process.argv.slice(2).filter((name) => !PARTS.some((part) => part === name));
  if (unknown.length > 0) throw new Error(`there is no part ${unknown.join(', ')}; there are ${PARTS.join(', ')}`);
  const named = process.argv.slice(2);
  const has = (part: Part): boolean => named.length === 0 || named.includes(part);
  const lab = await createBenchLab('acl');
  try {
    await lab.startServices({ separate: true, logLevel: 'warn' });
    const watch = new SubscriberProcess(lab.runDir);
    lab.beforeDestroy(() => watch.close());
    await push(lab, watch, withList(lab, [ALL]));
    await lab.app('app1').waitForAddress();
    await lab.stopPlugging();
    if (has('throughput')) await throughput(lab, watch);
    if (has('cut')) await cuts(lab, watch);
    if (has('many')) await many(lab, watch);
  } finally {
    await lab.destroy();
  }
}

const ALL = ACE.fromPartial({ id: ENTRIES, matches: [{ type: 'ip', value: '0.0.0.0/0' }] });

/** Entries none of which matches what the lab sends; ids from 1. `salt` makes the list one of its own. */
function others(count: number, salt = 0): ACE[] {
  return Array.from({ length: count }, (_, index) =>
    ACE.fromPartial({
      id: index + 1,
      matches: [
        { type: 'ip', value: `203.0.${Math.floor(salt / 250)}.${salt % 250}` },
        { type: 'protocol', value: 'tcp' },
        { type: 'fport', value: String(1_000 + index) },
      ],
    }),
  );
}

function withList(lab: Lab, acls: readonly ACE[]): EdgeDevConfig {
  const config = lab.configuration({ failbackHoldSeconds: 0, drainSeconds: 0 });
  for (const each of config.apps[0]?.interfaces ?? []) each.acls = [...acls];
  return config;
}

async function push(lab: Lab, watch: SubscriberProcess, config: EdgeDevConfig): Promise<void> {
  await lab.pushConfig(config);
  await Promise.all(config.networkInstances.map(({ displayname }) => watch.applied(displayname, 'eth0')));
  await sleep(SETTLE_MS);
}

async function throughput(lab: Lab, watch: SubscriberProcess): Promise<void> {
  await withThroughput(lab, async (gigabitsPerSecond) => {
    const [one, twenty]: [number[], number[]] = [[], []];
    const lists = [
      { rates: one, acls: [ALL] },
      { rates: twenty, acls: [...others(ENTRIES - 1), ALL] },
    ];
    for (let round = 0; round < ROUNDS; round += 1) {
      // Now this one first, now that one: what comes second has a warmer machine.
      for (const { rates, acls } of round % 2 === 0 ? lists : lists.toReversed()) {
        await push(lab, watch, withList(lab, acls));
        // The kernel is read back after a change.
        await sleep(SETTLE_MS * 3);
        rates.push(await gigabitsPerSecond());
      }
    }
    const rows: readonly Measurement[] = [
      { what: 'TCP of an app with one entry', unit: 'Gbit/s', values: one },
      { what: `the same with ${ENTRIES} entries, the last one matches`, unit: 'Gbit/s', values: twenty },
    ];
    console.log(distributionTable(rows));
    // Round by round, since what else the machine does changes in between.
    const ratios = twenty.map((rate, round) => rate / (one[round] ?? NaN));
    console.log(
      `throughput with ${ENTRIES} entries against one, median of ${ROUNDS} rounds: ${median(ratios).toFixed(2)} (goal: at least 0.95)\n`,
    );
  });
}

/** From the answer to the push to the end of a session that the new list does not allow. */
async function cutAfterMs(
  lab: Lab,
  watch: SubscriberProcess,
  open: EdgeDevConfig,
  closed: EdgeDevConfig,
): Promise<number> {
  await push(lab, watch, open);
  const { agent } = lab.app('app1');
  const { session } = await agent.call('startTcpSession', {
    address: internetAddresses.echo1,
    port: servicePorts.echo,
    intervalMs: 5,
  });
  const isUp = async (): Promise<boolean> =>
    (await agent.call('readTcpSession', { session })).connectedSinceMs !== undefined;
  if (!(await waitUntil(isUp, { timeoutMs: 5_000, everyMs: 10 }))) throw new Error('the session does not connect');
  await lab.pushConfig(closed);
  const answeredMs = monotonicMs();
  await waitUntil(async () => !(await isUp()), { timeoutMs: 10_000, everyMs: 20 });
  const { breaks } = await agent.call('stopTcpSession', { session });
  return (breaks[0]?.brokenMs ?? Infinity) - answeredMs;
}

async function cuts(lab: Lab, watch: SubscriberProcess): Promise<void> {
  const values: number[] = [];
  for (let cut = 0; cut < CUTS; cut += 1) {
    values.push(await cutAfterMs(lab, watch, withList(lab, [ALL]), withList(lab, others(ENTRIES))));
  }
  const what = 'push of a list answered, until a flow that it does not allow has ended';
  console.log(distributionTable([{ what, unit: 'ms', values, goal: '100' }]));
}

/** The ship among many network instances, whose apps have lists of their own. */
function amongMany(lab: Lab, acls: readonly ACE[]): EdgeDevConfig {
  const ship = withList(lab, acls);
  const [pattern] = ship.networkInstances;
  const added = Array.from({ length: INSTANCES }, (_, index) => index);
  const idOf = (kind: number, index: number): string =>
    `0c0${kind}0000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
  ship.networkInstances.push(...added.map((index) => oneOfMany(pattern, index, idOf(1, index))));
  ship.apps.push(
    ...added.flatMap((index) =>
      Array.from({ length: APPS_OF_EACH }, (_, which) => {
        const number = index * APPS_OF_EACH + which;
        return AppInstanceConfig.fromPartial({
          uuidandversion: { uuid: idOf(2, number), version: '1' },
          displayname: `many${number}`,
          activate: true,
          interfaces: [{ name: 'eth0', networkId: idOf(1, index), acls: others(ENTRIES, number) }],
        });
      }),
    ),
  );
  return ship;
}

async function many(lab: Lab, watch: SubscriberProcess): Promise<void> {
  const begunMs = monotonicMs();
  await push(lab, watch, amongMany(lab, [ALL]));
  const loadedMs = monotonicMs() - begunMs;
  const size = `${INSTANCES} network instances, ${APPS_OF_EACH} apps each, ${ENTRIES} entries each`;
  console.log(`${size}: in force ${(loadedMs / 1_000).toFixed(1)} s after the push began`);
  // Name services have their start-up to get over.
  await sleep(SETTLE_MS * 50);
  const cutMs: number[] = [];
  for (let cut = 0; cut < Math.ceil(CUTS / 4); cut += 1) {
    cutMs.push(await cutAfterMs(lab, watch, amongMany(lab, [ALL]), amongMany(lab, others(ENTRIES, 9_999))));
  }
  const what = `push answered until the flow has ended, among ${INSTANCES}`;
  console.log(distributionTable([{ what, unit: 'ms', values: cutMs }]));
  const config = amongMany(lab, [ALL]);
  const names = config.networkInstances.map(({ displayname }) => displayname);
  await push(lab, watch, config);
  await sleep(SETTLE_MS * 10);
  const cable = new QuickCable(lab, 'eth0');
  const moves: number[] = [];
  for (let move = 0; move < MOVES; move += 1) {
    const { beforeMs } = cable.pull();
    const movedMs = await Promise.all(names.map((name) => watch.applied(name, 'wwan0')));
    moves.push(Math.max(...movedMs) - beforeMs);
    await sleep(SETTLE_MS);
    cable.plug();
    await Promise.all(names.map((name) => watch.applied(name, 'eth0')));
    await sleep(SETTLE_MS);
  }
  console.log(
    distributionTable([{ what: `pull until all of ${names.length} are applied`, unit: 'ms', values: moves }]),
  );
}

await main();
