import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { waitUntil } from '../../lab/index.js';
import { goesOutBy, launchShip, type Ship } from './ship.js';

const METRICS_PORT = 9_101;

/**
 * The value of the series of this name that has all of these labels, in the order in which they are offered; undefined:
 * none has.
 */
function valueOf(text: string, name: string, labels: Readonly<Record<string, string>>): number | undefined {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const line = text
    .split('\n')
    .find((each) => each.startsWith(`${name}{`) && wanted.every((label) => each.includes(label)));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')));
}

describe('metrics of a ship', () => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip({ services: { separate: false, controller: true, metricsPort: METRICS_PORT } });
  });

  afterAll(async () => {
    await ship.destroy();
  });

  async function scrape(): Promise<string> {
    const url = `http://127.0.0.1:${METRICS_PORT}/metrics`;
    const { stdout } = await ship.lab.exec('device', ['busybox', 'wget', '-qO-', url]);
    return stdout;
  }

  it('tell of a cable that is pulled: the port, the switch by its cause, what it took, and the traffic', async () => {
    const { lab, watch } = ship;
    const inUse = (port: string) => ({ network_instance: 'default', port });
    expect(await goesOutBy(lab, 'app1', 'eth0')).toBe(true);
    const worksByTest = async (): Promise<boolean> =>
      valueOf(await scrape(), 'eve_uplink_target_test_state', { port: 'eth0', state: 'working' }) === 1;
    expect(await waitUntil(worksByTest, { timeoutMs: 20_000, everyMs: 200 })).toBe(true);
    const before = await scrape();
    expect(valueOf(before, 'eve_uplink_port_usable', { port: 'eth0' })).toBe(1);
    expect(valueOf(before, 'eve_uplink_network_instance_port', inUse('eth0'))).toBe(1);
    expect(valueOf(before, 'eve_uplink_network_instance_applied_port', inUse('eth0'))).toBe(1);
    expect(valueOf(before, 'eve_uplink_port_probe_bytes_total', { port: 'eth0' })).toBeGreaterThan(0);
    expect(valueOf(before, 'eve_uplink_port_app_bytes_total', { port: 'eth0', direction: 'down' })).toBeGreaterThan(0);
    expect(before).toMatch(/^eve_uplink_config_version 1$/m);
    const linkLost = { network_instance: 'default', cause: 'link-lost' };
    expect(valueOf(before, 'eve_uplink_switches_total', linkLost)).toBeUndefined();

    await lab.pullCable('eth0');
    await watch.applied('default', 'wwan0');
    const after = await scrape();
    expect(valueOf(after, 'eve_uplink_port_usable', { port: 'eth0' })).toBe(0);
    expect(valueOf(after, 'eve_uplink_network_instance_port', inUse('eth0'))).toBeUndefined();
    expect(valueOf(after, 'eve_uplink_network_instance_port', inUse('wwan0'))).toBe(1);
    expect(valueOf(after, 'eve_uplink_network_instance_applied_port', inUse('wwan0'))).toBe(1);
    expect(valueOf(after, 'eve_uplink_switches_total', linkLost)).toBe(1);
    expect(valueOf(after, 'eve_uplink_failover_duration_seconds_count', { cause: 'link-lost' })).toBeGreaterThan(0);
    const count = (text: string): number =>
      valueOf(text, 'eve_uplink_apply_duration_seconds_count', { part: 'switch' }) ?? 0;
    expect(count(after)).toBeGreaterThan(count(before));
  });

  it('count what somebody else did to the rules, and was repaired', async () => {
    const { lab } = ship;
    const repairs = async (): Promise<number> =>
      Number(/^eve_uplink_drift_repairs_total (\d+)$/m.exec(await scrape())?.[1]);
    const before = await repairs();
    const rules = await lab.exec('device', ['ip', 'rule', 'show']);
    const ours = /^(\d+):\tfrom 10\.\S+ .*lookup/m.exec(rules.stdout)?.[1] ?? '';
    await lab.exec('device', ['ip', 'rule', 'del', 'pref', ours]);
    expect(await waitUntil(async () => (await repairs()) > before, { timeoutMs: 10_000, everyMs: 100 })).toBe(true);
  });
});
