import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from 'iproute-exec';
import { eventually } from '../../lib/clock/testing/eventually.js';
import { countFlowsByMark } from '../../lib/netlink/index.js';

import { VirtualClock } from '../../lib/clock/index.js';
import { Program } from '../../lib/iproute-exec/testing.js';
import { OURS, OURS_MASK } from '../../lib/dataplane-layout/index.js';
import { NO_IDS } from './ids/ids.js';
import { makeDeviceAppIsp, type DeviceAppIsp } from './testing/device-app-isp.js';
import { PORTS } from './testing/ship.js';
import { endReconcilers, upstream, withReconciler } from './testing/real-reconciler.js';

const SERVER = { address: '198.51.100.1', port: 7_000 };

describe('sessions whose flows the kernel itself has forgotten', () => {
  let runDir: string;
  let place: DeviceAppIsp;
  const programs: Program[] = [];

  beforeAll(async () => {
    runDir = await mkdtemp(join(tmpdir(), 'evre-'));
    place = await makeDeviceAppIsp('evre');
    await run('ip', ['-n', place.isp, 'link', 'set', 'dev', 'lo', 'up']);
    await run('ip', ['-n', place.isp, 'addr', 'add', `${SERVER.address}/32`, 'dev', 'lo']);
    const server = Program.tcpEcho(place.isp, SERVER);
    programs.push(server);
    await server.prints('listening');
  });

  afterAll(async () => {
    await Promise.all(programs.map((program) => program.end()));
    await endReconcilers({ namespace: place.device, runDir });
    await place.remove();
    await rm(runDir, { recursive: true, force: true });
  });

  function flows(): Promise<number> {
    return countFlowsByMark({ mark: OURS, mask: OURS_MASK, namespace: place.device });
  }

  it('are reset when their port has lost its address', async () => {
    const clock = new VirtualClock();
    await withReconciler({ namespace: place.device, runDir, ids: NO_IDS, clock }, async (reconciler, nextReport) => {
      const first = nextReport();
      reconciler.takeUpstream(upstream(['eth0', 'wwan0']));
      await first;
      await place.plugApp();
      const session = Program.tcpSession(place.app, SERVER);
      programs.push(session);
      await session.prints('port ');

      const looked = nextReport();
      clock.advance(60_000);
      await looked;
      // One after the other: when the flows are counted the reconciler has read them.
      expect(await flows()).toBe(1);
      await run('ip', ['-n', place.device, 'addr', 'flush', 'dev', 'eth0']);
      await eventually(async () => (await flows()) === 0);
      expect(session.printed).toHaveLength(1);

      const moved = nextReport();
      const { ports, ...others } = upstream(['wwan0']);
      const eth0 = PORTS.get('eth0');
      if (ports === undefined || eth0 === undefined) throw new Error('the ship has no eth0');
      const withoutAddress = { ...eth0, addresses: [], routes: [], gateways: [], sourceAddress: undefined };
      const facts = new Map([...ports.facts, ['eth0', withoutAddress]]);
      reconciler.takeUpstream({ ...others, ports: { ...ports, facts } });
      await moved;
      await session.prints('error ECONNRESET');
    });
  });
});
