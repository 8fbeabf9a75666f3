import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../lib/clock/testing/eventually.js';
import { systemClock } from '../lib/clock/index.js';
import { startNim } from '../services/nim/index.js';
import { deviceConfigJson } from '../services/nim/testing/device-config.js';
import { TestNamespace } from '../services/nim/testing/namespace.js';
import { createLogger } from '../lib/observability/index.js';
import type { RunningService } from '../lib/rpc/index.js';
import { startZedagent } from '../services/zedagent/index.js';
import { run } from './testing/run-captured.js';

const ship = {
  ports: { eth0: 0, wwan0: 1, sat0: 2 },
  networkInstances: {
    crew: { uuid: '6ba7b810-9dad-41d1-80b4-00c04fd430c8' },
    bridge: { uuid: '6ba7b811-9dad-41d1-80b4-00c04fd430c8', allowed: [0, 1] },
  },
};

/** One after the other, as an operator would: each test goes on from where the one before has left the device. */
describe('policy, with a real zedagent and NIM', () => {
  let directory: string;
  let namespace: TestNamespace;
  let services: readonly RunningService[] = [];
  const uplink = (...args: readonly string[]) => run(...args, '--run-dir', directory);
  const policy = (...args: readonly string[]) => uplink('policy', ...args);
  /** What a command prints that succeeds. */
  const good = async (...args: readonly string[]): Promise<string> => {
    const { stdout, stderr, exitCode } = await uplink(...args);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    return stdout;
  };
  const usedBy = async (name: string): Promise<string> => (await good('explain', name)).split('\n')[0] ?? '';

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'eve-uplink-policy-'));
    namespace = await TestNamespace.create();
    await namespace.addPort('eth0', { index: 2101, address: '192.0.2.7/24', gateway: '192.0.2.1' });
    await namespace.addPort('wwan0', { index: 2102, address: '198.51.100.8/24', gateway: '198.51.100.1' });
    await namespace.addPort('sat0', { index: 2103, address: '203.0.113.9/24', gateway: '203.0.113.1' });
    const common = {
      runDir: directory,
      stateDir: join(directory, 'state'),
      logger: createLogger({ service: 'test', level: 'silent' }),
      clock: systemClock,
    };
    const zedagent = await startZedagent(common);
    services = [await startNim({ ...common, namespace: namespace.name }), zedagent];
    await writeFile(join(directory, 'ship.json'), JSON.stringify(deviceConfigJson(ship)));
  });

  afterAll(async () => {
    for (const service of services) await service.close();
    await namespace.remove();
    await rm(directory, { recursive: true, force: true });
  });

  it('there is none before there is a configuration', async () => {
    const { stderr, exitCode } = await policy('show');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('no configuration has been pushed yet');
    await good('config', 'push', join(directory, 'ship.json'));
    await eventually(async () => {
      expect(await usedBy('crew')).toContain('crew uses eth0');
    });
  });

  it('set --dry-run tells what changes and what moves, and changes nothing', async () => {
    const stdout = await good('policy', 'set', '--port', 'eth0=7', '--network-instance', 'bridge=7', '--dry-run');
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      '~ priority of eth0: 0 (configuration) -> 7 (override)',
      '~ priorities for bridge: 0, 1 (configuration) -> 7 (override)',
      'crew would go from eth0 to wwan0 at once: policy now prefers wwan0 (priority 1) to eth0 (priority 7).',
      'bridge would stay on eth0, with nothing behind it (now wwan0).',
    ]);
    expect(stdout).toContain('Valid; it would become policy version 1');
    expect(await good('policy', 'show')).toContain('Policy version 0, over configuration version 1');
  });

  it('set changes the policy, and what was foreseen comes to be', async () => {
    const stdout = await good(
      ...['policy', 'set', '--port', 'wwan0=0', '--port', 'eth0=1', '--port-operations', 'sat0=controller,log-upload'],
      ...['--operation', 'app-image=0,2', '--author', 'ops', '--reason', 'drill'],
    );
    expect(stdout).toContain('crew would go from eth0 to wwan0 at once');
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('Policy version 1 is in force');
    await eventually(async () => {
      expect(await usedBy('crew')).toContain('crew uses wwan0 (priority 0)');
    });
    const shown = await good('policy', 'show');
    expect(shown).toMatch(/^eth0 +eth0 +1 \(configured: 0\) +all +ops: drill, /m);
    expect(shown).toMatch(/^sat0 +sat0 +2 +controller, log-upload +ops: drill, /m);
    expect(shown).toMatch(/^app-image +0, 2 +override +ops: drill, /m);
    expect(shown).toMatch(/^bridge +0, 1 +its own +-$/m);
  });

  it('set of what is in force already changes nothing', async () => {
    expect(await good('policy', 'set', '--port', 'wwan0=0')).toBe(
      'Nothing to change: policy version 1 says so already\n',
    );
  });

  it('set takes overrides back, to the last', async () => {
    const args = ['--port', 'wwan0=default', '--port', 'eth0=default', '--port-operations', 'sat0=default'];
    const { changes, policyVersion, changed, evaluation } = JSON.parse(
      await good('policy', 'set', ...args, '--operation', 'app-image=default', '--json'),
    ) as Record<string, unknown>;
    expect({ changes, policyVersion, changed }).toEqual({
      policyVersion: '2',
      changed: true,
      changes: [
        'priority of wwan0: 0 (override) -> 1 (configuration)',
        'priority of eth0: 1 (override) -> 0 (configuration)',
        'operations on sat0: controller traffic, log upload (override) -> every operation (configuration)',
        'priorities for app image download: 0, 2 (override) -> up to 0 (network.download.max.cost)',
      ],
    });
    expect(evaluation).toMatchObject({ policyVersion: '1', networkInstances: [{ moves: true }, { moves: true }] });
    expect(await good('policy', 'show')).not.toContain('override');
  });

  it('set refuses another version than the expected one', async () => {
    const { stdout, stderr, exitCode } = await policy('set', '--port', 'wwan0=0', '--expected-version', '1');
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 });
    expect(stderr).toContain('policy version 1 was expected, and 2 is in force');
  });

  it('set tells every problem by field, and applies nothing', async () => {
    const { stdout, stderr, exitCode } = await policy(
      ...['set', '--port', 'eth9=0', '--port', 'wwan0=256', '--network-instance', 'galley=none'],
      ...['--port', 'sat0=1', '--port', 'sat0=2'],
    );
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 });
    expect(stderr).toContain('patch.ports[0].logicalLabel: there is no port "eth9"; ports are eth0, wwan0, sat0');
    expect(stderr).toContain('patch.ports[1].priority: must be 0 to 255, and is 256');
    expect(stderr).toContain('patch.ports[3].logicalLabel: the port "sat0" stands at ports[2].logicalLabel already');
    expect(stderr).toContain('patch.networkInstances[0].networkInstance: there is no network instance "galley"');
  });

  it('what-if shows where everybody would be, with ports, policy, grants and a file as assumed', async () => {
    const down = await good('what-if', '--down', 'eth0', '--failing', 'wwan0');
    expect(down).toContain('crew would go from eth0 to sat0 at once: link lost (eth0: no carrier).');
    expect(down).toMatch(/^bridge +eth0 +wwan0 +-$/m);
    const granted = await good('what-if', '--grant', 'app-image:1-2', '--grant', 'app-traffic:2@bridge');
    expect(granted).toContain('App image download would have, best first: eth0, wwan0, sat0 (now eth0).');
    const json = JSON.parse(
      await good('what-if', '--network-instance', 'crew=2', '--config', join(directory, 'ship.json'), '--json'),
    ) as { networkInstances: unknown[] };
    expect(json.networkInstances[0]).toMatchObject({ wouldBe: { selectedPort: { logicalLabel: 'sat0' } } });
    expect(await good('what-if', '--working', 'eth0')).toMatch(/^Nothing would change\.$/m);
    const { stderr, exitCode } = await uplink('what-if', '--down', 'eth9', '--working', 'eth0', '--failing', 'eth0');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('ports[0].port: there is no port "eth9"');
    expect(stderr).toContain('ports[2].port: the port "eth0" stands at ports[1].port already');
  });

  it('check-port says by its exit code whether an operation may use a port, grants make it so, and revoke ends it', async () => {
    const denied = await uplink('check-port', 'app-image', 'sat0');
    expect(denied).toMatchObject({ stderr: '', exitCode: 3 });
    expect(denied.stdout).toMatch(/^sat0 \(priority 2\) may not be used for app image download: priority 2 is above/);
    expect(await good('check-port', 'app-image', 'eth0')).toBe(
      'eth0 (priority 0) may be used for app image download\n',
    );

    const made = await good(
      'policy',
      'grant',
      'app-image',
      '--priority',
      '2',
      '--for',
      '2h',
      '--reason',
      'crew change',
    );
    const id = /policy revoke ([0-9a-f]{8})$/m.exec(made)?.[1] ?? '';
    expect(made).toMatch(/^grant [0-9a-f]{8}: app image download may use priority 2 \(sat0\) until /);
    await eventually(async () => {
      expect((await uplink('check-port', 'app-image', 'sat0')).exitCode).toBe(0);
    });
    expect(await good('policy', 'grants')).toMatch(
      new RegExp(`^${id} +app-image +2 +- +(1 h 59 min|2 h) .* crew change$`, 'm'),
    );
    expect(await good('policy', 'show')).toContain(id);
    expect(JSON.parse(await good('policy', 'grants', '--json'))).toMatchObject({ grants: [{ id, priorities: [2] }] });

    expect(await good('policy', 'revoke', id, '--reason', 'done')).toContain(`grant ${id} revoked`);
    await eventually(async () => {
      expect((await uplink('check-port', 'app-image', 'sat0')).exitCode).toBe(3);
    });
    expect(await good('policy', 'grants')).toBe('No grants\n');
    const again = await policy('revoke', id);
    expect(again).toMatchObject({ stdout: '', exitCode: 1 });
    expect(again.stderr).toContain(`there is no live grant "${id}"`);
  });

  it('check-port of a port without link says so, and of a port that there is not fails', async () => {
    await namespace.setCarrier('wwan0', 'down');
    await eventually(async () => {
      expect(await good('check-port', 'controller', 'wwan0')).toContain(
        'it has no link, no address or no default route now',
      );
    });
    const unknown = await uplink('check-port', 'controller', 'eth9');
    expect(unknown).toMatchObject({ stdout: '', exitCode: 1 });
    expect(unknown.stderr).toContain('there is no port "eth9"; ports are eth0, wwan0, sat0');
  });

  it('test-ports tests what is asked for, and fails where a port does not work', async () => {
    expect(await good('test-ports', 'eth0', 'sat0')).toMatch(/^eth0 +eth0 +link and address +working/m);
    const all = await uplink('test-ports');
    expect(all.exitCode).toBe(1);
    expect(all.stdout).toMatch(
      /^wwan0 +wwan0 +link and address +failing +- +no link, no address or no default route$/m,
    );
    expect((await uplink('test-ports', 'eth9')).stderr).toContain('there is no port "eth9"');
    await namespace.setCarrier('wwan0', 'up');
  });

  it.each([
    ['nothing to set', ['policy', 'set'], 'Say what to change'],
    ['a part without value', ['policy', 'set', '--port', 'wwan0'], 'NAME=VALUE'],
    ['a priority that is none', ['policy', 'set', '--port', 'wwan0=best'], 'is no priority'],
    ['an operation that there is not', ['policy', 'set', '--operation', 'images=0'], 'base-image'],
    ['priorities that are none', ['policy', 'set', '--network-instance', 'crew=0;2'], 'list of priorities'],
    ['a grant without end', ['policy', 'grant', 'app-image', '--priority', '2', '--reason', 'x'], '--for'],
    ['a grant without reason', ['policy', 'grant', 'app-image', '--priority', '2', '--for', '1h'], '--reason'],
    ['a time that is none', ['policy', 'grant', 'app-image', '--priority', '2', '--for', '2 hours'], 'length of time'],
    ['an operation to check that there is not', ['check-port', 'images', 'eth0'], 'is no operation'],
    ['a what-if grant of another form', ['what-if', '--grant', 'app-image'], 'OPERATION:PRIORITIES'],
  ])('%s is wrong usage', async (_what, args, words) => {
    const { stderr, stdout, exitCode } = await uplink(...args);
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
    expect(stderr).toContain(words);
  });

  it('without NIM a policy can be set all the same, and what would move is said not to be known', async () => {
    await services[0]?.close();
    services = services.slice(1);
    const stdout = await good('policy', 'set', '--port', 'sat0=0');
    expect(stdout).toContain('~ priority of sat0: 2 (configuration) -> 0 (override)');
    expect(stdout).toContain('What would move is not known: nim');
    expect(stdout).toContain('Policy version 5 is in force');
    expect(await uplink('what-if', '--down', 'eth0')).toMatchObject({ stdout: '', exitCode: 4 });
  });
});
