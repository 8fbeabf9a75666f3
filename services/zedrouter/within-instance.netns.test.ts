import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from 'iproute-exec';

import type { DeviceModel, StaticRoute } from '../../lib/configuration/index.js';
import { Program } from '../../lib/iproute-exec/testing.js';
import { NO_IDS } from './ids/ids.js';
import { makeDeviceAppIsp, type DeviceAppIsp } from './testing/device-app-isp.js';
import { MODEL, neighbourAt, WEB } from './testing/ship.js';
import type { Upstream } from './upstream/inputs.js';
import { endReconcilers, upstream, withReconciler } from './testing/real-reconciler.js';

const NEIGHBOUR = 'evrw-neighbour';
const SERVER = { address: '10.77.0.3', port: 7_000 };

/** What the other services say, of a network instance with two apps. */
const withTwoApps = (armed: readonly string[]): Upstream => ({
  ...upstream(armed),
  config: { version: 1n, model: { ...MODEL, apps: [WEB, neighbourAt(SERVER.address)] } },
});

describe('two apps of one network instance', () => {
  let runDir: string;
  let place: DeviceAppIsp;
  const programs: Program[] = [];

  beforeAll(async () => {
    runDir = await mkdtemp(join(tmpdir(), 'evrw-'));
    place = await makeDeviceAppIsp('evrw');
    await run('ip', ['netns', 'del', NEIGHBOUR], { allowFailure: true });
    const commands = [
      `netns add ${NEIGHBOUR}`,
      `link add name app2 netns ${place.device} index 310 type veth peer name eth0 netns ${NEIGHBOUR} index 311`,
      `-n ${NEIGHBOUR} link set dev eth0 up`,
      `-n ${NEIGHBOUR} addr add ${SERVER.address}/24 dev eth0`,
    ];
    for (const words of commands) await run('ip', words.split(' '));
    // Whatever the host has it like: what a bridge of ours passes goes through the hooks of IP. Fails where the kernel
    // has no br_netfilter.
    await run('sysctl', ['-qw', 'net.bridge.bridge-nf-call-iptables=0'], { namespace: place.device });
  });

  afterAll(async () => {
    await Promise.all(programs.map((program) => program.end()));
    await endReconcilers({ namespace: place.device, runDir });
    await place.remove();
    await run('ip', ['netns', 'del', NEIGHBOUR], { allowFailure: true });
    await rm(runDir, { recursive: true, force: true });
  });

  it('talk to each other, and go on over a switch of ports', async () => {
    await withReconciler({ namespace: place.device, runDir, ids: NO_IDS }, async (reconciler, nextReport) => {
      const first = nextReport();
      reconciler.takeUpstream(withTwoApps(['eth0', 'wwan0', 'sat0']));
      expect((await first).failures).toEqual([]);
      await place.plugApp();
      await run('ip', ['-n', place.device, 'link', 'set', 'dev', 'app2', 'master', 'bn1', 'up']);
      const server = Program.tcpEcho(NEIGHBOUR, SERVER);
      programs.push(server);
      await server.prints('listening');
      const session = Program.tcpSession(place.app, SERVER);
      programs.push(session);
      await session.prints('port ');
      session.write('before\n');
      await session.prints('echo before');

      const moved = nextReport();
      reconciler.takeUpstream(withTwoApps(['wwan0', 'eth0', 'sat0']));
      await moved;
      session.write('after\n');
      await session.prints('echo after');
    });
  });

  it('reach what is behind one that is the gateway of a static route, whatever its own list refuses', async () => {
    const behind = { address: '198.51.100.7', port: SERVER.port };
    const [first, ...others] = MODEL.networkInstances;
    if (first === undefined) throw new Error('no network instance');
    const route = {
      destination: { address: '198.51.100.0', length: 24 },
      via: { kind: 'gateway', address: SERVER.address },
    };
    const gateway = neighbourAt(SERVER.address);
    const model: DeviceModel = {
      ...MODEL,
      networkInstances: [{ ...first, staticRoutes: [route as StaticRoute] }, ...others],
      apps: [WEB, { ...gateway, interfaces: gateway.interfaces.map((one) => ({ ...one, accessList: [] })) }],
    };
    await run('ip', ['-n', NEIGHBOUR, 'link', 'set', 'dev', 'lo', 'up']);
    await run('ip', ['-n', NEIGHBOUR, 'addr', 'replace', `${behind.address}/32`, 'dev', 'lo']);
    await withReconciler({ namespace: place.device, runDir, ids: NO_IDS }, async (reconciler, nextReport) => {
      const settled = nextReport();
      reconciler.takeUpstream({ ...upstream(['eth0']), config: { version: 2n, model } });
      expect((await settled).failures).toEqual([]);
      const server = Program.tcpEcho(NEIGHBOUR, behind);
      programs.push(server);
      await server.prints('listening');
      const session = Program.tcpSession(place.app, behind);
      programs.push(session);
      await session.prints('port ');
      session.write('hello\n');
      await session.prints('echo hello');
      const ping = (address: string) =>
        run('ping', ['-c', '1', '-W', '1', address], { namespace: place.app, allowFailure: true });
      expect((await ping(behind.address)).exitCode).toBe(0);
      // What is for the app itself is for its list.
      expect((await ping(SERVER.address)).exitCode).not.toBe(0);
    });
  });
});
