import { setTimeout as sleep } from 'node:timers/promises';

import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import { PortTestState } from '../../../gen/evecommon/uplink.js';
import { NetworkInterfaceManagerServiceClient } from '../../../gen/nim/v1/network_interface_manager.js';
import type { PortStatus } from '../../../gen/nim/v1/port_status.js';
import { call, connectTo } from '../../../lib/rpc/index.js';
import {
  internetAddresses,
  monotonicMs,
  portNames,
  servicePorts,
  waitFor,
  type Lab,
  type PortName,
} from '../../../lab/index.js';
import { createBenchLab } from '../bench-lab.js';
import { eventLine } from '../../../clients/render/index.js';
import { SelectionWatch } from '../selection-watch.js';
import { passingFaults } from './cases.js';
import { MEASURED } from './configurations.js';

const nothing = (): Promise<void> => Promise.resolve();

/** Outages are exact to this. */
const STREAM_INTERVAL_MS = 5;

/** How long services may take until every port has shown that it works. */
const SETTLED_WITHIN_MS = 60_000;

/** A lab of its own with services that test ports by the controller's ping, at default settings. */
export class DetectionRig {
  readonly lab: Lab;
  readonly watch: SelectionWatch;
  readonly nim: NetworkInterfaceManagerServiceClient;
  #stream: number | undefined;
  #stopFetching: () => Promise<void> = nothing;

  private constructor(lab: Lab) {
    this.lab = lab;
    this.watch = new SelectionWatch(lab.runDir);
    this.nim = connectTo(NetworkInterfaceManagerServiceClient, `unix:${lab.runDir}/nim.sock`);
    lab.beforeDestroy(async () => {
      await this.watch.close();
      this.nim.close();
    });
  }

  static async launch(name: string): Promise<DetectionRig> {
    const lab = await createBenchLab(name);
    try {
      await lab.startServices({ logLevel: 'warn', controller: true });
      await lab.pushConfig(lab.configuration({ failbackHoldSeconds: 0 }));
      await lab.app('app1').waitForAddress();
      return new DetectionRig(lab);
    } catch (error) {
      await lab.destroy();
      throw error;
    }
  }

  /** Puts a configuration in force, and waits until the network instance is on this port and every port works. */
  async configure(config: EdgeDevConfig, home: PortName): Promise<void> {
    // From wherever the case before has left it: between equals it would stay there.
    await this.lab.pushConfig(this.lab.configuration({ failbackHoldSeconds: 0 }));
    await this.watch.applied(MEASURED, 'eth0');
    await this.settled();
    await this.lab.pushConfig(config);
    await this.watch.applied(MEASURED, home);
    await this.settled();
  }

  /** Waits until every port with link has shown that it works and is not suspect. */
  async settled(): Promise<void> {
    await waitFor('that every port works', async () => ((await this.ports()).every(works) ? true : undefined), {
      timeoutMs: SETTLED_WITHIN_MS,
      everyMs: 50,
    });
  }

  async ports(): Promise<readonly PortStatus[]> {
    const { deviceNetworkStatus } = await call(this.nim, 'getDeviceNetworkStatus', {}, { timeoutMs: 5_000 });
    return deviceNetworkStatus?.ports ?? [];
  }

  /** How often network instances have moved since the services started. */
  async switches(): Promise<number> {
    const request = { afterSequence: 0n, limit: 0 };
    const { events } = await call(this.nim, 'listEvents', request, { timeoutMs: 5_000 });
    return events.filter(({ kind }) => kind?.$case === 'selectionChanged' && kind.value.displayName === MEASURED)
      .length;
  }

  /** The app sends and is answered, until `fallSilent`. Waits until it is. */
  async send(): Promise<void> {
    const { agent } = this.lab.app('app1');
    const target = { address: internetAddresses.echo1, port: servicePorts.echo };
    const { stream } = await agent.call('startUdpStream', { ...target, intervalMs: STREAM_INTERVAL_MS });
    this.#stream = stream;
    await this.answeredAgain();
  }

  /** Waits until the app has an answer to something that it sends after this call. */
  async answeredAgain(): Promise<void> {
    const { agent } = this.lab.app('app1');
    const window = { stream: this.#sending(), sinceMs: monotonicMs() };
    await waitFor(
      'answers to the app',
      async () => ((await agent.call('readUdpStream', window)).answered > 0 ? true : undefined),
      { timeoutMs: 10_000, everyMs: 20 },
    );
  }

  /** The app fetches so many bytes over a new connection twice a second, until `stopFetching`. */
  fetch(bytes: number): void {
    const { agent } = this.lab.app('app1');
    const url = `http://${internetAddresses.web}/bytes/${bytes}`;
    const stop = new AbortController();
    const fetching = (async () => {
      while (!stop.signal.aborted) {
        await agent.call('fetch', { url, timeoutMs: 2_000 });
        await sleep(500);
      }
    })();
    this.#stopFetching = async () => {
      stop.abort();
      await fetching;
    };
  }

  async stopFetching(): Promise<void> {
    await this.#stopFetching();
    this.#stopFetching = nothing;
  }

  #sending(): number {
    if (this.#stream === undefined) throw new Error('the app is not sending');
    return this.#stream;
  }

  async fallSilent(): Promise<void> {
    if (this.#stream !== undefined) await this.lab.app('app1').agent.call('stopUdpStream', { stream: this.#stream });
    this.#stream = undefined;
  }

  /** From the last packet that was answered to the first that was answered again, the longest since then. */
  async outageSince(sinceMs: number): Promise<number> {
    const window = { stream: this.#sending(), sinceMs: sinceMs - 2 * STREAM_INTERVAL_MS, untilMs: monotonicMs() };
    const report = await this.lab.app('app1').agent.call('readUdpStream', window);
    return report.longestOutageMs;
  }

  /** Faults shall not keep step with tests: waits for a while that is drawn by lot. */
  async randomPause(mostMs: number): Promise<void> {
    await sleep(Math.random() * mostMs);
  }

  /**
   * For whoever has to find out why something did not come about: the last events, and why the network instance is
   * where it is.
   */
  async account(): Promise<readonly string[]> {
    const subject = { $case: 'networkInstance', value: MEASURED } as const;
    const [{ lines }, { events }] = await Promise.all([
      call(this.nim, 'explain', { subject }, { timeoutMs: 5_000 }),
      call(this.nim, 'listEvents', { afterSequence: 0n, limit: 12 }, { timeoutMs: 5_000 }),
    ]);
    const ports = await this.ports();
    return [
      ...events.map((event) => eventLine(event)),
      ...lines,
      ...ports.flatMap(({ logicalLabel, targets, testBudget }) =>
        targets.map(
          ({ target, testState, inDoubt, attempts, answers, lastError }) =>
            `${logicalLabel} ${target}: state ${testState}${inDoubt ? ' suspect' : ''}, ${answers} of ${attempts} answered, ` +
            `${String(testBudget?.spentBytes ?? 0n)} B spent, budget state ${testBudget?.state ?? 0}, ${lastError}`,
        ),
      ),
    ];
  }

  /** Mends everything that a case may have broken. */
  async mendAll(): Promise<void> {
    for (const port of portNames) {
      await this.lab.restoreGateway(port);
      await this.lab.restoreInternetBehind(port);
      await this.lab.plugCable(port);
      for (const kind of passingFaults) await this.lab.isp(port).endFault(kind);
    }
  }

  destroy(): Promise<void> {
    return this.lab.destroy();
  }
}

function works({ testState, targets }: PortStatus): boolean {
  return testState === PortTestState.PORT_TEST_STATE_WORKING && targets.every(({ inDoubt }) => !inDoubt);
}
