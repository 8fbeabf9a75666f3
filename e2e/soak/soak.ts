import { setTimeout as sleep } from 'node:timers/promises';

import { DeviceConfigServiceClient } from '../../gen/zedagent/v1/device_config.js';
import { call, connectTo } from '../../lib/rpc/index.js';
import {
  badHost,
  internetAddresses,
  monotonicMs,
  portNames,
  serviceNames,
  servicePorts,
  waitUntil,
  type Lab,
} from '../../lab/index.js';
import { LawRig } from '../law/rig.js';
import { mixOf, mixText, strike, type Mix } from './mix.js';

/** What came of one mix. */
export interface MixOutcome {
  readonly number: number;
  readonly mix: Mix;
  /** In words; none is as it should be. */
  readonly violations: readonly string[];
  /** What should not be either, and is no app's, in words. */
  readonly remarks: readonly string[];
  /** Packets of app1's stream that were not answered, of so many, and the longest time without an answer. */
  readonly lost: number;
  readonly sent: number;
  readonly longestOutageMs: number;
}

export interface SoakOptions {
  readonly seed: number;
  /** Begins no further mix after this. */
  readonly forMs: number;
  /** The first mix, to repeat one; default 1. */
  readonly from?: number;
  readonly onMix?: (outcome: MixOutcome) => void;
}

/** How long after a mix everything may take to be as before. */
const WELL_WITHIN_MS = 60_000;
const STREAM_EVERY_MS = 10;

/** The network instance `business` may not use this port. */
const FORBIDDEN = { port: 'sat0', destination: internetAddresses.echo2 } as const;

/**
 * Breaks a ship over and over, as a seed says, and looks after each mix whether all is as before: traffic over the
 * right port, verified; the kernel with the rules, bridges and chains of the beginning; no packet with a private source
 * or over a forbidden port at any ISP; the configuration that was accepted still there.
 */
export async function soak(options: SoakOptions): Promise<readonly MixOutcome[]> {
  const rig = await LawRig.launch(badHost);
  try {
    await rig.calm('controller');
    const ship = new SoakedShip(rig);
    await ship.begin();
    const outcomes: MixOutcome[] = [];
    const untilMs = monotonicMs() + options.forMs;
    for (let number = options.from ?? 1; number === (options.from ?? 1) || monotonicMs() < untilMs; number += 1) {
      const outcome = await ship.endure(number, mixOf(options.seed, number));
      outcomes.push(outcome);
      options.onMix?.(outcome);
      // What is broken now would be held against the mixes to come.
      if (outcome.violations.length > 0) break;
    }
    return outcomes;
  } finally {
    await rig.destroy();
  }
}

class SoakedShip {
  readonly #rig: LawRig;
  readonly #lab: Lab;
  #kernelAtFirst = '';

  constructor(rig: LawRig) {
    this.#rig = rig;
    this.#lab = rig.lab;
  }

  async begin(): Promise<void> {
    await Promise.all([this.#lab.app('app1').waitForAddress(), this.#lab.app('app2').waitForAddress()]);
    this.#kernelAtFirst = await this.#kernel();
  }

  async endure(number: number, mix: Mix): Promise<MixOutcome> {
    const forbidden = await this.#startStream('app2', FORBIDDEN.destination);
    const stream = await this.#startStream('app1', internetAddresses.echo1);
    const undos: (() => Promise<void>)[] = [];
    for (const { blow, afterMs } of mix) {
      await sleep(afterMs);
      undos.unshift(await strike(this.#lab, blow));
    }
    for (const undo of undos) await undo();
    await Promise.all(serviceNames.map((name) => this.#lab.service(name).start()));
    const before = [...(await this.#lostConfiguration()), ...(await this.#notWell())];
    const { leaks, remarks } = await this.#leaks();
    const violations = [...before, ...leaks];
    await this.#lab.app('app2').agent.call('stopUdpStream', { stream: forbidden });
    const { lost, answered, longestOutageMs } = await this.#lab.app('app1').agent.call('stopUdpStream', { stream });
    return { number, mix, violations, remarks, lost, sent: lost + answered, longestOutageMs };
  }

  async #startStream(app: 'app1' | 'app2', address: string): Promise<number> {
    const { stream } = await this.#lab.app(app).agent.call('startUdpStream', {
      ...{ address, port: servicePorts.echo, intervalMs: STREAM_EVERY_MS },
    });
    return stream;
  }

  async #lostConfiguration(): Promise<readonly string[]> {
    const client = connectTo(DeviceConfigServiceClient, `unix:${this.#lab.runDir}/zedagent.sock`);
    try {
      await call(client, 'getConfig', {}, { timeoutMs: 5_000 });
      return [];
    } catch (error) {
      return [`the configuration is gone: ${error instanceof Error ? error.message : String(error)}`];
    } finally {
      client.close();
    }
  }

  /** Waits until everything is as at the beginning. */
  async #notWell(): Promise<readonly string[]> {
    try {
      await this.#rig.calm('controller');
    } catch (error) {
      return [error instanceof Error ? error.message : String(error), await this.#rig.account()];
    }
    let kernel = '';
    const isAsAtFirst = async (): Promise<boolean> => {
      kernel = await this.#kernel();
      return kernel === this.#kernelAtFirst;
    };
    if (await waitUntil(isAsAtFirst, { timeoutMs: WELL_WITHIN_MS, everyMs: 500 })) return [];
    return [`the kernel differs from that of the beginning:\n${difference(this.#kernelAtFirst, kernel)}`];
  }

  async #leaks(): Promise<{ readonly leaks: readonly string[]; readonly remarks: readonly string[] }> {
    const counters = await Promise.all(
      portNames.map(async (port) => [port, await this.#lab.isp(port).counters()] as const),
    );
    const portAddresses = new Set(portNames.map((port) => this.#lab.isp(port).leaseAddress));
    const remarks = counters.flatMap(([port, { foreignSources }]) =>
      [...foreignSources]
        .filter(([address]) => portAddresses.has(address))
        .map(([address, { packets }]) => `${packets} packets of the device itself from ${address} at ${port} so far`),
    );
    const leaks = counters.flatMap(([port, { foreignSources, destinations }]) => {
      const overForbidden = destinations.get(FORBIDDEN.destination)?.packets ?? 0;
      // What is an app's is private. The device's own last packet from an address that is just being taken away may go
      // by the main table: the kernel removes the port's routes first.
      const apps = [...foreignSources.keys()].filter((address) => !portAddresses.has(address));
      return [
        ...(apps.length > 0 ? [`packets with private sources at ${port}: ${apps.join(', ')}`] : []),
        ...(port === FORBIDDEN.port && overForbidden > 0 ? [`${overForbidden} packets of business over ${port}`] : []),
      ];
    });
    return { leaks, remarks };
  }

  /** What there is of ours in the kernel, but for elements and counters, which traffic and time change. */
  async #kernel(): Promise<string> {
    const script = [
      'ip rule',
      'ip -br link show type bridge',
      "bridge link | sed 's/^[0-9]*: //; s/ state .*//; s/@[^:]*//' | sort",
      'for port in eth0 wwan0 sat0; do echo $port; tc filter show dev $port egress | grep -c direct-action; done',
      'ip route show table 501; ip route show table 502; ip route show table 503; ip route show table 499',
      'nft -s -t list table inet eve_uplink',
    ].join('; ');
    const { stdout } = await this.#lab.exec('device', ['sh', '-c', script]);
    // Routes of a table, and sets of a ruleset, have no order.
    return stdout.split('\n').sort().join('\n');
  }
}

function difference(before: string, after: string): string {
  const [a, b] = [before.split('\n'), after.split('\n')];
  return [
    ...a.filter((line) => !b.includes(line)).map((line) => `- ${line}`),
    ...b.filter((line) => !a.includes(line)).map((line) => `+ ${line}`),
  ].join('\n');
}

/** A line for each mix that was not endured, and the sums. */
export function soakText(outcomes: readonly MixOutcome[]): string {
  const blows = outcomes.flatMap(({ mix }) => mix).length;
  const violations = outcomes.flatMap(({ violations: each }) => each).length;
  const lost = outcomes.reduce((sum, outcome) => sum + outcome.lost, 0);
  const sent = outcomes.reduce((sum, outcome) => sum + outcome.sent, 0);
  return `${outcomes.length} mixes, ${blows} faults, ${violations} violations, ${lost} of ${sent} packets lost`;
}

export function outcomeText({ number, mix, violations, remarks, lost, sent, longestOutageMs }: MixOutcome): string {
  const head = `mix ${number}: ${mixText(mix)}: lost ${lost} of ${sent}, longest ${Math.round(longestOutageMs)} ms`;
  return [
    head,
    ...violations.map((violation) => `  VIOLATION: ${violation}`),
    ...remarks.map((remark) => `  seen: ${remark}`),
  ].join('\n');
}
