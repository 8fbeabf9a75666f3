import { run } from 'iproute-exec';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { NetworkInstanceTest } from '../../gen/config/uplink.js';
import { PortTestState } from '../../gen/evecommon/uplink.js';
import { NetworkInterfaceManagerServiceClient } from '../../gen/nim/v1/network_interface_manager.js';
import { SelectionProof, type NetworkInstanceTestStatus } from '../../gen/nim/v1/network_instance_test_status.js';
import { call, connectTo } from '../../lib/rpc/index.js';
import {
  commandFile,
  inflict,
  internetAddresses,
  portNames,
  servicePorts,
  waitFor,
  type PortName,
} from '../../lab/index.js';
import { launchShip, wrongSources, type Ship } from './ship.js';

const FIRST = internetAddresses.echo;
const SECOND = internetAddresses.echo1;

describe('a ship whose network instance names its targets', () => {
  let ship: Ship;
  let nim: NetworkInterfaceManagerServiceClient;
  const undo: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    ship = await launchShip();
    nim = connectTo(NetworkInterfaceManagerServiceClient, `unix:${ship.lab.runDir}/nim.sock`);
  });

  afterEach(async () => {
    for (const each of undo.splice(0)) await each();
  });

  afterAll(async () => {
    nim.close();
    expect(await wrongSources(ship.lab)).toBe(0);
    await ship.destroy();
  });

  async function testBy(test: Partial<NetworkInstanceTest>): Promise<void> {
    const config = ship.lab.configuration({ failbackHoldSeconds: 0 });
    for (const networkInstance of config.networkInstances) {
      if (networkInstance.displayname !== 'default') continue;
      networkInstance.test = NetworkInstanceTest.create({ failbackHold: { seconds: 0n, nanos: 0 }, ...test });
    }
    await ship.lab.pushConfig(config);
  }

  async function status(): Promise<NetworkInstanceTestStatus | undefined> {
    const asked = { networkInstances: ['default'] };
    return (await call(nim, 'listNetworkInstanceTestStatus', asked, { timeoutMs: 5_000 })).statuses[0];
  }

  /** Waits until the network instance is on this port, knows that it works, and every port that it may use works. */
  async function allWell(): Promise<void> {
    const isWell = ({ selectedPort, verified, candidates }: NetworkInstanceTestStatus): boolean =>
      verified &&
      selectedPort?.logicalLabel === 'eth0' &&
      candidates.every(({ testState, inDoubt }) => testState === PortTestState.PORT_TEST_STATE_WORKING && !inDoubt);
    await waitFor(
      'all ports to work',
      async () => {
        const now = await status();
        return now !== undefined && isWell(now) ? true : undefined;
      },
      { timeoutMs: 60_000, everyMs: 100 },
    );
  }

  async function moves(): Promise<number> {
    const { events } = await call(nim, 'listEvents', { afterSequence: 0n, limit: 0 }, { timeoutMs: 5_000 });
    return events.filter(({ kind }) => kind?.$case === 'selectionChanged').length;
  }

  /** The ISPs of these ports drop what fits this, until the test ends. */
  async function dropped(rule: string, ...ports: readonly PortName[]): Promise<void> {
    for (const port of ports) {
      const { ispHost } = ship.lab.topology.ports[port];
      const inIsp = async (...argv: readonly [string, ...string[]]): Promise<void> => {
        expect(await ship.lab.exec(ispHost, argv)).toMatchObject({ exitCode: 0 });
      };
      const chain = '{ type filter hook forward priority filter - 20; }';
      await inIsp('nft', 'add', 'table', 'inet', 'picky');
      undo.push(() => inIsp('nft', 'delete', 'table', 'inet', 'picky'));
      await inIsp('nft', `add chain inet picky passing ${chain}`);
      await inIsp('nft', `add rule inet picky passing ${rule} drop`);
    }
  }

  async function isFailing(port: PortName, target: string): Promise<true | undefined> {
    const { deviceNetworkStatus } = await call(nim, 'getDeviceNetworkStatus', {}, { timeoutMs: 5_000 });
    const found = deviceNetworkStatus?.ports
      .find(({ logicalLabel }) => logicalLabel === port)
      ?.targets.find((one) => one.target === target);
    return found?.testState === PortTestState.PORT_TEST_STATE_FAILING ? true : undefined;
  }

  it('works where the ISP drops echoes without data', async () => {
    await dropped('icmp type echo-request meta length 28', ...portNames);
    await testBy({ target: `icmp://${FIRST}` });
    await allWell();
    const before = await moves();
    const answered = await answersOn('eth0');
    await waitFor('more answers', async () => ((await answersOn('eth0')) >= answered + 5 ? true : undefined), {
      timeoutMs: 60_000,
      everyMs: 250,
    });
    await allWell();
    expect(await moves()).toBe(before);
  });

  async function answersOn(port: PortName): Promise<number> {
    const { deviceNetworkStatus } = await call(nim, 'getDeviceNetworkStatus', {}, { timeoutMs: 5_000 });
    const found = deviceNetworkStatus?.ports.find(({ logicalLabel }) => logicalLabel === port);
    return found?.targets.find(({ target }) => target === `icmp://${FIRST}`)?.answers ?? 0;
  }

  const both = { target: `icmp://${FIRST}`, furtherTargets: [`icmp://${SECOND}`], targetsNeeded: 2 };

  it('stays where a target answers over no port, and says that the other one does', async () => {
    await testBy(both);
    await allWell();
    const before = await moves();
    await dropped(`ip daddr ${SECOND}`, ...portNames);
    for (const port of portNames) {
      await waitFor(`${SECOND} to fail over ${port}`, () => isFailing(port, `icmp://${SECOND}`), {
        timeoutMs: 180_000,
        everyMs: 250,
      });
    }
    const now = await status();
    expect(now).toMatchObject({ verified: true, selectedPort: { logicalLabel: 'eth0' } });
    expect(await moves()).toBe(before);
  }, 300_000);

  it.each([
    { what: 'both are needed', needed: 2, port: 'wwan0' },
    { what: 'any is enough', needed: 1, port: 'eth0' },
  ] as const)('where one fails over the port in use alone, and $what: $port', async ({ needed, port }) => {
    await testBy({ ...both, targetsNeeded: needed });
    await allWell();
    await dropped(`ip daddr ${SECOND}`, 'eth0');
    await waitFor(`${SECOND} to fail over eth0`, () => isFailing('eth0', `icmp://${SECOND}`), {
      timeoutMs: 60_000,
      everyMs: 100,
    });
    await ship.watch.applied('default', port);
    expect((await status())?.verified).toBe(true);
  });

  it('leaves a port that loses more than it wants, for one that loses less', async () => {
    const interval = { seconds: 0n, nanos: 500_000_000 };
    await testBy({ target: `icmp://${FIRST}`, interval, lossThresholdPercent: 15 });
    undo.push(async () => {
      await ship.lab.lose('eth0', 0);
    });
    const leaves = async () => {
      await ship.lab.lose('eth0', 0);
      await allWell();
      // In each direction: 28 % of what is asked.
      await ship.lab.lose('eth0', 0.15);
      await waitFor('traffic over wwan0', async () => ((await selected()) === 'wwan0' ? true : undefined), {
        timeoutMs: 110_000,
        everyMs: 100,
      });
      return (await status())?.candidates.find(({ logicalLabel }) => logicalLabel === 'eth0');
    };
    // Of a line that has just begun to lose, five losses in a row are no chance: once in some dozens of runs they are.
    let eth0 = await leaves();
    if (eth0?.testState === PortTestState.PORT_TEST_STATE_FAILING) eth0 = await leaves();
    expect(eth0).toMatchObject({ testState: PortTestState.PORT_TEST_STATE_WORKING, degraded: true });
  }, 300_000);

  it('says of a target of kind tcp that a connection is all that is proved, behind a portal, too', async () => {
    await testBy({ target: `tcp://${FIRST}:${servicePorts.http}` });
    const isReached = async (): Promise<true | undefined> => {
      const now = await status();
      const proof = now?.proof === SelectionProof.SELECTION_PROOF_CONNECTION;
      return proof && now.selectedPort?.logicalLabel === 'eth0' && !now.verified ? true : undefined;
    };
    await waitFor('eth0 to be reached', isReached, { timeoutMs: 60_000, everyMs: 100 });
    undo.push(await inflict(ship.lab, { kind: 'portal', port: 'eth0' }));
    const { results } = await call(nim, 'testPorts', { ports: ['eth0'] }, { timeoutMs: 30_000 });
    expect(results.flatMap(({ targets }) => targets.map(({ testState }) => testState))).toEqual([
      PortTestState.PORT_TEST_STATE_WORKING,
    ]);
    expect(await isReached()).toBe(true);
    const argv = [await commandFile(), 'status', '--run-dir', ship.lab.runDir];
    const { stdout } = await run(process.execPath, argv, { timeoutMs: 30_000, allowFailure: true });
    expect(stdout).toMatch(/default: eth0 is reached by TCP connect only: .* anyone on the way can/);
  });

  async function selected(): Promise<string | undefined> {
    return (await status())?.selectedPort?.logicalLabel;
  }
});
