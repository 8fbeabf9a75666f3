import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { NetworkRouterServiceClient } from '../../gen/zedrouter/v1/network_router.js';
import { call, connectTo } from '../../lib/rpc/index.js';
import { commandFile, monotonicMs, waitUntil, type ServiceName } from '../../lab/index.js';
import { goesOutBy, launchShip, wrongSources, type Ship } from './ship.js';

/** Within which the others see that a service hangs (docs/reliability.md); the command's own start comes on top. */
const SEEN_WITHIN_MS = 3_000;
const COMMAND_START_MS = 2_500;

describe('a ship whose services are stopped, and do not end', () => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip();
  });

  afterAll(async () => {
    expect(await wrongSources(ship.lab)).toBe(0);
    await ship.destroy();
  });

  function signal(name: ServiceName, which: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(ship.lab.service(name).pid ?? 0, which);
  }

  /** What `status` prints, and how long it takes. */
  async function status(): Promise<{ readonly text: string; readonly tookMs: number }> {
    const { lab } = ship;
    const fromMs = monotonicMs();
    const command = [process.execPath, await commandFile(), '--run-dir', lab.runDir, 'status'] as const;
    const { stdout, stderr } = await lab.exec('device', command, 20_000);
    return { text: stdout + stderr, tookMs: monotonicMs() - fromMs };
  }

  async function notices(): Promise<readonly string[]> {
    const client = connectTo(NetworkRouterServiceClient, `unix:${ship.lab.runDir}/zedrouter.sock`);
    try {
      const { statuses } = await call(
        client,
        'listNetworkInstanceStatus',
        { networkInstances: ['default'] },
        { timeoutMs: 2_000 },
      );
      return statuses.flatMap((each) => each.notices);
    } finally {
      client.close();
    }
  }

  it('NIM: zedrouter and the operator learn of it in time, and that it is over', async () => {
    const { lab } = ship;
    const isSaid = async (): Promise<boolean> =>
      (await notices()).some((each) => each.startsWith('NIM cannot be heard'));
    expect(await isSaid()).toBe(false);
    signal('nim', 'SIGSTOP');
    expect(await waitUntil(isSaid, { timeoutMs: SEEN_WITHIN_MS, everyMs: 50 })).toBe(true);
    const { text, tookMs } = await status();
    expect(text).toContain('nim did not answer in time');
    expect(text).toContain('NIM cannot be heard');
    expect(tookMs).toBeLessThan(SEEN_WITHIN_MS + COMMAND_START_MS);
    signal('nim', 'SIGCONT');
    expect(await waitUntil(async () => !(await isSaid()), { timeoutMs: 10_000, everyMs: 50 })).toBe(true);
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
  });

  it('zedrouter: the operator learns of it in time, and apps go over by the kernel', async () => {
    const { lab, watch } = ship;
    signal('zedrouter', 'SIGSTOP');
    const { text, tookMs } = await status();
    expect(text).toContain('zedrouter did not answer in time');
    expect(tookMs).toBeLessThan(SEEN_WITHIN_MS + COMMAND_START_MS);
    await lab.pullCable('eth0');
    expect(await goesOutBy(lab, 'app1', 'wwan0')).toBe(true);
    signal('zedrouter', 'SIGCONT');
    await lab.plugCable('eth0');
    await watch.applied('default', 'eth0');
  });
});
