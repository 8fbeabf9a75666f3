import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from 'iproute-exec';

import { routeSelectionId, type RouteVia } from '../../lib/configuration/index.js';
import { NO_IDS } from './ids/ids.js';
import { makeDeviceAppIsp, type DeviceAppIsp } from './testing/device-app-isp.js';
import { endReconcilers, upstream, withReconciler } from './testing/real-reconciler.js';
import { MODEL, NI_DEFAULT, selection } from './testing/ship.js';
import type { Upstream } from './upstream/inputs.js';

const EVERYWHERE = { address: '0.0.0.0', length: 0 };
const OFFICE = { address: '198.51.100.0', length: 24 };

describe('own routes on a real kernel', () => {
  let runDir: string;
  let place: DeviceAppIsp;

  beforeAll(async () => {
    runDir = await mkdtemp(join(tmpdir(), 'evro-'));
    place = await makeDeviceAppIsp('evro');
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
});
