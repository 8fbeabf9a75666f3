import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run, startWireGuardGo, wireGuardGoSocket } from 'iproute-exec';

import { keyPair } from '../../lab/wireguard-gateway.js';
import { systemClock } from '../../lib/clock/index.js';
import { eventually } from '../../lib/clock/testing/eventually.js';
import type { DeviceModel } from '../../lib/configuration/index.js';
import { Program } from '../../lib/iproute-exec/testing.js';
import { SecretKey } from '../../lib/netlink/index.js';
import { UapiClient } from '../../lib/wireguard-go/index.js';
import { NO_IDS, idsFor } from './ids/ids.js';
import { makeDeviceAppIsp, type DeviceAppIsp } from './testing/device-app-isp.js';
import { readUsage } from './usage/read-usage.js';
import { endReconcilers, upstream, withReconciler } from './testing/real-reconciler.js';
import { MODEL } from './testing/ship.js';
import type { Upstream } from './upstream/inputs.js';

const GATEWAY = { address: '203.0.113.1', port: 51_820, inside: '10.200.0.1', tcpPort: 7_000 };
const OURS_INSIDE = '10.200.0.2';
const PORT_NAMES = ['eth0', 'wwan0', 'sat0'];

describe('a tunnel on a real kernel', () => {
  let place: DeviceAppIsp;
  let runDir: string;
  let keyFile: string;
  let echo: Program;
  let session: Program | undefined;
  let peer: string;
  const gatewayName = `wgt${process.pid}`;

  const cloud = (): DeviceModel => {
    const [first, ...others] = MODEL.networkInstances;
    if (first === undefined) throw new Error('no network instance');
    return {
      ...MODEL,
      networkInstances: [
        {
          ...first,
          kind: 'cloud',
          tunnel: {
            privateKeyFile: keyFile,
            addresses: [OURS_INSIDE],
            isRouted: false,
            peers: [
              {
                publicKey: peer,
                endpoint: { host: { kind: 'address', family: 4, address: GATEWAY.address }, port: GATEWAY.port },
                keepaliveSeconds: 25,
                allowedPrefixes: [{ address: '0.0.0.0', length: 0 }],
              },
            ],
          },
        },
        ...others,
      ],
      apps: MODEL.apps.map((app) => ({
        ...app,
        interfaces: app.interfaces.map((each) => ({ ...each, portMaps: [], accessList: each.accessList.slice(0, 1) })),
      })),
    };
  };
  const told = (armed: readonly string[]): Upstream => ({
    ...upstream(armed, armed),
    config: { version: 1n, model: cloud() },
  });
  const inDevice = async (...argv: readonly [string, ...string[]]): Promise<string> => {
    const [file, ...args] = argv;
    const { stdout, stderr } = await run(file, args, { namespace: place.device, allowFailure: true });
    return stdout + stderr;
  };
  /** Packets that the internet got over a port: outside the tunnel, and with a private source. */
  const seen = async (): Promise<Record<string, number>> => {
    const { stdout } = await run('nft', ['-j', 'list', 'counters'], { namespace: place.isp });
    const { nftables } = JSON.parse(stdout) as { nftables: { counter?: { name: string; packets: number } }[] };
    return Object.fromEntries(
      nftables.flatMap(({ counter }) => (counter === undefined ? [] : [[counter.name, counter.packets]])),
    );
  };

  beforeAll(async () => {
    runDir = await mkdtemp(join(tmpdir(), 'evt-'));
    keyFile = join(runDir, 'key');
    place = await makeDeviceAppIsp(`evt-${process.pid}`);
    const [ours, theirs] = [keyPair(), keyPair()];
    peer = theirs.publicKey;
    await writeFile(keyFile, `${ours.privateKey}\n`, { mode: 0o600 });
    await run('ip', ['-n', place.device, 'link', 'set', 'lo', 'up']);
    await run('ip', ['-n', place.isp, 'link', 'set', 'lo', 'up']);
    await run('ip', ['-n', place.isp, 'addr', 'add', `${GATEWAY.address}/32`, 'dev', 'lo']);
    await run('nft', ['-f', '-'], {
      namespace: place.isp,
      input: [
        'table inet seen {',
        ...PORT_NAMES.flatMap((port) => [`counter tunnel_${port} {}`, `counter other_${port} {}`]),
        'chain in {',
        'type filter hook prerouting priority raw;',
        ...PORT_NAMES.flatMap((port) => [
          `iifname ${port} meta nfproto ipv4 udp dport ${GATEWAY.port} counter name tunnel_${port} accept`,
          `iifname ${port} meta nfproto ipv4 counter name other_${port}`,
        ]),
        '}',
        '}',
        '',
      ].join('\n'),
    });
    await startWireGuardGo(gatewayName, place.isp);
    const gateway = await UapiClient.open(wireGuardGoSocket(gatewayName), systemClock, () => undefined);
    const key = SecretKey.fromBase64(theirs.privateKey);
    await gateway?.change({
      privateKey: key,
      listenPort: GATEWAY.port,
      peers: [{ kind: 'set', publicKey: ours.publicKey, allowedPrefixes: [{ address: OURS_INSIDE, length: 32 }] }],
    });
    gateway?.close();
    await run('ip', ['-n', place.isp, 'addr', 'add', `${GATEWAY.inside}/24`, 'dev', gatewayName]);
    await run('ip', ['-n', place.isp, 'link', 'set', gatewayName, 'up']);
    echo = Program.tcpEcho(place.isp, { address: GATEWAY.inside, port: GATEWAY.tcpPort });
    await echo.prints('listening');
  });

  afterAll(async () => {
    await session?.end();
    await echo.end();
    await endReconcilers({ namespace: place.device, runDir });
    await run('ip', ['-n', place.isp, 'link', 'del', gatewayName], { allowFailure: true });
    await place.remove();
    await rm(runDir, { recursive: true, force: true });
  });

  /** The wireguard-go of the device. */
  const tunnelProcess = async (): Promise<number | undefined> => {
    const { stdout } = await run('ip', ['netns', 'pids', place.device]);
    return stdout
      .split('\n')
      .map(Number)
      .find((pid) => pid > 0 && readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('wireguard-go\0'));
  };
  /** Sends a line and waits for it to come back. */
  const echoed = async (to: Program | undefined, line: string): Promise<void> => {
    to?.write(`${line}\n`);
    await to?.prints(`echo ${line}`);
  };

  it('carries a session over a move, a crash of its process, a restart of ours, and a cable pulled meanwhile', async () => {
    const where = { namespace: place.device, runDir, ids: idsFor(cloud(), NO_IDS) };
    await withReconciler(where, async (reconciler, nextReport) => {
      const first = nextReport();
      reconciler.takeUpstream(told(['eth0', 'wwan0']));
      expect((await first).failures).toEqual([]);
      await place.plugApp();
      await eventually(async () => {
        expect(await inDevice('ip', 'route', 'show', 'table', '229001')).toContain('default dev tn1');
      });
      session = Program.tcpSession(place.app, { address: GATEWAY.inside, port: GATEWAY.tcpPort });
      await session.prints('port');
      await echoed(session, 'begun');
      const before = await seen();
      expect(before.tunnel_wwan0).toBe(0);
      const moved = nextReport();
      reconciler.takeUpstream(told(['wwan0', 'eth0']));
      await moved;
      await echoed(session, 'moved');
      const after = await seen();
      expect(after.tunnel_wwan0).toBeGreaterThan(0);
      expect(after.tunnel_eth0).toBe(before.tunnel_eth0);
      // Both ways and over both ports, as the network instance's own; never as an app's.
      const { apps } = readUsage(new Map(), 'boot', place.device);
      const used = apps.filter(({ bytes }) => bytes > 0).map((one) => `${one.direction} ${one.interfaceName}`);
      expect(used.sort()).toEqual(['down eth0', 'down wwan0', 'up eth0', 'up wwan0']);
      expect(new Set(apps.map(({ bridge, address }) => `${bridge}${address}`))).toEqual(new Set(['bn1']));

      const killed = await tunnelProcess();
      expect(killed).toBeDefined();
      process.kill(killed ?? 0, 'SIGKILL');
      await eventually(async () => {
        expect([undefined, killed]).not.toContain(await tunnelProcess());
        expect(await inDevice('ip', 'route', 'show', 'table', '229001')).toContain('default dev tn1');
      }, 1_000);
      await echoed(session, 'crashed');
    });
    const kept = await tunnelProcess();

    // Nobody of ours is there now.
    await run('ip', ['-n', place.isp, 'link', 'set', 'wwan0', 'down']);
    const before = await seen();
    await echoed(session, 'pulled');
    expect((await seen()).tunnel_eth0).toBeGreaterThan(before.tunnel_eth0 ?? 0);

    await withReconciler(where, async (reconciler, nextReport) => {
      const adopted = nextReport();
      reconciler.takeUpstream(told(['eth0']));
      expect((await adopted).failures).toEqual([]);
      await echoed(session, 'adopted');
      expect(await tunnelProcess()).toBe(kept);
      // What it was given once more is what it had: no handshake was needed.
      const none = nextReport();
      reconciler.takeUpstream(told([]));
      await none;
    });

    // Without a port nothing leaves, and without the device neither: least of all in the clear.
    const silent = await seen();
    session?.write('lost\n');
    await run('ip', ['-n', place.device, 'link', 'del', 'tn1']);
    const ping = await run('busybox', ['ping', '-c', '2', '-W', '1', GATEWAY.inside], {
      namespace: place.app,
      allowFailure: true,
    });
    expect(ping.exitCode).not.toBe(0);
    expect(await seen()).toEqual(silent);
    expect([silent.other_eth0, silent.other_wwan0, silent.other_sat0]).toEqual([0, 0, 0]);
  });
});
