import { setTimeout as sleep } from 'node:timers/promises';

import { internetAddresses, portNames, type PortName } from '../../../lab/index.js';
import { INITIAL_KEEPALIVES, INITIAL_KEEPALIVE_SPACING_MS } from '../../../lib/decision/schedule/index.js';
import type { SimulatedPath } from '../../../services/nim/probing/tester/testing/simulated-network.js';
import { SimulatedNim } from '../../../services/nim/testing/simulated-nim.js';
import { ship } from './configurations.js';
import type { DetectionRig } from './rig.js';

/** What tests of an idle port took in a while: as NIM accounts for it, and as the ISP counted it. */
export interface ProbeBytes {
  readonly port: PortName;
  readonly seconds: number;
  readonly accountedBytes: number;
  /** To and from the controller, through the ISP; without what its own name server was asked. */
  readonly countedBytes: number;
}

/** Tests get to know a path first, with more packets than later. */
const INITIAL_KEEPALIVES_MS = 2 * INITIAL_KEEPALIVES * INITIAL_KEEPALIVE_SPACING_MS;

/** Nothing is sent but tests, for this long. */
export async function measureIdleBytes(rig: DetectionRig, durationMs: number): Promise<readonly ProbeBytes[]> {
  await rig.configure(ship(rig.lab), 'eth0');
  await sleep(INITIAL_KEEPALIVES_MS);
  const before = await reading(rig);
  await sleep(durationMs);
  const after = await reading(rig);
  return portNames.map((port) => ({
    port,
    seconds: durationMs / 1_000,
    accountedBytes: (after.get(port)?.accounted ?? 0) - (before.get(port)?.accounted ?? 0),
    countedBytes: (after.get(port)?.counted ?? 0) - (before.get(port)?.counted ?? 0),
  }));
}

async function reading(
  rig: DetectionRig,
): Promise<ReadonlyMap<string, { readonly accounted: number; readonly counted: number }>> {
  const ports = await rig.ports();
  return new Map(
    await Promise.all(
      ports.map(async ({ logicalLabel, testBudget }) => {
        const name = portNames.find((port) => port === logicalLabel);
        const counters = name === undefined ? undefined : await rig.lab.isp(name).counters();
        return [
          logicalLabel,
          {
            accounted: Number(testBudget?.spentBytes ?? 0n),
            counted: (counters?.up.bytes ?? 0) + (counters?.down.bytes ?? 0),
          },
        ] as const;
      }),
    ),
  );
}

/** Of a month that is simulated, so much; the rest is the same again. */
const SIMULATED_MS = 3 * 24 * 3_600_000;
const MONTH_MS = 30 * 24 * 3_600_000;

/**
 * Bytes of 30 idle days by port, in virtual time: the real schedule and tester, over a network that answers at once,
 * with bytes of a keepalive probe and of a full test as they were measured.
 */
export async function idleMonthBytes(
  path: Partial<Pick<SimulatedPath, 'echoes' | 'state'>> = {},
): Promise<ReadonlyMap<string, number>> {
  const nim = new SimulatedNim({
    ports: { eth0: 0, wwan0: 1, sat0: 2 },
    controller: `https://${internetAddresses.controller}/api/v2/edgedevice/ping`,
  });
  try {
    for (const port of portNames) Object.assign(nim.network.path(port), path);
    // What follows a decision does so after a turn or two.
    for (let turn = 0; turn < 4; turn += 1) await nim.run(0);
    await nim.run(SIMULATED_MS);
    return new Map([...nim.network.counts.bytes].map(([port, bytes]) => [port, (bytes * MONTH_MS) / SIMULATED_MS]));
  } finally {
    nim.close();
  }
}
