import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { changeLines, statusText } from '../../clients/render/index.js';
import { emptyView, type StatusView } from '../../clients/status-view/index.js';
import { createLab } from '../create.js';
import type { LabOptions } from '../lab-options.js';
import type { Lab } from '../lab.js';
import { monotonicMs } from '../monotonic.js';
import { packageRoot } from '../package-root.js';
import { networkInstanceOf } from '../ship.js';
import { appNames, type AppName, type PortName } from '../topology.js';
import { waitUntil } from '../../lib/clock/index.js';
import { actResult, type ActResult } from './act-result.js';
import { acts, type Act, type Stage } from './acts.js';
import { AppTraffic, type Way } from './app-traffic.js';
import { pushFile, SHIP_FILE, writeLimitedConfiguration } from './configuration.js';
import { leakLines } from './leaks.js';
import { reportText, resultLine } from './report.js';
import type { Screen } from './screen.js';
import { ShipWatch } from './ship-watch.js';

/**
 * How long an act may take until everything is where it belongs; the longest waits for failback_hold (3 s in ship.yaml,
 * growing with flaps).
 */
const ACT_TIMEOUT_MS = 30_000;

/** The show: what the acts need, and what the screen shows. */
interface Show {
  readonly stage: Stage;
  readonly screen: Screen;
  readonly watch: ShipWatch;
  readonly traffic: Readonly<Record<AppName, AppTraffic>>;
}

/** Brings a lab with services and the ship's configuration up, and tells what it does. */
export async function openShip(options: LabOptions & { readonly separate: boolean }, screen: Screen): Promise<Lab> {
  const begunMs = monotonicMs();
  screen.say('A ship in network namespaces: eth0 (free), wwan0 (LTE), sat0 (satellite), two apps, and an internet.');
  const lab = await createLab(options);
  try {
    await bringServicesUp(lab, options.separate, begunMs, screen);
    return lab;
  } catch (error) {
    screen.say(...(await lastLogLines(lab)));
    await lab.destroy();
    throw error;
  }
}

async function bringServicesUp(lab: Lab, separate: boolean, begunMs: number, screen: Screen): Promise<void> {
  screen.say(`  the lab is up after ${secondsSince(begunMs)}`);
  await lab.startServices({ separate, controller: true });
  screen.say(`  the services serve after ${secondsSince(begunMs)} (sockets in ${lab.runDir}, logs in ${lab.folder})`);
  screen.say(`$ eve-uplink config push ${SHIP_FILE}`, await pushFile(join(packageRoot(), SHIP_FILE), lab.runDir));
  await Promise.all(appNames.map((name) => lab.app(name).waitForAddress()));
  screen.say(`  the apps have their addresses after ${secondsSince(begunMs)}`);
}

/** What the services said last: the lab's folder goes with the lab. */
async function lastLogLines(lab: Lab): Promise<readonly string[]> {
  const files = lab.services.processes.map(({ logFile }) => logFile);
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  return texts.flatMap((text, index) => [`${files[index] ?? ''}:`, ...text.trimEnd().split('\n').slice(-10)]);
}

/** The guided tour: every act, measured, then the report. Answers whether all went where it should. */
export async function runTour(lab: Lab, screen: Screen): Promise<boolean> {
  let shown = emptyView;
  let actTitle = '';
  const sayChanges = (view: StatusView): void => {
    const lines = changeLines(shown, view);
    shown = view;
    if (lines.length > 0) screen.say(...lines.map((line) => `    ${line}`));
  };
  const watch = new ShipWatch(lab.runDir, sayChanges);
  lab.beforeDestroy(() => watch.stop());
  screen.show(() => `${statusText(watch.view, Date.now())}\n\n${actTitle}`);
  const traffic = { app1: await AppTraffic.start(lab, 'app1'), app2: await AppTraffic.start(lab, 'app2') };
  const stage: Stage = {
    lab,
    pushLimited: async (priorities) => {
      await pushFile(await writeLimitedConfiguration(lab.folder, priorities), lab.runDir);
    },
  };
  const show: Show = { stage, screen, watch, traffic };
  if (!(await waitUntil(() => everyAppGoes(show, allWell), { timeoutMs: ACT_TIMEOUT_MS, everyMs: 50 }))) {
    throw new Error(`the apps' traffic does not go by eth0, see the logs in ${lab.folder}`);
  }
  const results: ActResult[] = [];
  let ways: Readonly<Record<AppName, Way>> = allWell.leadsTo;
  for (const [index, act] of acts.entries()) {
    actTitle = `${index + 1}/${acts.length}  ${act.title}`;
    screen.say('', actTitle, `     ${act.story}`);
    const actResults = await playAct(show, act, ways);
    screen.say(...actResults.map((result) => `  = ${resultLine(result)}`));
    results.push(...actResults);
    ways = act.leadsTo;
  }
  const leaks = await leakLines(lab);
  screen.show(() => '');
  screen.say('', 'What the apps saw', '', ...acts.map(({ title }, index) => `${index + 1}  ${title}`));
  screen.say('', reportText(results), '', ...leaks.lines);
  await Promise.all(appNames.map((app) => traffic[app].stop()));
  return leaks.clean && results.every(({ settled }) => settled);
}

const allWell: Pick<Act, 'leadsTo'> = { leadsTo: { app1: 'eth0', app2: 'eth0' } };

async function playAct(show: Show, act: Act, from: Readonly<Record<AppName, Way>>): Promise<readonly ActResult[]> {
  const done = await act.perform(show.stage);
  const settled = await waitUntil(() => everyAppGoes(show, act), { timeoutMs: ACT_TIMEOUT_MS, everyMs: 100 });
  const untilMs = monotonicMs();
  return Promise.all(
    appNames.map(async (app) => {
      const selected = selectedIn(act, app);
      return actResult({
        act,
        app,
        from: from[app],
        done,
        report: await show.traffic[app].report(done.beforeMs, untilMs),
        selectedAtMs: show.watch.selectionAtMs(networkInstanceOf[app], selected, done.beforeMs),
        settled,
      });
    }),
  );
}

/** The traffic goes where the act leads; and where services run, they say the same. */
async function everyAppGoes(
  { traffic, watch }: Show,
  act: Pick<Act, 'leadsTo' | 'kept' | 'unattended'>,
): Promise<boolean> {
  const { leadsTo, unattended } = act;
  const answers = await Promise.all(
    appNames.map(async (app) => {
      const way = leadsTo[app];
      if (unattended !== true) {
        const networkInstance = networkInstanceOf[app];
        const port = selectedIn(act, app);
        if (watch.selectedPort(networkInstance) !== port || watch.appliedPort(networkInstance) !== port) return false;
      }
      return traffic[app].goesBy(way, unattended !== true);
    }),
  );
  return answers.every((answer) => answer);
}

/** The port that the services name for an app in an act. */
function selectedIn({ leadsTo, kept }: Pick<Act, 'leadsTo' | 'kept'>, app: AppName): PortName | undefined {
  const way = leadsTo[app];
  return way === 'none' ? kept?.[app] : way;
}

function secondsSince(begunMs: number): string {
  return `${((monotonicMs() - begunMs) / 1_000).toFixed(1)} s`;
}
