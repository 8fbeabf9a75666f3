import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../clock/testing/eventually.js';
import { provokeChallengeAcks, type AppSession } from './challenge-ack.js';
import { run } from '../iproute-exec/run.js';
import { makeTestNamespace, Program, type TestNamespace } from '../iproute-exec/testing.js';

const ALIAS = 'eve-uplink:test';
const peer = { address: '10.9.0.1', port: 7_000 };
const APP_ADDRESS = '10.9.0.2';

let device: TestNamespace;
let app: TestNamespace;
const programs: Program[] = [];

async function openSession(): Promise<{ readonly program: Program; readonly session: AppSession }> {
  const program = Program.tcpSession(app.name, peer);
  programs.push(program);
  const port = Number((await program.prints('port ')).slice('port '.length));
  return { program, session: { bridge: { name: 'bn1', alias: ALIAS }, app: { address: APP_ADDRESS, port }, peer } };
}

/** How many SYNs of open sessions the app's kernel has answered. */
async function challenged(): Promise<number> {
  const { stdout } = await run('cat', ['/proc/net/netstat'], { namespace: app.name });
  const [names = [], values = []] = stdout
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.split(' '));
  return Number(values[names.indexOf('TCPSYNChallenge')]);
}

async function tracked(): Promise<number> {
  const { stdout } = await run('conntrack', ['-L', '-p', 'tcp'], { namespace: device.name });
  return stdout.trimEnd().split('\n').length;
}

beforeAll(async () => {
  device = await makeTestNamespace();
  app = await makeTestNamespace();
  await device.addVeth('app', 'eth0');
  for (const words of [
    'link add bn1 type bridge',
    `link set bn1 alias ${ALIAS}`,
    'addr add 10.9.0.1/24 dev bn1',
    'link set bn1 up',
    'link set app master bn1',
    'link set app up',
    `link set eth0 netns ${app.name}`,
  ]) {
    await device.ip(words);
  }
  await app.ip(`addr add ${APP_ADDRESS}/24 dev eth0`);
  await app.ip('link set eth0 up');
  // Has the kernel track, and reset whatever it does not know, as zedrouter's guard does.
  const guard = [
    'add table inet guard',
    'add chain inet guard input { type filter hook input priority filter; }',
    'add rule inet guard input ct state new tcp flags & (fin | syn | rst | ack) != syn reject with tcp reset',
  ];
  await run('nft', ['-f', '-'], { namespace: device.name, input: `${guard.join('\n')}\n` });
  const server = Program.tcpEcho(device.name, peer);
  programs.push(server);
  await server.prints('listening');
});

afterAll(async () => {
  await Promise.all(programs.map((program) => program.end()));
  await app.remove();
  await device.remove();
});

it('is answered by a session that is well, and does it no harm', async () => {
  const { program, session } = await openSession();
  const [before, flows] = [await challenged(), await tracked()];
  expect(await provokeChallengeAcks([session], device.name)).toBe(1);
  await eventually(async () => (await challenged()) === before + 1);
  program.write('still here\n');
  await program.prints('echo still here');
  expect(program.printed).toHaveLength(2);
  // The segment itself was not tracked.
  expect(await tracked()).toBe(flows);
});

it('has a session found out that nobody knows any more', async () => {
  const { program, session } = await openSession();
  await run('conntrack', ['-F'], { namespace: device.name });
  expect(await provokeChallengeAcks([session], device.name)).toBe(1);
  await program.prints('error ECONNRESET');
});

it('goes to apps behind a bridge of ours alone', async () => {
  const { session } = await openSession();
  const before = await challenged();
  const other: readonly AppSession[] = [
    { ...session, bridge: { name: 'bn1', alias: 'eve-uplink:other' } },
    { ...session, bridge: { name: 'bn2', alias: ALIAS } },
    { ...session, app: { ...session.app, address: '10.9.0.3' } },
  ];
  expect(await provokeChallengeAcks(other, device.name)).toBe(0);
  await device.ip(`link set app alias ${ALIAS}`);
  expect(await provokeChallengeAcks([{ ...session, bridge: { name: 'app', alias: ALIAS } }], device.name)).toBe(0);
  expect(await challenged()).toBe(before);
});

it('sends thousands, and lets others have the event loop meanwhile', async () => {
  const { session } = await openSession();
  let turns = 0;
  const count = (): void => {
    turns += 1;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  const sessions = Array.from({ length: 2_000 }, (_, index) => ({
    ...session,
    app: { ...session.app, port: 2_000 + index },
  }));
  expect(await provokeChallengeAcks(sessions, device.name)).toBe(sessions.length);
  clearImmediate(timer);
  expect(turns).toBeGreaterThan(50);
});

it('says why where it cannot: no namespace', async () => {
  const { session } = await openSession();
  await expect(provokeChallengeAcks([session], 'evi-missing')).rejects.toThrow(/Cannot open/);
});
