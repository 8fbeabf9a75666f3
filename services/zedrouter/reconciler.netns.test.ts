import { mkdir, mkdtemp, readFile, rm, rmdir, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run, runningDnsmasq, startDnsmasq, stopDnsmasq } from 'iproute-exec';

import { eventually } from '../../lib/clock/testing/eventually.js';
import { VirtualClock } from '../../lib/clock/index.js';
import { createLogger } from '../../lib/observability/index.js';
import { cleanUp } from './reconcile/clean-up.js';
import { nameServicePaths } from './desired/name-service-files.js';
import { nameServiceDirectory } from './apply/directories.js';
import { NO_IDS } from './ids/ids.js';
import type { Ids } from './desired/inputs.js';
import { upstream, withReconciler } from './testing/real-reconciler.js';
import { PORTS } from './testing/ship.js';

const DEVICE = `evr-${process.pid}-device`;
const SETTINGS = ['net.ipv4.ip_forward', 'net.ipv4.conf.eth0.rp_filter', 'net.ipv4.conf.wwan0.arp_ignore'] as const;
const FOREIGN_RULE = '20000:\tfrom all fwmark 0x77 lookup 77';

async function inDevice(...argv: readonly [string, ...string[]]): Promise<string> {
  const [file, ...args] = argv;
  const { stdout, stderr } = await run(file, args, { namespace: DEVICE, allowFailure: true });
  return stdout + stderr;
}

describe('Reconciler on a real kernel', () => {
  let runDir: string;
  let ids: Ids = NO_IDS;
  let settingsBefore: string;

  beforeAll(async () => {
    runDir = await mkdtemp(join(tmpdir(), 'evr-'));
    await run('ip', ['netns', 'del', DEVICE], { allowFailure: true });
    await run('ip', ['netns', 'add', DEVICE]);
    const ports = [...PORTS.values()].flatMap(({ interfaceName, addresses }, index) => [
      `link add name ${interfaceName} index ${100 + index} type veth peer name peer${index} index ${200 + index}`,
      `link set dev ${interfaceName} up`,
      `link set dev peer${index} up`,
      `addr add ${addresses[0]?.address ?? ''}/24 dev ${interfaceName}`,
    ]);
    await run('ip', ['-n', DEVICE, '-batch', '-'], {
      input: [...ports, 'link set dev lo up', 'rule add pref 20000 fwmark 0x77 lookup 77', ''].join('\n'),
    });
    await run('nft', ['-f', '-'], { namespace: DEVICE, input: 'add table inet somebody_else\n' });
    settingsBefore = await inDevice('sysctl', '-n', ...SETTINGS);
  });

  afterAll(async () => {
    await run('ip', ['netns', 'del', DEVICE], { allowFailure: true });
    await rm(runDir, { recursive: true, force: true });
  });

  it('builds everything, and finds nothing to do when it looks again', async () => {
    await withReconciler({ namespace: DEVICE, runDir, ids: NO_IDS }, async (reconciler, nextReport) => {
      const first = nextReport();
      reconciler.takeUpstream(upstream(['eth0', 'wwan0', 'sat0']));
      const report = await first;
      ids = report.ids;
      expect(report.failures).toEqual([]);
      const again = nextReport();
      reconciler.kernelIsDirty('routing');
      expect((await again).planned).toEqual([]);
    });
    expect(
      await inDevice('ip', 'route', 'get', '8.8.8.8', 'from', '10.77.0.2', 'iif', 'bn1', 'mark', '0xe0000123'),
    ).toContain('dev eth0 table 501');
    expect(await inDevice('cat', '/proc/sys/net/ipv4/conf/wwan0/ignore_routes_with_linkdown')).toBe('1\n');
  });

  it('adopts what another one left, without a single change', async () => {
    await withReconciler({ namespace: DEVICE, runDir, ids }, async (reconciler, nextReport) => {
      const first = nextReport();
      reconciler.takeUpstream(upstream(['eth0', 'wwan0', 'sat0']));
      const { planned, failures } = await first;
      expect(failures).toEqual([]);
      // Chains are loaded anew because nobody has seen yet how they read, and with them flows older than their port
      // maps are looked for; nothing else is done.
      expect(planned.map(({ name }) => name)).toEqual(['install', 'switch', 'flows']);
      expect(
        planned.flatMap(({ operations }) => operations.map(({ kind }) => kind)).filter((kind) => kind !== 'sysctl'),
      ).toEqual(['nft', 'refused-flows-end', 'untranslated-flows-end']);
    });
  });

  it.each<{ what: string; damage: readonly [string, ...string[]] }>([
    { what: 'a rule', damage: ['ip', 'rule', 'del', 'pref', '10000', 'from', '10.77.0.0/24', 'lookup', '501'] },
    { what: 'a route', damage: ['ip', 'route', 'del', 'default', 'table', '502'] },
    { what: 'a chain', damage: ['nft', 'flush', 'chain', 'inet', 'eve_uplink', 'guard'] },
    { what: 'an element', damage: ['nft', 'delete', 'element', 'inet', 'eve_uplink', 'ni_ranking', '{ "bn1" }'] },
    { what: 'the table', damage: ['nft', 'delete', 'table', 'inet', 'eve_uplink'] },
    { what: 'a bridge', damage: ['ip', 'link', 'del', 'bn1'] },
    { what: 'a filter', damage: ['tc', 'filter', 'del', 'dev', 'eth0', 'egress', 'pref', '22900'] },
    { what: 'what filters live in', damage: ['tc', 'qdisc', 'del', 'dev', 'wwan0', 'clsact'] },
    { what: 'forwarding on the host', damage: ['sysctl', '-qw', 'net.ipv4.ip_forward=0'] },
    { what: 'forwarding on a port', damage: ['sysctl', '-qw', 'net.ipv4.conf.wwan0.forwarding=0'] },
    { what: 'forwarding on a bridge', damage: ['sysctl', '-qw', 'net.ipv4.conf.bn1.forwarding=0'] },
    { what: 'a strict filter of sources', damage: ['sysctl', '-qw', 'net.ipv4.conf.eth0.rp_filter=1'] },
    {
      what: 'a foreign rule in our name',
      damage: ['ip', 'rule', 'add', 'pref', '9100', 'fwmark', '0xe0000123', 'lookup', '503', 'protocol', '229'],
    },
  ])('repairs $what', async ({ damage }) => {
    const dump = async (): Promise<string> =>
      (await inDevice('ip', 'rule')) +
      (await inDevice('ip', 'route', 'show', 'table', 'all', 'proto', '229')) +
      (await inDevice('tc', 'filter', 'show', 'dev', 'eth0', 'egress')).replaceAll(/ (?:tag|jited|id) ?\w*/g, '') +
      (await inDevice('tc', 'qdisc', 'show')) +
      (await inDevice('nft', '-s', 'list', 'ruleset')) +
      (await inDevice('sysctl', '-ar', '^net[.]ipv4[.](ip_forward|conf[.][^.]*[.](forwarding|rp_filter|arp_ignore))'));
    await withReconciler({ namespace: DEVICE, runDir, ids }, async (reconciler, nextReport) => {
      const first = nextReport();
      reconciler.takeUpstream(upstream(['eth0', 'wwan0', 'sat0']));
      await first;
      const before = sorted(await dump());
      await inDevice(...damage);
      expect(sorted(await dump())).not.toEqual(before);
      const repaired = nextReport();
      reconciler.kernelIsDirty('routing');
      expect((await repaired).failures).toEqual([]);
      expect(sorted(await dump())).toEqual(before);
    });
  });

  it('starts a name service that has died within a second, and names it meanwhile', async () => {
    const clock = new VirtualClock();
    await withReconciler({ namespace: DEVICE, runDir, ids, clock }, async (reconciler, nextReport) => {
      const first = nextReport();
      reconciler.takeUpstream(upstream(['eth0', 'wwan0', 'sat0']));
      await first;
      const pidFile = nameServicePaths(nameServiceDirectory(runDir), 'bn1').pid;
      const pid = runningDnsmasq(pidFile)?.pid ?? 0;
      process.kill(pid, 'SIGKILL');
      await eventually(() => runningDnsmasq(pidFile) === undefined);
      const noticed = nextReport();
      clock.advance(250);
      expect((await noticed).failures.map(({ message }) => message)).toEqual(['dnsmasq has ended, starting it again']);
      const repaired = nextReport();
      const { planned } = await repaired;
      expect(planned.map(({ operations }) => operations.map(({ kind }) => kind))).toEqual([['name-service-start']]);
      await eventually(() => ![undefined, pid].includes(runningDnsmasq(pidFile)?.pid));
    });
  });

  it('tells of a name service that cannot be started, tries again, and tells when it runs', async () => {
    const clock = new VirtualClock();
    const { config, pid } = nameServicePaths(nameServiceDirectory(runDir), 'bn1');
    await stopDnsmasq(pid);
    await rm(config);
    await mkdir(config);
    await withReconciler({ namespace: DEVICE, runDir, ids, clock }, async (reconciler, nextReport) => {
      reconciler.takeUpstream(upstream(['eth0', 'wwan0', 'sat0']));
      let report = await nextReport();
      const concerned = (): readonly string[] => report.failures.map(({ operation }) => operation.kind);
      while (concerned().length === 0) report = await nextReport();
      expect(concerned()).toEqual(['name-service-start']);
      await rmdir(config);
      clock.advance(1_000);
      while (concerned().length > 0) report = await nextReport();
      expect(runningDnsmasq(pid)?.confFile).toBe(config);
    });
  });

  it('gives out addresses where somebody else has port 53, and answers names when that one has left', async () => {
    const clock = new VirtualClock();
    const { config, pid } = nameServicePaths(nameServiceDirectory(runDir), 'bn1');
    const listening = /^listen-address=.*$/m.exec(await readFile(config, 'utf8'))?.[0] ?? '';
    await stopDnsmasq(pid);
    const others = { confFile: join(runDir, 'others.conf'), pidFile: join(runDir, 'others.pid') };
    await writeFile(others.confFile, `user=root\nno-resolv\nno-hosts\nbind-interfaces\n${listening}\n`);
    await startDnsmasq({ ...others, namespace: DEVICE });
    await withReconciler({ namespace: DEVICE, runDir, ids, clock }, async (reconciler, nextReport) => {
      reconciler.takeUpstream(upstream(['eth0', 'wwan0', 'sat0']));
      let report = await nextReport();
      while (report.failures.length === 0) report = await nextReport();
      expect(report.failures.map(({ message }) => message)).toEqual([expect.stringMatching(/already in use/)]);
      expect(runningDnsmasq(pid)).toMatchObject({ withoutNames: true });
      await stopDnsmasq(others.pidFile);
      // As long as it is new, it is left alone; a test does not wait for that.
      await utimes(pid, 0, 0);
      while (report.failures.length > 0) {
        const next = nextReport();
        clock.advance(1_000);
        report = await next;
      }
      expect(runningDnsmasq(pid)).toMatchObject({ withoutNames: false });
    });
  });

  it('gives a bridge that somebody deleted its apps back', async () => {
    await inDevice('ip', 'link', 'add', 'name', 'app', 'type', 'veth', 'peer', 'name', 'vm');
    await inDevice('ip', 'link', 'set', 'dev', 'app', 'master', 'bn1', 'up');
    const master = async (): Promise<string> =>
      /master (\S+)/.exec(await inDevice('ip', '-o', 'link', 'show', 'app'))?.[1] ?? '';
    await withReconciler({ namespace: DEVICE, runDir, ids }, async (reconciler, nextReport) => {
      const first = nextReport();
      reconciler.takeUpstream(upstream(['eth0', 'wwan0', 'sat0']));
      await first;
      await inDevice('ip', 'link', 'del', 'bn1');
      expect(await master()).toBe('');
      const repaired = nextReport();
      reconciler.kernelIsDirty('routing');
      expect((await repaired).failures).toEqual([]);
      expect(await master()).toBe('bn1');
      await inDevice('ip', 'link', 'set', 'dev', 'app', 'nomaster');
    });
  });

  it('takes away all that is ours, and nothing else', async () => {
    const logger = createLogger({ service: 'test', level: 'silent' });
    await cleanUp({ runDir, stateDir: runDir, logger, namespace: DEVICE });
    expect(await inDevice('nft', 'list', 'tables')).toBe('table inet somebody_else\n');
    const rules = (await inDevice('ip', 'rule')).split('\n').map((line) => line.trim());
    expect(rules).toEqual([
      '0:\tfrom all lookup local',
      FOREIGN_RULE,
      '32766:\tfrom all lookup main',
      '32767:\tfrom all lookup default',
      '',
    ]);
    expect(await inDevice('ip', 'route', 'show', 'table', 'all', 'proto', '229')).toBe('');
    expect(await inDevice('ip', '-br', 'link', 'show', 'type', 'bridge')).toBe('');
    expect(await inDevice('tc', 'qdisc', 'show')).not.toContain('clsact');
    expect(await inDevice('sysctl', '-n', ...SETTINGS)).toBe(settingsBefore);
    await cleanUp({ runDir, stateDir: runDir, logger, namespace: DEVICE });
  });
});

function sorted(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .sort();
}
