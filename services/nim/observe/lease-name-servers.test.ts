import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { eventually } from '../../../lib/clock/testing/eventually.js';
import { createLogger } from '../../../lib/observability/index.js';
import { LeaseNameServers, nameServersIn } from './lease-name-servers.js';

describe('nameServersIn', () => {
  it.each([
    ['nameserver 192.0.2.53\nnameserver 192.0.2.54 # second\n', ['192.0.2.53', '192.0.2.54']],
    ['search example.org\nnameserver 2001:db8::53\n', ['2001:db8::53']],
    ['nameserver 192.0.2.53\nnameserver 192.0.2.53\n', ['192.0.2.53']],
    ['nameserver not-an-address\n#nameserver 192.0.2.1\n', []],
    ['', []],
  ])('%j', (text, want) => {
    expect(nameServersIn(text)).toEqual(want);
  });
});

describe('LeaseNameServers', () => {
  let parent: string;
  let directory: string;
  let changes = 0;
  let servers: LeaseNameServers;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'evn-dns-'));
    directory = join(parent, 'dns');
    changes = 0;
    servers = new LeaseNameServers({
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
    expect(servers.of('eth0')).toEqual([]);
    await writeFile(join(directory, 'eth0'), 'nameserver 192.0.2.53\n');
    await eventually(() => {
      expect(servers.of('eth0')).toEqual(['192.0.2.53']);
    });
    await writeFile(join(directory, 'eth0.new'), 'nameserver 192.0.2.99\n');
    await rename(join(directory, 'eth0.new'), join(directory, 'eth0'));
    await eventually(() => {
      expect(servers.of('eth0')).toEqual(['192.0.2.99']);
    });
    const changesBefore = changes;
    await rm(join(directory, 'eth0'));
    await eventually(() => {
      expect(servers.of('eth0')).toEqual([]);
    });
    expect(changes).toBe(changesBefore + 1);
  });

  it('never reads outside its directory, and nothing of interfaces that are not followed', async () => {
    await writeFile(join(parent, 'secret'), 'nameserver 192.0.2.66\n');
    await writeFile(join(directory, 'wwan0'), 'nameserver 192.0.2.67\n');
    await servers.refresh();
    expect([servers.of('../secret'), servers.of('wwan0')]).toEqual([[], []]);
  });

  it('goes on after its directory was removed and made again', async () => {
    await rm(directory, { recursive: true });
    await eventually(async () => {
      await servers.refresh();
      await writeFile(join(directory, 'eth0'), 'nameserver 192.0.2.54\n');
    });
    await eventually(() => {
      expect(servers.of('eth0')).toEqual(['192.0.2.54']);
    });
  });

  it('takes a bad file for no servers, not for an end', async () => {
    await writeFile(join(directory, 'eth0'), Buffer.alloc(100_000, 0xff));
    await servers.refresh();
    expect(servers.of('eth0')).toEqual([]);
  });
});
