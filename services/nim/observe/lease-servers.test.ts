import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { eventually } from '../../../lib/clock/testing/eventually.js';
import { createLogger } from '../../../lib/observability/index.js';
import { LeaseServers, serversIn } from './lease-servers.js';

describe('serversIn', () => {
  it.each<[string, string[]]>([
    ['nameserver 192.0.2.53\nnameserver 192.0.2.54 # second\n', ['192.0.2.53', '192.0.2.54']],
    ['search example.org\nnameserver 2001:db8::53\n', ['2001:db8::53']],
    ['nameserver 192.0.2.53\nnameserver 192.0.2.53\n', ['192.0.2.53']],
    ['nameserver not-an-address\n#nameserver 192.0.2.1\n', []],
    ['', []],
  ])('%j', (text, want) => {
    expect(serversIn(text)).toEqual({ nameServers: want, ntpServers: [] });
  });
});

describe('time servers', () => {
  it.each<[string, string[]]>([
    ['nameserver 192.0.2.53\nntp 192.0.2.123\nntp 192.0.2.124 # second\n', ['192.0.2.123', '192.0.2.124']],
    ['ntp 192.0.2.123\nntp 192.0.2.123\n', ['192.0.2.123']],
    ['ntp time.example\nntp 2001:db8::123\nntpd 192.0.2.1\n#ntp 192.0.2.2\n', []],
  ])('in %j', (text, want) => {
    expect(serversIn(text).ntpServers).toEqual(want);
  });
});

describe('LeaseServers', () => {
  let parent: string;
  let directory: string;
  let changes = 0;
  let servers: LeaseServers;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'evn-dns-'));
    directory = join(parent, 'dns');
    changes = 0;
    servers = new LeaseServers({
      directory,
      logger: createLogger({ service: 'test', level: 'silent' }),
      onChange: () => {
        changes += 1;
      },
    });
    servers.follow(['eth0', '../secret']);
    await servers.refresh();
  });

  afterEach(async () => {
    servers.close();
    await rm(parent, { recursive: true });
  });

  it('sees files that come, change and go', async () => {
    expect(servers.of('eth0').nameServers).toEqual([]);
    await writeFile(join(directory, 'eth0'), 'nameserver 192.0.2.53\n');
    await eventually(() => {
      expect(servers.of('eth0').nameServers).toEqual(['192.0.2.53']);
    });
    await writeFile(join(directory, 'eth0.new'), 'nameserver 192.0.2.99\n');
    await rename(join(directory, 'eth0.new'), join(directory, 'eth0'));
    await eventually(() => {
      expect(servers.of('eth0').nameServers).toEqual(['192.0.2.99']);
    });
    const changesBefore = changes;
    await rm(join(directory, 'eth0'));
    await eventually(() => {
      expect(servers.of('eth0').nameServers).toEqual([]);
    });
    expect(changes).toBe(changesBefore + 1);
  });

  it('keeps the time servers of a lease that has ended, until another one names others', async () => {
    const told = async (text: string, want: readonly string[]): Promise<void> => {
      await writeFile(join(directory, 'eth0'), text);
      await eventually(() => {
        expect(servers.of('eth0')).toEqual({ nameServers: ['192.0.2.53'], ntpServers: want });
      });
    };
    await told('nameserver 192.0.2.53\nntp 192.0.2.123\n', ['192.0.2.123']);
    await rm(join(directory, 'eth0'));
    await eventually(() => {
      expect(servers.of('eth0')).toEqual({ nameServers: [], ntpServers: ['192.0.2.123'] });
    });
    await told('nameserver 192.0.2.53\n', []);
  });

  it('never reads outside its directory, and nothing of interfaces that are not followed', async () => {
    await writeFile(join(parent, 'secret'), 'nameserver 192.0.2.66\n');
    await writeFile(join(directory, 'wwan0'), 'nameserver 192.0.2.67\n');
    await servers.refresh();
    expect([servers.of('../secret'), servers.of('wwan0')].flatMap(({ nameServers }) => nameServers)).toEqual([]);
  });

  it('goes on after its directory was removed and made again', async () => {
    await rm(directory, { recursive: true });
    await eventually(async () => {
      await servers.refresh();
      await writeFile(join(directory, 'eth0'), 'nameserver 192.0.2.54\n');
    });
    await eventually(() => {
      expect(servers.of('eth0').nameServers).toEqual(['192.0.2.54']);
    });
  });

  it('takes a bad file for no servers, not for an end', async () => {
    await writeFile(join(directory, 'eth0'), Buffer.alloc(100_000, 0xff));
    await servers.refresh();
    expect(servers.of('eth0').nameServers).toEqual([]);
  });
});
