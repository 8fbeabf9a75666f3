import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { run } from 'iproute-exec';

import { EVE_EXAMPLES, MORE_CASES, NAMES, PLACES, type AccessCase } from '../../lib/acl/testing/cases.js';
import { aclsArbitrary, flowArbitrary } from '../../lib/acl/testing/arbitraries.js';
import { oracleVerdict } from '../../lib/acl/testing/oracle.js';
import type { AccessFlow } from '../../lib/acl/index.js';
import { eventually } from '../../lib/clock/testing/eventually.js';
import type { AccessEntry, DeviceModel } from '../../lib/configuration/index.js';
import { app, local, modelOf, ship } from '../../lib/configuration/testing/ship-json.js';
import { NFT_FAMILY, NFT_TABLE } from '../../lib/dataplane-layout/index.js';
import { Program } from '../../lib/iproute-exec/testing.js';
import { deleteFlowsByMark } from '../../lib/netlink/index.js';
import { readDenials } from './apply/denials.js';
import { hostSetNames } from './desired/host-names.js';
import { NO_IDS } from './ids/ids.js';
import { makeDeviceAppIsp, type DeviceAppIsp } from './testing/device-app-isp.js';
import { ECHO, Sender, SENDER } from './testing/first-packets.js';
import { endReconcilers, upstream, withReconciler } from './testing/real-reconciler.js';
import { MODEL, neighbourAt, PORTS, WEB } from './testing/ship.js';
import type { Reconciler } from './reconciler.js';
import type { ReconcileReport } from './reconcile/report.js';

const NEIGHBOUR = 'evra-neighbour';
const ECHO_PORT = 7_000;
/** Longer than anything takes that is answered; what is dropped is known sooner, by its counter. */
const PATIENCE_MS = 2_000;
const OUTSIDE = PORTS.get('eth0')?.sourceAddress ?? '';
const SEED = 20_261_130;

/** The ship's model with this list for the app under examination. */
function modelWith(acls: readonly Record<string, unknown>[]): DeviceModel {
  const interpreted = modelOf(ship({ networkInstances: [local(1)], apps: [app(1, 1, { acls })] }));
  const { accessList = [], portMaps = [] } = interpreted.apps[0]?.interfaces[0] ?? {};
  return {
    ...MODEL,
    networkInstances: MODEL.networkInstances.map((instance) => ({
      ...instance,
      network: instance.network && {
        ...instance.network,
        staticDnsEntries: [{ hostName: 'printer', addresses: [PLACES.staticHost] }],
      },
    })),
    apps: [
      {
        ...WEB,
        interfaces: WEB.interfaces.map((each) => ({ ...each, address: PLACES.app, accessList, portMaps })),
      },
      neighbourAt(PLACES.neighbour),
    ],
  };
}

function namesIn(list: readonly AccessEntry[]): readonly string[] {
  return list.flatMap(({ remoteName }) => (remoteName === undefined ? [] : [remoteName]));
}

describe('access lists, on real packets', () => {
  let runDir: string;
  let place: DeviceAppIsp;
  let senders: Readonly<Record<'app' | 'isp' | 'neighbour', Sender>>;
  const programs: Program[] = [];

  beforeAll(async () => {
    runDir = await mkdtemp(join(tmpdir(), 'evra-'));
    place = await makeDeviceAppIsp('evra');
    await run('ip', ['netns', 'del', NEIGHBOUR], { allowFailure: true });
    const commands = [
      `netns add ${NEIGHBOUR}`,
      `link add name app2 netns ${place.device} index 310 type veth peer name eth0 netns ${NEIGHBOUR} index 311`,
      `-n ${NEIGHBOUR} link set dev eth0 up`,
      `-n ${NEIGHBOUR} addr add ${PLACES.neighbour}/24 dev eth0`,
      `-n ${NEIGHBOUR} route add default via 10.77.0.1`,
      `-n ${place.isp} link set dev lo up`,
      ...[PLACES.server, PLACES.otherServer, PLACES.client].map((at) => `-n ${place.isp} addr add ${at}/32 dev lo`),
    ];
    for (const words of commands) await run('ip', words.split(' '));
    // Kernels answer a sender with a few of these a second only.
    await run('sysctl', ['-qw', 'net.ipv4.icmp_ratelimit=0'], { namespace: place.device });
    for (const namespace of [place.isp, place.app, NEIGHBOUR]) {
      const input = [
        'add table ip test',
        'add chain ip test arrive { type nat hook prerouting priority dstnat; }',
        `add rule ip test arrive meta l4proto { tcp, udp } redirect to :${ECHO_PORT}`,
        '',
      ].join('\n');
      await run('nft', ['-f', '-'], { namespace, input });
      programs.push(new Program(namespace, ECHO(ECHO_PORT)));
    }
    const senderIn = (namespace: string): Sender => new Sender(new Program(namespace, SENDER));
    senders = { app: senderIn(place.app), isp: senderIn(place.isp), neighbour: senderIn(NEIGHBOUR) };
    await Promise.all([
      ...programs.map((program) => program.prints('listening')),
      ...Object.values(senders).map((sender) => sender.ready()),
    ]);
  });

  afterAll(async () => {
    await Promise.all([...programs, ...Object.values(senders)].map((program) => program.end()));
    await endReconcilers({ namespace: place.device, runDir });
    await place.remove();
    await run('ip', ['netns', 'del', NEIGHBOUR], { allowFailure: true });
    await rm(runDir, { recursive: true, force: true });
  });

  const denied = (): ReadonlyMap<number, number> =>
    new Map(
      readDenials(place.device)
        .filter(({ address }) => address === PLACES.app)
        .map(({ entry, packets }) => [entry, packets]),
    );

  /** The entry whose count has grown; undefined: none has. */
  function grown(before: ReadonlyMap<number, number>): number | undefined {
    return [...denied()].find(([entry, packets]) => packets > (before.get(entry) ?? 0))?.[0];
  }

  /** What becomes of the flow's first packet: `allowed`, `dropped 3`, or `refused`. */
  async function whatBecomesOf(flow: AccessFlow): Promise<string> {
    const before = denied();
    const isPing = flow.protocol === 1;
    const answer = isPing ? pinged(flow) : sent(flow);
    let answered: string | undefined;
    void answer.then((text) => (answered = text));
    await eventually(() => {
      if (answered === undefined && grown(before) === undefined) throw new Error('neither answered nor denied');
    });
    const entry = grown(before);
    if (entry === undefined) {
      expect(await answer).toBe('answered');
      return 'allowed';
    }
    if (entry !== 0) {
      for (const sender of Object.values(senders)) sender.giveUp();
      await answer;
      return `dropped ${entry}`;
    }
    // The sender is told: a reset by TCP, admin-prohibited by UDP.
    if (!isPing) expect(await answer).toBe(flow.protocol === 6 ? 'ECONNREFUSED' : 'EHOSTUNREACH');
    return 'refused';
  }

  function sent({ direction, protocol, remoteAddress, remotePort, localPort, portMap }: AccessFlow): Promise<string> {
    const name = protocol === 6 ? 'tcp' : 'udp';
    if (direction === 'egress') {
      const from = { protocol: name, from: PLACES.app, localPort: localPort ?? 0 } as const;
      return senders.app.send({ ...from, to: remoteAddress, port: remotePort ?? 0 }, PATIENCE_MS);
    }
    const from = { protocol: name, from: remoteAddress, localPort: remotePort ?? 0 } as const;
    return portMap === undefined
      ? senders.neighbour.send({ ...from, to: PLACES.app, port: localPort ?? 0 }, PATIENCE_MS)
      : senders.isp.send({ ...from, to: OUTSIDE, port: portMap.externalPort }, PATIENCE_MS);
  }

  async function pinged({ direction, remoteAddress }: AccessFlow): Promise<string> {
    const [namespace, to] = direction === 'egress' ? [place.app, remoteAddress] : ([NEIGHBOUR, PLACES.app] as const);
    const { exitCode } = await run('busybox', ['ping', '-c', '1', '-W', '1', to], { namespace, allowFailure: true });
    return exitCode === 0 ? 'answered' : 'silence';
  }

  /** Puts a list in force, with the names that its entries match resolved. */
  async function enforce(
    acls: readonly Record<string, unknown>[],
    reconciler: Reconciler,
    nextReport: () => Promise<ReconcileReport>,
  ): Promise<void> {
    const model = modelWith(acls);
    const settled = nextReport();
    reconciler.takeUpstream({ ...upstream(['eth0', 'wwan0', 'sat0']), config: { version: 1n, model } });
    expect((await settled).failures).toEqual([]);
    const elements = namesIn(model.apps[0]?.interfaces[0]?.accessList ?? []).flatMap((name) =>
      Object.entries(NAMES)
        .filter(([each]) => `.${each}`.endsWith(`.${name}`))
        .map(
          ([, address]) => `add element ${NFT_FAMILY} ${NFT_TABLE} ${hostSetNames(1, name)[0] ?? ''} { ${address} }\n`,
        ),
    );
    if (elements.length > 0) await run('nft', ['-f', '-'], { namespace: place.device, input: elements.join('') });
    // Each case begins anew.
    await deleteFlowsByMark({ mark: 0, mask: 0, namespace: place.device });
  }

  async function plugged(reconciler: Reconciler, nextReport: () => Promise<ReconcileReport>): Promise<void> {
    await enforce([], reconciler, nextReport);
    await place.plugApp();
    await run('ip', ['-n', place.device, 'link', 'set', 'dev', 'app2', 'master', 'bn1', 'up']);
  }

  it('do what the table says', async () => {
    const cases = [...EVE_EXAMPLES, ...MORE_CASES];
    await withReconciler({ namespace: place.device, runDir, ids: NO_IDS }, async (reconciler, nextReport) => {
      await plugged(reconciler, nextReport);
      let inForce: AccessCase['acls'] | undefined;
      const seen: string[] = [];
      for (const { what, acls, flow } of cases) {
        if (acls !== inForce) await enforce(acls, reconciler, nextReport);
        inForce = acls;
        seen.push(`${what}: ${await whatBecomesOf(flow)}`);
      }
      expect(seen).toEqual(cases.map(({ what, verdict }) => `${what}: ${verdict.replace(/^allowed .*/, 'allowed')}`));
    });
  });

  it('let packets through at the rate of a limit, each way by itself', async () => {
    const BURST = 5;
    const limited = { limit: true, limitrate: 1, limitunit: 'h', limitburst: BURST };
    await withReconciler({ namespace: place.device, runDir, ids: NO_IDS }, async (reconciler, nextReport) => {
      await plugged(reconciler, nextReport);
      const acls = [
        { id: 3, matches: [{ type: 'ip', value: PLACES.otherServer }] },
        { id: 4, matches: [{ type: 'protocol', value: 'udp' }], actions: [limited] },
      ];
      await enforce(acls, reconciler, nextReport);
      const send = (to: string): Promise<string> =>
        senders.app.send({ protocol: 'udp', from: PLACES.app, localPort: 0, to, port: 9 }, PATIENCE_MS);
      const before = denied();
      for (let sent = 0; sent < BURST; sent += 1) expect(await send(PLACES.server)).toBe('answered');
      const last = send(PLACES.server);
      await eventually(() => grown(before) === 4);
      senders.app.giveUp();
      expect(await last).toBe('given up');
      // Decided by an entry before it.
      for (let sent = 0; sent < 3 * BURST; sent += 1) expect(await send(PLACES.otherServer)).toBe('answered');
    });
  });

  it('refuse an address that is no app', async () => {
    await withReconciler({ namespace: place.device, runDir, ids: NO_IDS }, async (reconciler, nextReport) => {
      await plugged(reconciler, nextReport);
      await enforce([{ id: 1 }], reconciler, nextReport);
      const stranger = '10.77.0.77';
      await run('ip', ['-n', place.app, 'addr', 'add', `${stranger}/24`, 'dev', 'eth0']);
      const send = (from: string, to: string): Promise<string> =>
        senders.app.send({ protocol: 'tcp', from, localPort: 0, to, port: 80 }, PATIENCE_MS);
      expect(await send(stranger, PLACES.server)).toBe('ECONNREFUSED');
      expect(await send(stranger, PLACES.neighbour)).toBe('ECONNREFUSED');
      expect(await send(stranger, '10.77.0.1')).toBe('ECONNREFUSED');
      expect(await send(PLACES.app, PLACES.server)).toBe('answered');
      expect(readDenials(place.device).filter(({ address }) => address === stranger)).toEqual([]);
      await run('ip', ['-n', place.app, 'addr', 'del', `${stranger}/24`, 'dev', 'eth0']);
    });
  });

  it('cut the flows that they no longer allow, and no others', async () => {
    const to = (address: string): Record<string, unknown> => ({ matches: [{ type: 'ip', value: address }] });
    const mapped = {
      matches: [
        { type: 'protocol', value: 'tcp' },
        { type: 'lport', value: '2222' },
      ],
      actions: [{ portmap: true, appPort: 22 }],
    };
    const all = [to(PLACES.server), to(PLACES.otherServer), to(PLACES.neighbour), mapped];
    const sessionTo = async (namespace: string, address: string, port = 80): Promise<Program> => {
      const session = Program.tcpSession(namespace, { address, port });
      programs.push(session);
      await session.prints('port ');
      session.write('before\n');
      await session.prints('echo before');
      return session;
    };
    await withReconciler({ namespace: place.device, runDir, ids: NO_IDS }, async (reconciler, nextReport) => {
      await plugged(reconciler, nextReport);
      await enforce(all, reconciler, nextReport);
      const [server, otherServer, neighbour, fromOutside] = await Promise.all([
        sessionTo(place.app, PLACES.server),
        sessionTo(place.app, PLACES.otherServer),
        sessionTo(place.app, PLACES.neighbour),
        sessionTo(place.isp, OUTSIDE, 2222),
      ]);
      const fates = (sessions: readonly Program[], word: string): Promise<readonly string[]> =>
        Promise.all(
          sessions.map(async (session) => {
            session.write(`${word}\n`);
            await eventually(() => session.printed.some((line) => line === `echo ${word}` || line.startsWith('error')));
            return session.printed.at(-1) ?? '';
          }),
        );
      const change = (acls: readonly Record<string, unknown>[]): Promise<ReconcileReport> => {
        const settled = nextReport();
        const config = { version: 2n, model: modelWith(acls) };
        reconciler.takeUpstream({ ...upstream(['eth0', 'wwan0', 'sat0']), config });
        return settled;
      };
      expect((await change([to(PLACES.server), to(PLACES.neighbour), mapped])).failures).toEqual([]);
      expect(await fates([server, otherServer, neighbour, fromOutside], 'one')).toEqual([
        'echo one',
        'error ECONNRESET',
        'echo one',
        'echo one',
      ]);
      expect((await change([to(PLACES.server)])).failures).toEqual([]);
      expect(await fates([server, neighbour, fromOutside], 'two')).toEqual([
        'echo two',
        'error ECONNRESET',
        'error ECONNRESET',
      ]);
    });
  });

  it('do what an independent oracle says of random ones', async () => {
    await withReconciler({ namespace: place.device, runDir, ids: NO_IDS }, async (reconciler, nextReport) => {
      await plugged(reconciler, nextReport);
      const samples = fc.sample(fc.tuple(aclsArbitrary, fc.array(flowArbitrary, { minLength: 3, maxLength: 3 })), {
        seed: SEED,
        numRuns: 25,
      });
      for (const [acls, flows] of samples) {
        await enforce(acls, reconciler, nextReport);
        const hasPortMap = acls.some(({ actions }) => JSON.stringify([actions]).includes('portmap'));
        // Where nothing is mapped, nothing comes in.
        for (const flow of flows.filter(({ portMap }) => portMap === undefined || hasPortMap)) {
          const seen = `${JSON.stringify({ acls, flow })}: ${await whatBecomesOf(flow)}`;
          const expected = oracleVerdict(acls, flow).replace(/^allowed .*/, 'allowed');
          expect(seen).toBe(`${JSON.stringify({ acls, flow })}: ${expected}`);
          await deleteFlowsByMark({ mark: 0, mask: 0, namespace: place.device });
        }
      }
    });
  });
});
