import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { run } from 'iproute-exec';

import { systemClock } from '../../lib/clock/index.js';
import { eventually } from '../../lib/clock/testing/eventually.js';
import type { AccessEntry } from '../../lib/configuration/index.js';
import { EVERYTHING } from '../../lib/configuration/testing/access-entry.js';
import { Program } from '../../lib/iproute-exec/testing.js';
import { createLogger } from '../../lib/observability/index.js';
import { openKernel } from './apply/kernel.js';
import type { DesiredSwitch, SwitchApp } from './desired/switches.js';
import { cleanUp } from './reconcile/clean-up.js';
import { SwitchKeeper, type SwitchState } from './switches/switch-keeper.js';

const NI = '33333333-3333-4333-8333-333333333333';
const PREFIX = `evsw-${process.pid}`;
const [DEVICE, LAN, APP1, APP2] = [`${PREFIX}-device`, `${PREFIX}-lan`, `${PREFIX}-app1`, `${PREFIX}-app2`];
const MAC1 = '02:00:00:00:01:01';
const MAC2 = '02:00:00:00:01:02';
/** Of the network outside, which is the switch's, too. */
const [OUTSIDE, INSIDE1, INSIDE2] = ['10.9.0.1', '10.9.0.11', '10.9.0.12'];
const [OPEN, CLOSED] = [7_000, 7_001];

const logger = createLogger({ service: 'test', level: 'silent' });
const tcp = (port: number): Partial<AccessEntry> => ({ protocol: 6, remotePorts: { first: port, last: port } });
const entry = (id: number, more: Partial<AccessEntry>): AccessEntry => ({ ...EVERYTHING, id, ...more });

function app(number: 1 | 2, accessList: readonly AccessEntry[]): SwitchApp {
  const name = `app${number}`;
  const macAddress = number === 1 ? MAC1 : MAC2;
  return { key: `${name}/eth0`, appId: name, appName: name, interfaceName: 'eth0', macAddress, accessList };
}

const WANTED: DesiredSwitch = {
  ...{ niId: NI, number: 7, bridge: 'bn7', macAddress: '02:16:3e:06:00:07', mtu: 0, forwardsLldp: false },
  port: { interfaceName: 'eth9' },
  apps: [app(1, [entry(1, tcp(OPEN))]), app(2, [entry(1, {})])],
};

const ip = (words: string) => run('ip', words.split(' '));
const inDevice = (words: string) => ip(`-n ${DEVICE} ${words}`);

async function removeNamespaces(): Promise<void> {
  for (const name of [DEVICE, LAN, APP1, APP2]) await run('ip', ['netns', 'del', name], { allowFailure: true });
}

/** Sends something, which shows whose it is: it asks for the owner of an address. */
async function sends(namespace: string): Promise<void> {
  await run('ip', ['-n', namespace, 'neigh', 'del', '10.9.0.99', 'dev', 'eth0'], { allowFailure: true });
  await run('ip', ['-n', namespace, 'neigh', 'replace', '10.9.0.99', 'dev', 'eth0', 'use']);
}

/** Whether a TCP connection comes about; a refusal is no answer that is waited for here. */
async function connects(namespace: string, address: string, port: number, withinMs: number): Promise<boolean> {
  const script = `const s = require('node:net').connect(${port}, '${address}');
    s.on('connect', () => { console.log('yes'); process.exit(); }).on('error', () => process.exit());
    setTimeout(() => process.exit(), ${withinMs});`;
  const { stdout } = await run(process.execPath, ['-e', script], { namespace, allowFailure: true });
  return stdout.trim() === 'yes';
}

/** What is to be reached may take a moment on a busy machine; what is not, is not. */
const reaches = (namespace: string, address: string, port: number) => connects(namespace, address, port, 10_000);
const isKeptFrom = async (namespace: string, address: string, port: number) =>
  !(await connects(namespace, address, port, 600));

describe('a switch on a real kernel', () => {
  let keeper: SwitchKeeper;
  const programs: Program[] = [];
  let lookedMs = 0;

  const open = (): SwitchKeeper =>
    new SwitchKeeper({ kernel: openKernel(DEVICE), clock: systemClock, logger, onChange: () => undefined });
  const follow = (...wanted: readonly DesiredSwitch[]): void => {
    keeper.follow(new Map(wanted.map((each) => [each.niId, each])));
  };
  const state = (): SwitchState | undefined => keeper.states().get(NI);
  const until = (holds: () => boolean | Promise<boolean>) =>
    eventually(async () => {
      // As often as zedrouter's own watch, and not for ever.
      if (performance.now() - lookedMs > 50) {
        lookedMs = performance.now();
        keeper.onKernelChanged('routing');
        keeper.onKernelChanged('ruleset');
      }
      return holds();
    }, 20_000);
  const knowsApps = (count: number) => () => state()?.members.size === count;
  const masterOf = async (name: string): Promise<string> => {
    const { stdout } = await run('ip', ['-n', DEVICE, '-o', 'link', 'show', 'dev', name], { allowFailure: true });
    return / master (\S+)/.exec(stdout)?.[1] ?? '';
  };
  const plug = async (): Promise<void> => {
    for (const name of ['app1', 'app2']) await inDevice(`link set ${name} master bn7 up`);
    await until(async () => {
      await sends(APP1);
      await sends(APP2);
      return knowsApps(2)();
    });
  };

  beforeAll(async () => {
    await removeNamespaces();
    for (const name of [DEVICE, LAN, APP1, APP2]) await ip(`netns add ${name}`);
    let index = 500;
    const cable = async (name: string, namespace: string, address: string, mac?: string): Promise<void> => {
      const [ours, theirs] = [(index += 1), (index += 100)];
      const words = mac === undefined ? '' : ` address ${mac}`;
      await ip(
        `link add ${name} index ${ours} netns ${DEVICE} type veth peer name eth0 index ${theirs}${words} netns ${namespace}`,
      );
      await ip(`-n ${namespace} addr add ${address}/24 dev eth0`);
      await ip(`-n ${namespace} link set eth0 up`);
      await inDevice(`link set ${name} up`);
    };
    await cable('eth9', LAN, OUTSIDE);
    await cable('app1', APP1, INSIDE1, MAC1);
    await cable('app2', APP2, INSIDE2, MAC2);
    for (const [namespace, address] of [
      [LAN, OUTSIDE],
      [APP1, INSIDE1],
      [APP2, INSIDE2],
    ] as const) {
      for (const port of [OPEN, CLOSED]) programs.push(Program.tcpEcho(namespace, { address, port }));
    }
    await Promise.all(programs.map((program) => program.prints('listening')));
  });

  beforeEach(() => {
    keeper = open();
  });

  afterEach(async () => {
    await keeper.close();
    await cleanUp({ runDir: `/tmp/${PREFIX}`, stateDir: `/tmp/${PREFIX}`, logger, namespace: DEVICE });
  });

  afterAll(async () => {
    await Promise.all(programs.map((program) => program.end()));
    await removeNamespaces();
  });

  it('joins apps to the network of its port, as their access lists say, and learns their addresses', async () => {
    follow(WANTED);
    await until(() => state()?.isUp === true);
    expect(state()).toMatchObject({ port: 'eth9', problem: undefined, failure: undefined });
    expect(await masterOf('eth9')).toBe('bn7');
    await plug();
    expect(await reaches(APP1, OUTSIDE, OPEN)).toBe(true);
    expect(await isKeptFrom(APP1, OUTSIDE, CLOSED)).toBe(true);
    expect(await reaches(APP2, OUTSIDE, CLOSED)).toBe(true);
    // Nobody may begin anything with app1 but by its own entry, which names a port of the other end.
    expect(await isKeptFrom(LAN, INSIDE1, OPEN)).toBe(true);
    expect(await isKeptFrom(APP2, INSIDE1, OPEN)).toBe(true);
    expect(await reaches(LAN, INSIDE2, CLOSED)).toBe(true);
    // Between apps both lists count.
    expect(await reaches(APP1, INSIDE2, OPEN)).toBe(true);
    await until(() => state()?.addresses.get('app1/eth0')?.includes(INSIDE1) === true);
    expect(state()?.members).toEqual(
      new Map([
        ['app1/eth0', 'app1'],
        ['app2/eth0', 'app2'],
      ]),
    );
  });

  it('lets nobody in it who is not known as an app, and is itself reached by nobody', async () => {
    follow({ ...WANTED, apps: [app(2, [entry(1, {})])] });
    await until(() => state()?.isUp === true);
    await inDevice('addr add 172.31.9.9/32 dev lo');
    await inDevice('link set lo up');
    for (const name of ['app1', 'app2']) await inDevice(`link set ${name} master bn7 up`);
    await until(async () => {
      await sends(APP2);
      return knowsApps(1)();
    });
    await until(() => state()?.notices.some((notice) => notice.startsWith('app1 in bn7: not known')) === true);
    expect(await isKeptFrom(APP1, OUTSIDE, OPEN)).toBe(true);
    expect(await isKeptFrom(APP1, INSIDE2, OPEN)).toBe(true);
    expect(await reaches(APP2, OUTSIDE, OPEN)).toBe(true);
    // The host: by an address of its own, and as a router. Whatever a device with br_netfilter and forwarding does.
    await ip(`-n ${APP2} route replace 172.31.9.9/32 dev eth0`);
    const ping = await run('ping', ['-c', '1', '-W', '1', '172.31.9.9'], { namespace: APP2, allowFailure: true });
    expect(ping.exitCode).not.toBe(0);
  });

  it('keeps flows, members and the port over a zedrouter that ends, and lets go of all at the clean-up', async () => {
    follow(WANTED);
    await until(() => state()?.isUp === true);
    await plug();
    const session = Program.tcpSession(APP1, { address: OUTSIDE, port: OPEN });
    try {
      await session.prints('port ');
      session.write('before\n');
      await session.prints('echo before');
      await keeper.close();
      session.write('without\n');
      await session.prints('echo without');
      keeper = open();
      follow(WANTED);
      // Known at once: nobody need send for it.
      await until(() => state()?.isUp === true);
      expect(state()?.members.size).toBe(2);
      session.write('after\n');
      await session.prints('echo after');
      // Whoever empties our rules has them back, and what was under way goes on.
      await run('nft', ['flush', 'ruleset'], { namespace: DEVICE });
      await until(() => state()?.isUp === true);
      session.write('repaired\n');
      await session.prints('echo repaired');
      // That takes until its next check.
      await until(() => isKeptFrom(APP1, OUTSIDE, CLOSED));
      // Under another list it is looked at anew.
      follow({ ...WANTED, apps: [app(1, []), app(2, [])] });
      await until(() => isKeptFrom(APP1, OUTSIDE, OPEN));
      expect(knowsApps(2)()).toBe(true);
    } finally {
      await session.end();
    }
    await keeper.close();
    await cleanUp({ runDir: `/tmp/${PREFIX}`, stateDir: `/tmp/${PREFIX}`, logger, namespace: DEVICE });
    expect(await masterOf('eth9')).toBe('');
    const links = await run('ip', ['-n', DEVICE, '-o', 'link', 'show', 'type', 'bridge']);
    expect(links.stdout).toBe('');
    expect((await run('nft', ['list', 'tables'], { namespace: DEVICE })).stdout).not.toContain('eve_uplink');
  });

  it('is joined to a bridge of the host, whose own traffic goes on, and never takes a port with addresses', async () => {
    follow(WANTED);
    await inDevice('addr add 10.9.0.2/24 dev eth9');
    try {
      await until(() => state()?.problem !== undefined);
      expect(state()).toMatchObject({ port: undefined, problem: { subject: 'eth9' } });
      expect(await masterOf('eth9')).toBe('');
      await inDevice('addr del 10.9.0.2/24 dev eth9');
      await until(() => state()?.port === 'eth9');
      // As soon as the host wants it for itself, it has it.
      await inDevice('addr add 10.9.0.2/24 dev eth9');
      await until(async () => state()?.port === undefined && (await masterOf('eth9')) === '');
      await inDevice('addr del 10.9.0.2/24 dev eth9');

      await inDevice('link add br0 type bridge');
      await inDevice('link set br0 up');
      await inDevice('link set eth9 master br0');
      await inDevice('addr add 10.9.0.2/24 dev br0');
      follow({ ...WANTED, port: { interfaceName: 'br0' } });
      await until(() => state()?.port === 'br0');
      await plug();
      expect(await reaches(APP1, OUTSIDE, OPEN)).toBe(true);
      expect(await isKeptFrom(APP1, OUTSIDE, CLOSED)).toBe(true);
      expect(await reaches(DEVICE, OUTSIDE, CLOSED)).toBe(true);
      follow();
      await until(() => keeper.states().size === 0);
      const links = await run('ip', ['-n', DEVICE, '-o', 'link', 'show', 'type', 'veth']);
      expect(links.stdout).not.toContain('sn7');
      expect(await masterOf('eth9')).toBe('br0');
    } finally {
      await run('ip', ['-n', DEVICE, 'link', 'del', 'br0'], { allowFailure: true });
      await run('ip', ['-n', DEVICE, 'addr', 'flush', 'dev', 'eth9', 'scope', 'global'], { allowFailure: true });
    }
  });

  it('passes IPv6, packets in pieces and answers to what was sent, as the lists say', async () => {
    const listed = [
      entry(1, { protocol: 1, remoteNetwork: { text: '10.9.0.0', prefixLength: 24, first: 0, last: 0 } }),
      entry(2, { action: 'drop', remoteNetwork: 'ipv6', remoteIpv6: '2001:db8:9::1/128', protocol: 58 }),
      entry(3, { remoteNetwork: 'ipv6', remoteIpv6: '2001:db8::/32' }),
    ];
    follow({ ...WANTED, apps: [app(1, listed), app(2, [])], port: undefined });
    await until(() => state()?.isUp === true);
    expect(await masterOf('eth9')).toBe('');
    for (const [namespace, address] of [
      [APP1, '2001:db8:9::11'],
      [APP2, '2001:db8:9::12'],
      [LAN, '2001:db8:9::1'],
    ] as const) {
      await ip(`-n ${namespace} addr replace ${address}/64 dev eth0 nodad`);
    }
    follow({ ...WANTED, apps: [app(1, listed), app(2, [])] });
    await until(() => state()?.port === 'eth9');
    await plug();
    const pings = async (address: string, size: number, seconds: number): Promise<boolean> => {
      const words = ['-c', '1', '-W', String(seconds), '-s', String(size), address];
      const { exitCode } = await run('ping', words, { namespace: APP1, allowFailure: true });
      return exitCode === 0;
    };
    expect(await pings(OUTSIDE, 56, 10)).toBe(true);
    expect(await pings(OUTSIDE, 4_000, 10)).toBe(true);
    expect(await pings('2001:db8:9::1', 56, 1)).toBe(false);
    await ip(`-n ${LAN} addr replace 2001:db8:9::2/64 dev eth0 nodad`);
    expect(await pings('2001:db8:9::2', 56, 10)).toBe(true);
    expect(await pings(INSIDE2, 56, 1)).toBe(false);
    await until(() => state()?.addresses.get('app1/eth0')?.includes('2001:db8:9::11') === true);
  });
});
