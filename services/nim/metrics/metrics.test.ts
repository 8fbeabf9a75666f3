import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as promClient from 'prom-client';

import { Meters } from '../../../lib/observability/index.js';
import type { AppTraffic } from '../probing/tester/index.js';
import { SimulatedNim } from '../testing/simulated-nim.js';
import { nimMetrics } from './index.js';

const CONTROLLER = 'https://controller.example/api/v2/edgedevice/ping';

let meters: Meters;
let nim: SimulatedNim;
let traffic: ReadonlyMap<string, AppTraffic> | undefined;

beforeEach(async () => {
  meters = new Meters(promClient, new promClient.Registry());
  traffic = undefined;
  nim = new SimulatedNim({
    ports: { eth0: 0, wwan0: 10 },
    controller: CONTROLLER,
    instrument: (publisher) =>
      nimMetrics(meters, {
        publisher,
        readTraffic: () => {
          if (traffic === undefined) throw new Error('no table');
          return traffic;
        },
      }),
  });
  await aftermath();
  await nim.run(1_000);
});

afterEach(() => {
  nim.close();
});

/** What follows a decision does so after a turn or two. */
async function aftermath(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await nim.run(0);
}

/** The value of a series whose line begins like this; undefined: there is none. */
async function valueOf(series: string): Promise<number | undefined> {
  const line = (await meters.text()).split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

async function seriesNamed(name: string): Promise<readonly string[]> {
  return (await meters.text()).split('\n').filter((line) => line.startsWith(`${name}{`));
}

const CREW = 'network_instance="crew",network_instance_id="crew"';

describe('metrics of NIM', () => {
  it('tell the state of each port and of each target over it', async () => {
    const target = `port="wwan0",target="${CONTROLLER}"`;
    expect(await valueOf('eve_uplink_port_usable{port="eth0"}')).toBe(1);
    expect(await valueOf('eve_uplink_port_priority{port="wwan0"}')).toBe(10);
    expect(await valueOf('eve_uplink_port_test_state{port="eth0",state="working"}')).toBe(1);
    expect(await valueOf(`eve_uplink_target_test_state{${target},state="working"}`)).toBe(1);
    expect(await valueOf(`eve_uplink_target_test_state{${target},state="failing"}`)).toBe(0);
    expect(await valueOf(`eve_uplink_target_latency_seconds{${target}}`)).toBeCloseTo(0.001, 2);
    expect(await valueOf(`eve_uplink_target_answered_ratio{${target}}`)).toBe(1);
    const succeededAt = await valueOf(`eve_uplink_target_last_succeeded_timestamp_seconds{${target}}`);
    expect(succeededAt).toBeGreaterThanOrEqual(Date.UTC(2026, 0, 1) / 1_000);
    expect(await valueOf(`eve_uplink_target_last_failed_timestamp_seconds{${target}}`)).toBeUndefined();
    nim.network.path('wwan0').state = 'tls';
    await nim.run(21_600_000 + 60_000);
    expect(await valueOf(`eve_uplink_target_test_state{${target},state="failing"}`)).toBe(1);
    expect(await valueOf(`eve_uplink_target_last_failed_timestamp_seconds{${target}}`)).toBeGreaterThan(
      Number(succeededAt),
    );
  });

  it('tell what tests have taken, and what is left', async () => {
    const bytes = nim.network.counts.bytes.get('wwan0') ?? 0;
    expect(bytes).toBeGreaterThan(0);
    expect(await valueOf('eve_uplink_port_probe_bytes_total{port="wwan0"}')).toBe(bytes);
    expect(await valueOf('eve_uplink_port_probe_budget_bytes{port="wwan0"}')).toBe(5e6);
    expect(await valueOf('eve_uplink_port_probe_budget_remaining_bytes{port="wwan0"}')).toBe(5e6 - bytes);
  });

  it('count a switch by its cause, and tell how long it took since the last answer', async () => {
    expect(await valueOf(`eve_uplink_network_instance_port{${CREW},port="eth0",interface="eth0"}`)).toBe(1);
    expect(await valueOf(`eve_uplink_network_instance_verified{${CREW}}`)).toBe(1);
    await nim.run(60_000);
    nim.network.path('eth0').state = 'dead';
    const tookMs = await nim.until('crew', 'wwan0', 20_000);
    await aftermath();
    expect(await seriesNamed('eve_uplink_network_instance_port')).toEqual([
      `eve_uplink_network_instance_port{${CREW},port="wwan0",interface="wwan0"} 1`,
    ]);
    expect(await valueOf(`eve_uplink_switches_total{${CREW},cause="test-failed"}`)).toBe(1);
    expect(await valueOf(`eve_uplink_switches_total{${CREW},cause="link-lost"}`)).toBeUndefined();
    const measuredMs = 1_000 * Number(await valueOf('eve_uplink_failover_duration_seconds_sum{cause="test-failed"}'));
    // It answered last at most one keepalive probe before it died.
    expect(measuredMs).toBeGreaterThan(tookMs - 20);
    expect(measuredMs).toBeLessThan(tookMs + 4_100);
  });

  it('count from the event where the link goes', async () => {
    nim.read({ eth0: 'no-carrier' });
    await nim.run(100);
    expect(await valueOf('eve_uplink_port_usable{port="eth0"}')).toBe(0);
    expect(await valueOf(`eve_uplink_switches_total{${CREW},cause="link-lost"}`)).toBe(1);
    expect(await valueOf('eve_uplink_failover_duration_seconds_count{cause="link-lost"}')).toBe(1);
    expect(await valueOf('eve_uplink_event_to_status_duration_seconds_count{event="kernel"}')).toBeGreaterThan(0);
  });

  it('say why there is no port', async () => {
    nim.read({ eth0: 'no-carrier', wwan0: 'no-address' });
    await nim.run(100);
    expect(await valueOf(`eve_uplink_network_instance_without_port{${CREW},reason="none-usable"}`)).toBe(1);
    expect(await seriesNamed('eve_uplink_network_instance_verified')).toEqual([]);
  });

  it('are gone with their network instance', async () => {
    nim.configure({ bridge: {} });
    await nim.run(100);
    const text = await meters.text();
    expect(text).toContain('network_instance="bridge"');
    expect(text).not.toContain('network_instance="crew"');
  });

  it('are there where the kernel does not tell of traffic, and have it where it does', async () => {
    expect(await seriesNamed('eve_uplink_port_app_bytes_total')).toEqual([]);
    const tcp = { tcpOpens: 0, tcpUpPackets: 0, tcpDownPackets: 0, tcpDownBytes: 0 };
    traffic = new Map([['eth0', { upPackets: 3, downPackets: 2, upBytes: 300, downBytes: 200, ...tcp }]]);
    expect(await seriesNamed('eve_uplink_port_app_bytes_total')).toEqual([
      'eve_uplink_port_app_bytes_total{port="eth0",direction="up"} 300',
      'eve_uplink_port_app_bytes_total{port="eth0",direction="down"} 200',
    ]);
    expect(await valueOf('eve_uplink_port_app_packets_total{port="eth0",direction="down"}')).toBe(2);
  });
});
