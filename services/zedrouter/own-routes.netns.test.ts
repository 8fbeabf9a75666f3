import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from 'iproute-exec';

import { routeSelectionId, type RouteVia } from '../../lib/configuration/index.js';
import { Program } from '../../lib/iproute-exec/testing.js';
import { NO_IDS } from './ids/ids.js';
import { ECHO } from './testing/first-packets.js';
import { makeDeviceAppIsp, type DeviceAppIsp } from './testing/device-app-isp.js';
import { endReconcilers, upstream, withReconciler } from './testing/real-reconciler.js';
import { MODEL, NI_DEFAULT, PORTS, selection } from './testing/ship.js';
import type { Upstream } from './upstream/inputs.js';

const EVERYWHERE = { address: '0.0.0.0', length: 0 };
const OFFICE = { address: '198.51.100.0', length: 24 };
const HOST = '198.51.100.7';
const ROUTER = '192.0.9.1';
const NEAR = { prefixLength: 24, isDeprecated: false };
/** A port's address in the router's network, by the port's place. */
const ownAt = (index: number): string => `192.0.9.${10 + index}`;

describe('own routes on a real kernel', () => {
  let runDir: string;
  let place: DeviceAppIsp;
  const programs: Program[] = [];

  beforeAll(async () => {
    runDir = await mkdtemp(join(tmpdir(), 'evro-'));
    place = await makeDeviceAppIsp('evro');
  });

  afterEach(async () => {
    await Promise.all(programs.splice(0).map((program) => program.end()));
  });

  afterAll(async () => {
    await endReconcilers({ namespace: place.device, runDir });
    await place.remove();
    await rm(runDir, { recursive: true, force: true });
  });

  /** The ship whose default route is by eth0, with a route to the office in its first network instance. */
  function upstreamWith(via: RouteVia, armed: readonly string[] = [], destination = OFFICE): Upstream {
    const { config, ports, selections } = upstream(['eth0', 'wwan0', 'sat0']);
    if (config === undefined || selections === undefined) throw new Error('nothing upstream');
    const [first, ...others] = MODEL.networkInstances;
    if (first === undefined) throw new Error('no network instance');
    const changed = { ...first, staticRoutes: [{ destination, via }] };
    return {
      config: { ...config, model: { ...MODEL, networkInstances: [changed, ...others] } },
      ports,
      selections: {
        ...selections,
        selections: new Map([
          ...selections.selections,
          [routeSelectionId(NI_DEFAULT, '198.51.100.0/24'), selection(armed)],
        ]),
      },
    };
  }

  /** Where the kernel sends what comes from an app. */
  async function wayTo(address: string, from = '10.77.0.2'): Promise<string> {
    const { stdout, stderr } = await run(
      'ip',
      ['route', 'get', address, 'from', from, 'iif', 'bn1', 'mark', '0xe0000123'],
      { namespace: place.device, allowFailure: true },
    );
    return /dev \S+|No route to host/.exec(stdout + stderr)?.[0] ?? stdout + stderr;
  }

  it('lead where they should, by the standby without anybody awake, and nowhere else', async () => {
    await withReconciler({ namespace: place.device, runDir, ids: NO_IDS }, async (reconciler, nextReport) => {
      const settle = async (news: Upstream): Promise<void> => {
        const report = nextReport();
        reconciler.takeUpstream(news);
        expect((await report).failures).toEqual([]);
      };
      await settle(upstreamWith({ kind: 'ports', label: 'radio', target: undefined }, ['wwan0', 'sat0']));
      expect([await wayTo('198.51.100.7'), await wayTo('203.0.113.7')]).toEqual(['dev wwan0', 'dev eth0']);
      const again = nextReport();
      reconciler.kernelIsDirty('routing');
      expect((await again).planned).toEqual([]);

      for (const [down, want] of [
        ['wwan0', 'dev sat0'],
        ['sat0', 'No route to host'],
      ] as const) {
        await run('ip', ['-n', place.isp, 'link', 'set', 'dev', down, 'down']);
        expect(await wayTo('198.51.100.7')).toBe(want);
      }
      expect(await wayTo('203.0.113.7')).toBe('dev eth0');
      for (const up of ['wwan0', 'sat0']) await run('ip', ['-n', place.isp, 'link', 'set', 'dev', up, 'up']);
      expect(await wayTo('198.51.100.7')).toBe('dev wwan0');

      await settle(upstreamWith({ kind: 'gateway', address: '192.0.4.77' }, ['sat0']));
      expect(await wayTo('198.51.100.7')).toBe('dev sat0');
      await settle(upstreamWith({ kind: 'gateway', address: '203.0.113.1' }));
      expect(await wayTo('198.51.100.7')).toBe('No route to host');
      await settle(upstreamWith({ kind: 'gateway', address: '10.77.0.9' }));
      expect(await wayTo('198.51.100.7')).toBe('dev bn1');

      await settle(upstreamWith({ kind: 'gateway', address: '10.77.0.9' }, [], EVERYWHERE));
      expect(await wayTo('203.0.113.7')).toBe('dev bn1');
      expect(await wayTo('203.0.113.7', '10.77.0.9')).toBe('dev eth0');

      await settle(upstream(['eth0', 'wwan0', 'sat0']));
      expect(await wayTo('198.51.100.7')).toBe('dev eth0');
      const { stdout } = await run('ip', ['route', 'show', 'table', '229001'], {
        ...{ namespace: place.device, allowFailure: true },
      });
      expect(stdout).toBe('');
    });
  });

  /** The ports also share a network in which one router leads everywhere; their default routes lead nowhere. */
  async function shareRouter(): Promise<void> {
    const commands = [
      ...['eth0', 'wwan0'].flatMap((port, index) => [
        `-n ${place.device} addr replace ${ownAt(index)}/24 dev ${port}`,
        `-n ${place.isp} addr flush dev ${port} to ${PORTS.get(port)?.gateways[0] ?? ''}/32`,
        `-n ${place.isp} addr replace ${ROUTER}/24 dev ${port}`,
        `-n ${place.isp} route replace ${ownAt(index)}/32 dev ${port}`,
      ]),
      `-n ${place.isp} link set dev lo up`,
      `-n ${place.isp} addr replace ${HOST}/32 dev lo`,
    ];
    for (const words of commands) await run('ip', words.split(' '));
  }

  it.each([
    { what: 'one network', destination: OFFICE },
    { what: 'everything', destination: EVERYWHERE },
  ])('keep flows that go by a router on their way over a planned move: $what', async ({ destination }) => {
    const isDefault = destination.length === 0;
    const news = (armed: readonly string[]): Upstream => {
      const given = upstreamWith({ kind: 'gateway', address: ROUTER }, armed, destination);
      const { config, ports, selections } = given;
      if (config === undefined || ports === undefined || selections === undefined) throw new Error('nothing upstream');
      const networkInstances = config.model.networkInstances.map((each, index) =>
        isDefault && index === 0 ? { ...each, viaGateway: ROUTER } : each,
      );
      const chosen = isDefault ? [[NI_DEFAULT, selection(armed)] as const] : [];
      return {
        config: { ...config, model: { ...config.model, networkInstances } },
        ports: {
          ...ports,
          facts: new Map(
            [...ports.facts].map(([label, facts], index) => [
              label,
              label === 'sat0'
                ? facts
                : { ...facts, addresses: [...facts.addresses, { ...NEAR, address: ownAt(index) }] },
            ]),
          ),
        },
        selections: { ...selections, selections: new Map([...selections.selections, ...chosen]) },
      };
    };
    await shareRouter();
    await withReconciler({ namespace: place.device, runDir, ids: NO_IDS }, async (reconciler, nextReport) => {
      const settle = async (to: Upstream): Promise<void> => {
        const report = nextReport();
        reconciler.takeUpstream(to);
        expect((await report).failures).toEqual([]);
      };
      await settle(news(['eth0', 'wwan0']));
      await place.plugApp();
      const echo = new Program(place.isp, ECHO(7));
      programs.push(echo);
      await echo.prints('listening');
      const session = Program.tcpSession(place.app, { address: HOST, port: 7 });
      programs.push(session);
      await session.prints('port ');
      let said = 0;
      const isEchoed = async (): Promise<void> => {
        session.write(`${(said += 1)}\n`);
        await session.prints(`echo ${said}`);
      };
      await isEchoed();
      // To and fro: what stays has its mark all the time.
      for (const armed of [
        ['wwan0', 'eth0'],
        ['eth0', 'wwan0'],
        ['wwan0', 'eth0'],
      ]) {
        await settle(news(armed));
        expect(await wayTo(HOST)).toBe(`dev ${armed[0] ?? ''}`);
        await isEchoed();
      }
      // Without the port that it has stayed on, it ends.
      await run('ip', ['-n', place.isp, 'link', 'set', 'dev', 'eth0', 'down']);
      session.write('gone\n');
      expect(await session.prints('error ')).toBe('error ECONNRESET');
      await run('ip', ['-n', place.isp, 'link', 'set', 'dev', 'eth0', 'up']);
    });
  });
});
