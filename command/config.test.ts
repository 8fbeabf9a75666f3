import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { EdgeDevConfig } from '../gen/config/devconfig.js';
import { systemClock } from '../lib/clock/index.js';
import { configFromJson } from '../lib/configuration/index.js';
import { createLogger } from '../lib/observability/index.js';
import type { RunningService } from '../lib/rpc/index.js';
import { startZedagent } from '../services/zedagent/index.js';
import { run } from './testing/run-captured.js';

const networkInstance = {
  uuidandversion: { uuid: '11111111-1111-4111-8111-111111111111' },
  displayname: 'ni1',
  instType: 'ZnetInstLocal',
  ip: { subnet: '10.1.0.0/24' },
};
const configuration = { networkInstances: [networkInstance] };
const changedConfiguration = { networkInstances: [{ ...networkInstance, ip: { subnet: '10.2.0.0/24' } }] };
const eagerConfiguration = {
  deviceIoList: [
    {
      ptype: 'PhyIoNetEth',
      phylabel: 'wwan0',
      logicallabel: 'wwan0',
      phyaddrs: { ifname: 'wwan0' },
      usage: 'PhyIoUsageMgmtAndApps',
      usagePolicy: { fallBackPriority: 1 },
    },
  ],
  systemAdapterList: [{ name: 'wwan0', uplink: true, lowerLayerName: 'wwan0' }],
  networkInstances: [
    {
      ...networkInstance,
      activate: true,
      port: { name: 'uplink' },
      test: { target: 'https://plant.example/', interval: '10s' },
    },
  ],
};
const vainConfiguration = { networkInstances: [{ ...networkInstance, stp: { portsWithBpduGuard: 'eth0' } }] };
const badConfiguration = {
  networkInstances: [
    { ...networkInstance, ip: { subnet: '10.1.0.0/99' } },
    { ...networkInstance, uuidandversion: { uuid: 'x' } },
  ],
};

/** One after the other, as an operator would: each test goes on from where the one before has left the device. */
describe('config, with a real zedagent', () => {
  let directory: string;
  let zedagent: RunningService;
  const config = (...args: readonly string[]) => run('config', ...args, '--run-dir', directory);
  const file = (name: string) => join(directory, name);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'eve-uplink-config-'));
    zedagent = await startZedagent({
      runDir: directory,
      stateDir: file('state'),
      logger: createLogger({ service: 'zedagent', level: 'silent' }),
      clock: systemClock,
    });
    await writeFile(file('one.json'), JSON.stringify(configuration));
    await writeFile(file('two.json'), JSON.stringify(changedConfiguration));
    await writeFile(file('bad.json'), JSON.stringify(badConfiguration, undefined, 1));
    await writeFile(
      file('unfit.yaml'),
      '# a ship\nnetworkInstances:\n  - uuidandversion: { uuid: x }\n    # the name\n    displayname: 5\n',
    );
    await writeFile(file('broken.yaml'), 'networkInstances:\n  - displayname: a\n   displayname: [\n');
    await writeFile(file('broken.json'), '{\n  "networkInstances": [}\n}');
    await writeFile(
      file('bad.binpb'),
      EdgeDevConfig.encode(configFromJson({ networkInstances: [{ uuidandversion: { uuid: 'x' } }] })).finish(),
    );
    await writeFile(file('eager.json'), JSON.stringify(eagerConfiguration));
    await writeFile(file('vain.json'), JSON.stringify(vainConfiguration));
    await writeFile(file('bare.json'), JSON.stringify({ deviceName: 'ship' }));
    await writeFile(file('response.json'), JSON.stringify({ config: configuration, configHash: 'abc' }));
    const badResponse = { config: { networkInstances: [{ uuidandversion: { uuid: 'x' } }] } };
    await writeFile(file('bad-response.json'), JSON.stringify(badResponse, undefined, 1));
    await writeFile(file('misspelt.json'), JSON.stringify({ networkInstancs: [] }));
  });

  afterAll(async () => {
    await zedagent.close();
    await rm(directory, { recursive: true, force: true });
  });

  it.each([['get'], ['diff']])('%s says that there is none yet', async (command) => {
    const { stdout, stderr, exitCode } = await config(command, ...(command === 'diff' ? [file('one.json')] : []));
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 });
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/configuration/i);
  });

  it('push --dry-run tells the version that it would get, and changes nothing', async () => {
    const { stdout, exitCode } = await config('push', file('one.json'), '--dry-run');
    expect({ stdout, exitCode }).toEqual({ stdout: 'Valid; pushing it would make it version 1\n', exitCode: 0 });
    expect((await config('get')).exitCode).toBe(1);
  });

  it('push of a bad one lists every problem as file:line: path: description, and applies nothing', async () => {
    const { stdout, stderr, exitCode } = await config('push', file('bad.json'));
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 });
    expect(stderr).toMatch(/^ {2}\S+bad\.json:10: networkInstances\[0\]\.ip\.subnet: .+$/m);
    expect(stderr).toMatch(/^ {2}\S+bad\.json:15: networkInstances\[1\]\.uuidandversion\.uuid: .+$/m);
    expect((await config('get')).exitCode).toBe(1);
  });

  it('push puts it in force', async () => {
    const { stdout, exitCode } = await config('push', file('one.json'), '--expected-version', '0', '--author', 'ops');
    expect({ stdout, exitCode }).toEqual({ stdout: 'Version 1 is in force\n', exitCode: 0 });
  });

  it('push of the same changes nothing', async () => {
    const { stdout } = await config('push', file('one.json'), '--json');
    expect(JSON.parse(stdout)).toEqual({ version: '1', changed: false, dryRun: false, warnings: [] });
  });

  it('push refuses where another version is in force than expected', async () => {
    const { stderr, exitCode } = await config('push', file('two.json'), '--expected-version', '7');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('7');
  });

  it('push says what will not come about as the configuration says, and takes it', async () => {
    const { stdout, exitCode } = await config('push', file('eager.json'), '--dry-run');
    const [said, warning, ...more] = stdout.trim().split('\n');
    expect({ said, more, exitCode }).toEqual({
      said: 'Valid; pushing it would make it version 2',
      more: [],
      exitCode: 0,
    });
    expect(warning).toMatch(
      /^Warning: config\.networkInstances\[0\]\.test\.interval: over wwan0 \(priority 1\), .* 5 MB /,
    );
  });

  it('diff shows what a push would change', async () => {
    const { stdout } = await config('diff', file('two.json'));
    expect(stdout).toContain('~ networkInstances[ni1].ip.subnet: "10.1.0.0/24" -> "10.2.0.0/24"');
    const json = JSON.parse((await config('diff', file('two.json'), '--json')).stdout) as { differences: unknown[] };
    expect(json.differences).toHaveLength(1);
  });

  it.each([
    ['json', 'out.json'],
    ['yaml', 'out.yaml'],
    ['binary', 'out.binpb'],
  ])('get --format %s writes what push and diff read', async (format, name) => {
    const { stdout, exitCode } = await config('get', '--format', format, '-o', file(name));
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 0 });
    expect((await readFile(file(name))).length).toBeGreaterThan(0);
    expect((await config('diff', file(name))).stdout).toContain('No difference from version 1');
  });

  it('get prints JSON, and YAML of the same', async () => {
    const json: unknown = JSON.parse((await config('get')).stdout);
    expect(json).toMatchObject(configuration);
    expect(parse((await config('get', '--format', 'yaml')).stdout)).toEqual(json);
  });

  it.each([
    ['a file that is not there', 'nowhere.json', 'Cannot read'],
    ['a misspelt field', 'misspelt.json', 'misspelt.json:1: networkInstancs: EdgeDevConfig has no such field'],
    ['values that do not fit, in YAML', 'unfit.yaml', 'unfit.yaml:5: networkInstances[0].displayname: expected string'],
    ['text that is no YAML', 'broken.yaml', 'broken.yaml:3: '],
    ['text that is no JSON', 'broken.json', 'broken.json:2: '],
    ['a binary one that is bad, which has no lines', 'bad.binpb', '  config.networkInstances[0].uuidandversion.uuid: '],
  ])('push of %s says so', async (_what, name, words) => {
    const { stderr, exitCode } = await config('push', file(name));
    expect(exitCode).toBe(1);
    expect(stderr).toContain(words);
  });

  it('push, diff, warnings and status tell what does not come about', async () => {
    const warning = 'config.networkInstances[0].stp: spanning tree is of switches, and not built';
    expect((await config('warnings')).stdout).toBe('Version 1 is in force, and all of it comes about\n');
    expect((await config('diff', file('vain.json'))).stdout).toContain(`Warning: ${warning}\n`);
    expect((await config('push', file('vain.json'))).stdout).toBe(`Version 2 is in force\nWarning: ${warning}\n`);
    expect((await config('warnings')).stdout).toBe(`Version 2 is in force\nWarning: ${warning}\n`);
    expect(JSON.parse((await config('warnings', '--json')).stdout)).toMatchObject({
      version: '2',
      warnings: [{ field: 'config.networkInstances[0].stp' }],
    });
    const { stdout } = await run('status', '--run-dir', directory);
    expect(stdout).toContain('1 warning about the configuration: eve-uplink config warnings\n');
  });

  it('push takes away what is hardly meant with --yes only, and says what goes', async () => {
    const refused = await config('push', file('bare.json'));
    expect({ stdout: refused.stdout, exitCode: refused.exitCode }).toEqual({ stdout: '', exitCode: 1 });
    expect(refused.stderr).toContain('~ network instance ni1 goes\n');
    expect(refused.stderr).toContain('! it removes every network instance: ni1\n');
    expect(refused.stderr).toContain('Push it with --yes');
    const { stdout, exitCode } = await config('push', file('bare.json'), '--yes', '--json');
    expect({ result: JSON.parse(stdout) as unknown, exitCode }).toEqual({
      result: {
        ...{ version: '3', changed: true, dryRun: false, warnings: [] },
        changes: ['network instance ni1 goes'],
        unlikely: ['it removes every network instance: ni1'],
      },
      exitCode: 0,
    });
  });

  it('history, get and rollback know former versions', async () => {
    const { stdout: listed } = await config('history');
    expect(listed).toMatch(/^3 \(in force\) .* network instance ni1 goes *$/m);
    expect(listed).toMatch(/^1 .* ops +- *$/m);
    expect(JSON.parse((await config('get', '1')).stdout)).toMatchObject(configuration);
    expect((await config('get', '77')).stderr).toContain('version 77 is not kept; these are: 2, 1');
    const back = await config('rollback', '1', '--author', 'ops');
    expect({ stdout: back.stdout, exitCode: back.exitCode }).toEqual({
      stdout: 'Version 4 is in force\n',
      exitCode: 0,
    });
    expect(back.stderr).toContain('~ network instance ni1 comes\n');
    expect((await config('diff', file('one.json'))).stdout).toContain('No difference from version 4');
  });

  it('push --confirm-within says what returns, status reminds, and confirm settles it', async () => {
    const { stdout } = await config('push', file('two.json'), '--confirm-within', '5m');
    expect(stdout).toBe(
      'Version 5 is in force; version 4 returns in 5 min unless you run: eve-uplink config confirm\n',
    );
    expect((await run('status', '--run-dir', directory)).stdout).toMatch(
      /^Configuration version 5 is not confirmed: version 4 returns in 4 min 5\d s unless you run: eve-uplink config confirm$/m,
    );
    expect(await config('confirm')).toEqual({ stdout: 'Version 5 is confirmed, and stays\n', stderr: '', exitCode: 0 });
    const again = await config('confirm');
    expect({ stderr: again.stderr, exitCode: again.exitCode }).toEqual({
      stderr: 'version 5, which is in force, waits for no confirmation\n',
      exitCode: 1,
    });
  });

  it("push takes a configuration out of a controller's message, and says so", async () => {
    const { stdout, stderr } = await config('push', file('response.json'), '--dry-run');
    expect(stdout).toBe('Valid; pushing it would make it version 6\n');
    expect(stderr).toBe('Taken out of the ConfigResponse that the file holds\n');
    const bad = await config('push', file('bad-response.json'));
    expect(bad.stderr).toContain('bad-response.json:6: config.networkInstances[0].uuidandversion.uuid');
  });

  it('TLS with half of its files is wrong usage', async () => {
    const { stderr, exitCode } = await config('get', '--tls-cert', file('one.json'));
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--server-ca');
  });
});
