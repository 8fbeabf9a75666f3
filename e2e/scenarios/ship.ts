import { SelectionWatch } from '../bench/selection-watch.js';
import {
  createTestLab,
  internetAddresses,
  portMaps,
  portNames,
  servicePorts,
  waitUntil,
  type AppName,
  type Lab,
  type PortName,
} from '../../lab/index.js';
import type { ServiceSetOptions } from '../../lab/service-set.js';
import type { ShipOptions } from '../../lab/ship.js';
import type { LabOptions } from '../../lab/lab-options.js';

/** A lab with services, a configuration in force, and apps that have their addresses. */
export interface Ship {
  readonly lab: Lab;
  readonly watch: SelectionWatch;
  destroy(): Promise<void>;
}

/** Brings a ship up, three separate services, `failback_hold` as given (default 0). */
export async function launchShip(
  options: {
    readonly configuration?: ShipOptions;
    readonly lab?: Partial<LabOptions>;
    readonly services?: ServiceSetOptions;
    /** How the device is to be when services start. */
    readonly beforeServices?: (lab: Lab) => Promise<void>;
  } = {},
): Promise<Ship> {
  const lab = await createTestLab(options.lab);
  try {
    await options.beforeServices?.(lab);
    await lab.startServices({ separate: true, logLevel: 'warn', ...options.services });
    await lab.pushConfig(lab.configuration({ failbackHoldSeconds: 0, ...options.configuration }));
    await Promise.all([lab.app('app1').waitForAddress(), lab.app('app2').waitForAddress()]);
    const watch = new SelectionWatch(lab.runDir);
    lab.beforeDestroy(() => watch.close());
    await watch.applied('default', 'eth0');
    return { lab, watch, destroy: () => lab.destroy() };
  } catch (error) {
    await lab.destroy();
    throw error;
  }
}

/** The address that a server on the internet sees an app come from; undefined where it hears nothing. */
export async function sourceSeen(
  lab: Lab,
  app: AppName,
  server: string = internetAddresses.echo1,
): Promise<string | undefined> {
  const answer = await lab.app(app).agent.call('askUdp', {
    address: server,
    port: servicePorts.echo,
    timeoutMs: 300,
  });
  return answer.kind === 'answered' ? /^\S* ([\d.]+):/.exec(answer.text)?.[1] : undefined;
}

/** Waits until an app's new flows go out by this port, as a server on the internet sees them. */
export function goesOutBy(lab: Lab, app: AppName, port: PortName, server?: string): Promise<boolean> {
  const { publicAddress } = lab.isp(port);
  return waitUntil(async () => (await sourceSeen(lab, app, server)) === publicAddress, {
    timeoutMs: 10_000,
    everyMs: 20,
  });
}

/** On which ports a TCP port map of app1 answers from the internet now; the others refuse or stay silent. */
export async function portMapAnswersOn(
  lab: Lab,
  externalPort: number = portMaps.app1.whoAreYou,
): Promise<readonly PortName[]> {
  const answers = await Promise.all(
    portNames.map(async (port) => {
      const answer = await lab.internet.agent.call('fetch', {
        url: `http://${lab.isp(port).publicAddress}:${externalPort}/`,
        timeoutMs: 500,
      });
      return answer.kind === 'answered' ? [port] : [];
    }),
  );
  return answers.flat();
}

/** Packets that must never be: with a source that is not the port's, counted at the ISPs. */
export async function wrongSources(lab: Lab): Promise<number> {
  const counters = await Promise.all(portNames.map((port) => lab.isp(port).counters()));
  return counters.reduce((sum, { foreign }) => sum + foreign.packets, 0);
}
