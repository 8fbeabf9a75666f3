import { PortTestState } from '../../gen/evecommon/uplink.js';
import { NetworkInterfaceManagerServiceClient } from '../../gen/nim/v1/network_interface_manager.js';
import { NetworkRouterServiceClient } from '../../gen/zedrouter/v1/network_router.js';
import { call, connectTo } from '../../lib/rpc/index.js';
import {
  commandFile,
  createTestLab,
  internetAddresses,
  portNames,
  servicePorts,
  waitFor,
  type Lab,
  type PortName,
  type ServiceSetOptions,
} from '../../lab/index.js';
import { claimOf, claimText, type Claim } from './claim.js';
import type { Target } from './plan.js';
import { DESTINATION } from './trying.js';

/** The network instance that the law is tried on; the lab's app1 is behind it. */
const TRIED = 'default';

const CALL_MS = 1_000;
/** How long everything may take to be well again. */
const CALM_MS = 60_000;

const targetUrls: Readonly<Record<Exclude<Target, 'controller'>, string>> = {
  http: `http://${internetAddresses.echo}/`,
  tcp: `tcp://${internetAddresses.echo}:${servicePorts.echo}`,
};

/** A ship with services that test every port, to break. */
export class LawRig {
  readonly lab: Lab;
  readonly #nim: NetworkInterfaceManagerServiceClient;
  readonly #zedrouter: NetworkRouterServiceClient;

  private constructor(lab: Lab) {
    this.lab = lab;
    this.#nim = connectTo(NetworkInterfaceManagerServiceClient, `unix:${lab.runDir}/nim.sock`);
    this.#zedrouter = connectTo(NetworkRouterServiceClient, `unix:${lab.runDir}/zedrouter.sock`);
    lab.beforeDestroy(() => {
      this.#nim.close();
      this.#zedrouter.close();
      return Promise.resolve();
    });
  }

  /** `prepare`: done before services start, which get what it answers. */
  static async launch(prepare: (lab: Lab) => Promise<ServiceSetOptions> = () => Promise.resolve({})): Promise<LawRig> {
    const lab = await createTestLab();
    try {
      const prepared = await prepare(lab);
      await lab.startServices({ separate: true, logLevel: 'warn', controller: true, ...prepared });
      await lab.pushConfig(lab.configuration({ failbackHoldSeconds: 0 }));
      await lab.app('app1').waitForAddress(30_000);
      return new LawRig(lab);
    } catch (error) {
      await lab.destroy();
      throw error;
    }
  }

  /** Puts the configuration with this target in force, and waits until all is well. @throws where that is not to be */
  async calm(target: Target): Promise<void> {
    const config = this.lab.configuration({ failbackHoldSeconds: 0 });
    for (const { displayname, test } of config.networkInstances) {
      if (displayname === TRIED && test !== undefined && target !== 'controller') test.target = targetUrls[target];
    }
    await this.lab.pushConfig(config);
    let seen = '';
    await waitFor(
      () => `all to be well; ${seen}`,
      async () => {
        const claim = await this.claim();
        const failing = await this.#failingPorts();
        seen = `${claimText(claim)}, not working: ${failing.join(', ')}`;
        return claim.kind !== 'unverified' && claim.port === 'eth0' && failing.length === 0 ? true : undefined;
      },
      { timeoutMs: CALM_MS, everyMs: 200 },
    );
  }

  /** What the services say now. */
  async claim(): Promise<Claim> {
    const [nim, zedrouter] = await Promise.all([
      call(this.#nim, 'listNetworkInstanceTestStatus', { networkInstances: [TRIED] }, { timeoutMs: CALL_MS }).catch(
        () => undefined,
      ),
      call(this.#zedrouter, 'listNetworkInstanceStatus', { networkInstances: [TRIED] }, { timeoutMs: CALL_MS }).catch(
        () => undefined,
      ),
    ]);
    return claimOf(nim?.statuses[0], zedrouter?.statuses[0]);
  }

  /** The app's packets that each ISP has seen so far. */
  async seenPackets(): Promise<ReadonlyMap<PortName, number>> {
    const seen = portNames.map(async (port): Promise<[PortName, number]> => {
      const { destinations } = await this.lab.isp(port).counters();
      return [port, destinations.get(DESTINATION)?.packets ?? 0];
    });
    return new Map(await Promise.all(seen));
  }

  /** What an operator reads now, and what the kernel holds. */
  async account(): Promise<string> {
    const eveUplink = async (...args: readonly string[]): Promise<readonly [string, ...string[]]> => [
      process.execPath,
      await commandFile(),
      '--run-dir',
      this.lab.runDir,
      ...args,
    ];
    const commands: readonly (readonly [string, ...string[]])[] = [
      await eveUplink('status'),
      await eveUplink('explain', TRIED),
      await eveUplink('events', '--limit', '12'),
      ['ip', '-4', '-br', 'address'],
      ['ip', 'route'],
      ['ip', 'rule'],
    ];
    const texts: string[] = [];
    for (const command of commands) {
      const { stdout, stderr } = await this.lab.exec('device', command, 20_000);
      const name = command[0] === process.execPath ? `eve-uplink ${command.slice(4).join(' ')}` : command.join(' ');
      texts.push(`$ ${name}\n${stdout}${stderr}`);
    }
    return texts.join('\n');
  }

  destroy(): Promise<void> {
    return this.lab.destroy();
  }

  async #failingPorts(): Promise<readonly string[]> {
    const { deviceNetworkStatus } = await call(this.#nim, 'getDeviceNetworkStatus', {}, { timeoutMs: CALL_MS }).catch(
      () => ({ deviceNetworkStatus: undefined }),
    );
    if (deviceNetworkStatus === undefined) return ['nim'];
    return deviceNetworkStatus.ports
      .filter(
        ({ testState, targets }) =>
          testState !== PortTestState.PORT_TEST_STATE_WORKING || targets.some(({ inDoubt }) => inDoubt),
      )
      .map(({ logicalLabel }) => logicalLabel);
  }
}
