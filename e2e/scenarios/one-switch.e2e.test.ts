import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from 'iproute-exec';

import { PortTestState } from '../../gen/evecommon/uplink.js';
import { NetworkInterfaceManagerServiceClient } from '../../gen/nim/v1/network_interface_manager.js';
import { createTestLab, internetAddresses, servicePorts, waitFor, type Lab, type PortName } from '../../lab/index.js';
import type { PortStatus } from '../../gen/nim/v1/port_status.js';
import { call, connectTo } from '../../lib/rpc/index.js';
import { SelectionWatch } from '../bench/selection-watch.js';
import { goesOutBy, wrongSources } from './ship.js';

const SWITCHED = ['eth0', 'wwan0'] as const;
/** So many tests of each port are answered: what an idle ship takes minutes for. */
const TESTS = 40;
const ROUNDS = 5;

describe('a ship with two uplinks in one broadcast domain', () => {
  let lab: Lab;
  let watch: SelectionWatch;
  let nim: NetworkInterfaceManagerServiceClient;

  beforeAll(async () => {
    lab = await createTestLab({ oneSwitch: true });
    await run('nft', ['-f', '-'], { namespace: lab.namespace('device'), input: wrongWireCounters(lab) });
  });

  afterAll(async () => {
    await lab.destroy();
  });

  /** Counts ARP answers that tell one port's address by the other wire, and packets that come in by it. */
  function wrongWireCounters({ topology: { ports } }: Lab): string {
    const others = SWITCHED.map((port) => [port, ports[port === 'eth0' ? 'wwan0' : 'eth0'].leaseAddress] as const);
    const told = others.map(([port, other]) => `oifname "${port}" arp operation reply arp saddr ip ${other} counter`);
    const came = others.map(([port, other]) => `iifname "${port}" ip daddr ${other} counter`);
    const table = (family: string, chain: string, rules: readonly string[]): string =>
      `table ${family} wires {\n chain watch {\n ${[chain, ...rules].join('\n ')}\n }\n}\n`;
    return (
      table('arp', 'type filter hook output priority 0;', told) +
      table('ip', 'type filter hook prerouting priority raw;', came)
    );
  }

  async function byWrongWire(): Promise<{ readonly told: number; readonly came: number }> {
    const count = async (family: string): Promise<number> => {
      const { stdout } = await lab.exec('device', ['nft', 'list', 'table', family, 'wires']);
      const packets = [...stdout.matchAll(/packets (\d+)/g)].map(([, text = '0']) => Number(text));
      expect(packets).toHaveLength(SWITCHED.length);
      return packets.reduce((sum, each) => sum + each, 0);
    };
    return { told: await count('arp'), came: await count('ip') };
  }

  /** Both routers forget where the device's addresses are, and look for each of them. */
  async function lookedFor(): Promise<void> {
    for (const port of SWITCHED) {
      const { ispHost } = lab.topology.ports[port];
      await lab.exec(ispHost, ['ip', 'neigh', 'flush', 'all']);
      for (const { leaseAddress } of SWITCHED.map((each) => lab.topology.ports[each])) {
        const argv = ['busybox', 'arping', '-q', '-f', '-c', '1', '-w', '1', '-I', 'customer', leaseAddress] as const;
        expect(await lab.exec(ispHost, argv)).toMatchObject({ exitCode: 0 });
      }
    }
  }

  async function portStatus(port: PortName): Promise<PortStatus | undefined> {
    const { deviceNetworkStatus } = await call(nim, 'getDeviceNetworkStatus', {}, { timeoutMs: 5_000 });
    return deviceNetworkStatus?.ports.find(({ logicalLabel }) => logicalLabel === port);
  }

  async function answersOf(port: PortName): Promise<number> {
    const found = await portStatus(port);
    expect([port, found?.testState]).toEqual([port, PortTestState.PORT_TEST_STATE_WORKING]);
    return Math.min(...(found?.targets ?? []).map(({ answers }) => answers));
  }

  async function movesOfDefault(): Promise<number> {
    const { events } = await call(nim, 'listEvents', { afterSequence: 0n, limit: 0 }, { timeoutMs: 5_000 });
    return events.filter(({ kind }) => kind?.$case === 'selectionChanged' && kind.value.displayName === 'default')
      .length;
  }

  async function appIsAnswered(): Promise<boolean> {
    const asked = { address: internetAddresses.echo1, port: servicePorts.echo, timeoutMs: 1_000 };
    return (await lab.app('app1').agent.call('askUdp', asked)).kind === 'answered';
  }

  it('would tell addresses by the wrong wire, as Linux comes', async () => {
    await lookedFor();
    expect((await byWrongWire()).told).toBeGreaterThan(0);
  });

  it('keeps to its wires, fails no test and does not move, while both work', async () => {
    await lab.startServices({ separate: true, logLevel: 'warn', controller: true });
    await lab.pushConfig(lab.configuration({ failbackHoldSeconds: 0 }));
    await lab.app('app1').waitForAddress();
    watch = new SelectionWatch(lab.runDir);
    nim = connectTo(NetworkInterfaceManagerServiceClient, `unix:${lab.runDir}/nim.sock`);
    lab.beforeDestroy(async () => {
      nim.close();
      await watch.close();
    });
    await watch.applied('default', 'eth0');
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    const areWorking = async (): Promise<true | undefined> => {
      const states = await Promise.all(SWITCHED.map(async (port) => (await portStatus(port))?.testState));
      return states.every((state) => state === PortTestState.PORT_TEST_STATE_WORKING) ? true : undefined;
    };
    await waitFor('both ports to work', areWorking, { timeoutMs: 20_000, everyMs: 50 });
    // Routers still know what the test before has told them: the first answers may come late.
    await watch.applied('default', 'eth0');
    await lookedFor();

    const moves = await movesOfDefault();
    const before = await byWrongWire();
    for (let round = 0; round < ROUNDS; round += 1) {
      await lookedFor();
      const goal = ((round + 1) * TESTS) / ROUNDS;
      await waitFor(
        `${goal} answered tests of each port`,
        async () => {
          expect(await appIsAnswered()).toBe(true);
          const { results } = await call(nim, 'testPorts', { ports: [...SWITCHED] }, { timeoutMs: 20_000 });
          const states = results.flatMap(({ targets }) => targets.map(({ testState }) => testState));
          expect(new Set(states)).toEqual(new Set([PortTestState.PORT_TEST_STATE_WORKING]));
          const answers = await Promise.all(SWITCHED.map(answersOf));
          return Math.min(...answers) >= goal ? true : undefined;
        },
        { timeoutMs: 60_000, everyMs: 10 },
      );
    }
    expect(await byWrongWire()).toEqual(before);
    expect(await movesOfDefault()).toBe(moves);
    expect(await wrongSources(lab)).toBe(0);
  });

  it('fails over from one to the other and back', async () => {
    await lab.pullCable('eth0');
    await watch.applied('default', 'wwan0');
    expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
    await lab.plugCable('eth0');
    await watch.applied('default', 'eth0');
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    expect(await wrongSources(lab)).toBe(0);
  });
});
