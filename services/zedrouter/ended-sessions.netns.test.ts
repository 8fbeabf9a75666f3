import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { countFlowsByMark, run } from 'iproute-exec';

import { VirtualClock } from '../clock/index.js';
import { eventually, Program } from '../iproute-exec/testing.js';
import { FLOW_OURS, FLOW_OURS_MASK } from './marks.js';
import { NO_NUMBERS } from './numbers.js';
import { received, withRouter } from './testing/real-router.js';
import { PORTS } from './testing/ship.js';

const [DEVICE, APP, ISP] = ['evre-device', 'evre-app', 'evre-isp'];
const SERVER = { address: '198.51.100.1', port: 7_000 };

describe('sessions whose flows the kernel itself has forgotten', () => {
  let runDir: string;
  const programs: Program[] = [];

  beforeAll(async () => {
    runDir = await mkdtemp(join(tmpdir(), 'evre-'));
    for (const name of [DEVICE, APP, ISP]) {
      await run('ip', ['netns', 'del', name], { allowFailure: true });
      await run('ip', ['netns', 'add', name]);
    }
    const ports = [...PORTS.values()].flatMap(({ interfaceName, addresses, gateways }, index) => [
      `link add name ${interfaceName} netns ${DEVICE} index ${100 + index} type veth peer name ${interfaceName} netns ${ISP} index ${200 + index}`,
      `-n ${DEVICE} link set dev ${interfaceName} up`,
      `-n ${ISP} link set dev ${interfaceName} up`,
      `-n ${DEVICE} addr add ${addresses[0]?.address ?? ''}/24 dev ${interfaceName}`,
      `-n ${ISP} addr add ${gateways[0] ?? ''}/24 dev ${interfaceName}`,
    ]);
    const others = [
      `-n ${ISP} link set dev lo up`,
      `-n ${ISP} addr add ${SERVER.address}/32 dev lo`,
      `link add name app netns ${DEVICE} index 300 type veth peer name eth0 netns ${APP} index 301`,
      `-n ${APP} link set dev eth0 up`,
      `-n ${APP} addr add 10.77.0.2/24 dev eth0`,
      `-n ${APP} route add default via 10.77.0.1`,
    ];
    for (const words of [...ports, ...others]) await run('ip', words.split(' '));
    const server = Program.tcpEcho(ISP, SERVER);
    programs.push(server);
    await server.prints('listening');
  });

  afterAll(async () => {
    await Promise.all(programs.map((program) => program.end()));
    for (const name of [DEVICE, APP, ISP]) await run('ip', ['netns', 'del', name], { allowFailure: true });
    await rm(runDir, { recursive: true, force: true });
  });

  function flows(): Promise<number> {
    return countFlowsByMark({ mark: FLOW_OURS, mask: FLOW_OURS_MASK, namespace: DEVICE });
  }

  it('are reset when their port has lost its address', async () => {
    const clock = new VirtualClock();
    await withRouter({ namespace: DEVICE, runDir, numbers: NO_NUMBERS, clock }, async (router, nextReport) => {
      const first = nextReport();
      router.receive(received(['eth0', 'wwan0']));
      await first;
      await run('ip', ['-n', DEVICE, 'link', 'set', 'dev', 'app', 'master', 'bn1', 'up']);
      const session = Program.tcpSession(APP, SERVER);
      programs.push(session);
      await session.prints('port ');

      const looked = nextReport();
      clock.advance(60_000);
      await looked;
      // One after the other: when the flows are counted the router has read them.
      expect(await flows()).toBe(1);
      await run('ip', ['-n', DEVICE, 'addr', 'flush', 'dev', 'eth0']);
      await eventually('no flows', async () => (await flows()) === 0);
      expect(session.printed).toHaveLength(1);

      const moved = nextReport();
      router.receive(received(['wwan0']));
      await moved;
      await session.prints('error ECONNRESET');
    });
  });
});
