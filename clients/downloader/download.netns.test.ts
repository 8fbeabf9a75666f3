import { readdir, readFile, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { eventually } from '../../lib/clock/testing/eventually.js';
import { listen } from '../../lib/uplink-socket/testing/listen.js';
import { DEVICE, SERVER, TwoUplinks } from '../../lib/uplink-socket/testing/two-uplinks.js';
import { systemClock } from '../../lib/clock/index.js';
import type { DownloadRequest } from './download.js';
import type { DownloadEvent, DownloadResult } from './events.js';
import type { Permissions } from './permission/permissions.js';
import { PortTurns } from './permission/port-turns.js';
import { urlSource } from './source/url-source.js';
import { DownloadRig, failure } from './testing/download-rig.js';
import { fileBytes, FileServer, sha256 } from './testing/file-server.js';
import type { ScriptedPermissions } from './testing/scripted-permissions.js';

const URL_TEXT = `http://${SERVER[4]}:8080/image`;
const SIZE = 4 * 1024 * 1024 + 13;
const content = fileBytes(SIZE);
const eth0 = { label: 'eth0', group: 1, address: DEVICE[4] };
const eth1 = { label: 'eth1', group: 2, address: DEVICE[4] };

let lab: TwoUplinks;
let servers: Record<'eth0' | 'eth1', FileServer>;
let rig: DownloadRig;
let directory: string;
let nim: ScriptedPermissions;
let permissions: Permissions;
let events: DownloadEvent[];

beforeAll(async () => {
  lab = await TwoUplinks.create();
  servers = { eth0: new FileServer(content), eth1: new FileServer(content) };
  for (const port of ['eth0', 'eth1'] as const) {
    await listen(servers[port].server, { namespace: lab.isps[port], address: SERVER[4], port: 8080 });
  }
});

beforeEach(async () => {
  for (const server of Object.values(servers)) {
    Object.assign(server, { content, etag: '"1"', behaviour: undefined, bytesPerSecond: Number.POSITIVE_INFINITY });
    server.requests.splice(0);
  }
  rig = await DownloadRig.start(lab.device);
  ({ directory, nim, permissions, events } = rig);
});

afterEach(async () => {
  await rig.close();
});

afterAll(async () => {
  for (const { server } of Object.values(servers)) {
    server.closeAllConnections();
    server.close();
  }
  await (lab as TwoUplinks | undefined)?.remove();
});

const file = (): string => rig.file;
/** Not by expect: it compares megabytes one by one. */
const fetched = async (): Promise<boolean> => content.equals(await readFile(file()));

function start(request: Partial<DownloadRequest> = {}, turns = new PortTurns()): Promise<DownloadResult> {
  return rig.download({ source: urlSource(URL_TEXT, []), sha256: sha256(content), ...request }, turns);
}

const kinds = (): string[] => events.filter(({ kind }) => kind !== 'progress').map(({ kind }) => kind);
const happened = (kind: DownloadEvent['kind']): Promise<void> =>
  eventually(() => events.some((event) => event.kind === kind));

describe('a download', () => {
  it('asks, fetches over the preferred port, and leaves the file and nothing else', async () => {
    nim.permit([eth0, eth1]);
    const { sizeBytes, portBytes } = await start();
    expect(sizeBytes).toBe(SIZE);
    expect([...portBytes]).toEqual([['eth0', SIZE]]);
    expect(nim.asked).toEqual(['eth0']);
    expect(await fetched()).toBe(true);
    expect((await readdir(directory)).sort()).toEqual(['image', 'nim.sock']);
    expect(servers.eth1.requests).toEqual([]);
  });

  it('goes on over the next port after a connection broke, from where it was', async () => {
    nim.permit([eth0, eth1]);
    servers.eth0.behaviour = (request, response) => {
      servers.eth0.serve(request, response, { upTo: 1_000_000 });
    };
    const { portBytes } = await start();
    expect([...portBytes]).toEqual([
      ['eth0', 1_000_000],
      ['eth1', SIZE - 1_000_000],
    ]);
    expect(servers.eth1.requests[0]?.headers).toMatchObject({ range: 'bytes=1000000-', 'if-range': '"1"' });
    expect(await fetched()).toBe(true);
  });

  it('stops at once when the permission goes, says so, waits, and goes on when it is back', async () => {
    nim.permit([eth0]);
    servers.eth0.bytesPerSecond = 1_000_000;
    const downloading = start();
    await happened('progress');
    nim.permit([], { eth0: 'its priority is not permitted' });
    const deniedAtMs = performance.now();
    await happened('stopped');
    expect(performance.now() - deniedAtMs).toBeLessThan(1_000);
    await happened('waiting');
    expect(events.at(-1)).toMatchObject({ for: 'permission', detail: 'eth0: its priority is not permitted' });
    servers.eth0.bytesPerSecond = Number.POSITIVE_INFINITY;
    nim.permit([eth0]);
    await downloading;
    expect(kinds()).toEqual([
      'begun',
      'connecting',
      'transferring',
      'stopped',
      'waiting',
      'connecting',
      'transferring',
      'done',
    ]);
    expect(await fetched()).toBe(true);
  });

  it('throws a file away whose checksum is wrong, and fails', async () => {
    nim.permit([eth0]);
    const { failure: why, message } = await failure(start({ sha256: sha256(Buffer.from('another')) }));
    expect([why, message]).toEqual(['wrong-content', expect.stringContaining('The file is the wrong one')]);
    expect(await readdir(directory)).toEqual(['nim.sock']);
  });

  it('goes on in a later process, if the file is still the same, and hashes what is there', async () => {
    nim.permit([eth0]);
    servers.eth0.bytesPerSecond = 2_000_000;
    const first = start();
    await happened('progress');
    rig.interrupt();
    expect((await failure(first)).failure).toBe('interrupted');
    const state = JSON.parse(await readFile(`${file()}.part.json`, 'utf8')) as { readonly offset: number };
    expect(state.offset).toBeGreaterThan(0);
    servers.eth0.bytesPerSecond = Number.POSITIVE_INFINITY;
    await start();
    expect(servers.eth0.requests[1]?.headers.range).toBe(`bytes=${state.offset}-`);
    expect(await fetched()).toBe(true);
  });

  it('lets nobody else write the same file', async () => {
    nim.permit([eth0]);
    servers.eth0.bytesPerSecond = 1_000_000;
    const first = start();
    await happened('progress');
    const second = await failure(start());
    expect([second.failure, second.message]).toEqual(['local', expect.stringContaining('another download')]);
    servers.eth0.bytesPerSecond = Number.POSITIVE_INFINITY;
    await first;
  });

  it('holds the limit of its rate', async () => {
    nim.permit([eth0]);
    const { tookMs } = await start({ limitBytesPerSecond: 4_000_000 });
    expect(tookMs).toBeGreaterThan(850);
    expect(await fetched()).toBe(true);
  });

  it('leaves a worse port for a better one that is there for a while', async () => {
    nim.permit([{ ...eth1, group: 1 }]);
    servers.eth1.bytesPerSecond = 300_000;
    const downloading = start();
    await happened('progress');
    nim.permit([eth0, eth1]);
    await eventually(() => events.some(({ kind }) => kind === 'stopped'), 10_000);
    expect(events.find(({ kind }) => kind === 'stopped')).toMatchObject({ reason: { kind: 'better-port' } });
    const { portBytes } = await downloading;
    expect([...portBytes.keys()]).toEqual(['eth1', 'eth0']);
    expect(await fetched()).toBe(true);
  });

  it('takes turns on equal ports', async () => {
    nim.permit([eth0, { ...eth1, group: 1 }]);
    const turns = new PortTurns();
    const ports: string[] = [];
    for (let count = 0; count < 4; count += 1) {
      const { portBytes } = await start({}, turns);
      ports.push(...portBytes.keys());
      await rm(file());
    }
    expect(ports).toEqual(['eth0', 'eth1', 'eth0', 'eth1']);
  });
});

describe('a permission', () => {
  it('that is denied when asked for is not used, though the list has it still', async () => {
    nim.permit([eth0, eth1]);
    await eventually(() => permissions.latest !== undefined);
    nim.permit([eth1], { eth0: 'forbidden by now' }, { quietly: true });
    const { portBytes } = await start();
    expect([...portBytes.keys()]).toEqual(['eth1']);
    expect(servers.eth0.requests).toEqual([]);
  });

  it('ends with its grant by the clock of the machine, while NIM is away', async () => {
    const untilBoottimeMs = systemClock.boottimeMs() + 1_500;
    nim.permit([{ ...eth0, grant: { id: 'ab12', untilBoottimeMs } }]);
    servers.eth0.bytesPerSecond = 500_000;
    const downloading = start();
    await happened('progress');
    await nim.stop();
    await happened('stopped');
    expect(Math.abs(systemClock.boottimeMs() - untilBoottimeMs)).toBeLessThan(1_000);
    expect(events.find(({ kind }) => kind === 'stopped')).toMatchObject({ reason: { kind: 'grant-ended' } });
    servers.eth0.bytesPerSecond = Number.POSITIVE_INFINITY;
    nim.permit([eth0]);
    await nim.start();
    await downloading;
    expect(await fetched()).toBe(true);
  });

  it('that nobody confirms ends after a grace, and the download waits for NIM', async () => {
    nim.permit([eth0]);
    servers.eth0.bytesPerSecond = 200_000;
    const downloading = start();
    await happened('progress');
    nim.isSilent = true;
    await eventually(() => events.some(({ kind }) => kind === 'waiting'), 15_000);
    expect(events.find(({ kind }) => kind === 'stopped')).toMatchObject({ reason: { kind: 'unconfirmed' } });
    expect(events.at(-1)).toMatchObject({ kind: 'waiting', for: 'nim' });
    nim.isSilent = false;
    servers.eth0.bytesPerSecond = Number.POSITIVE_INFINITY;
    await downloading;
    expect(await fetched()).toBe(true);
  });

  it('is not waited for where that is not wanted', async () => {
    nim.permit([], { eth0: 'priority 0 is not permitted' });
    const { failure: why, message } = await failure(start({ waitMs: 0 }));
    expect([why, message]).toEqual(['not-permitted', expect.stringContaining('eth0: priority 0 is not permitted')]);
    const late = await failure(start({ waitMs: 100 }));
    expect(late.failure).toBe('not-permitted');
  });
});

describe('a source', () => {
  const other = fileBytes(SIZE, 7);

  it('that changes the file between two ports is begun anew, and never mixed', async () => {
    nim.permit([eth0, eth1]);
    servers.eth0.content = other;
    servers.eth0.etag = '"0"';
    servers.eth0.behaviour = (request, response) => {
      servers.eth0.serve(request, response, { upTo: 1_000_000 });
    };
    await start({ sha256: undefined });
    expect(kinds()).toContain('anew');
    expect(await fetched()).toBe(true);
  });

  it('that changes the file and lies about it is found out by the checksum, and fetched anew', async () => {
    nim.permit([eth0, eth1]);
    servers.eth0.content = other;
    servers.eth0.behaviour = (request, response) => {
      servers.eth0.serve(request, response, { upTo: 1_000_000 });
    };
    await start();
    expect(events.find(({ kind }) => kind === 'anew')).toMatchObject({
      why: expect.stringContaining('sha256') as unknown,
    });
    expect(await fetched()).toBe(true);
  });

  it('that is a portal on one port is left for another port', async () => {
    nim.permit([eth0, eth1]);
    servers.eth0.behaviour = (_request, response) => response.end('<html>please log in</html>');
    await start();
    expect(await fetched()).toBe(true);
  });

  it('that sends nothing is left for another port', async () => {
    nim.permit([eth0, eth1]);
    servers.eth0.behaviour = (_request, response) => {
      response.writeHead(200, { 'content-length': SIZE, etag: '"1"' });
      response.write(content.subarray(0, 100_000));
    };
    const { portBytes } = await start();
    expect(portBytes.get('eth0')).toBe(100_000);
    expect(events.find(({ kind }) => kind === 'failed')).toMatchObject({
      why: expect.stringContaining('sends nothing') as unknown,
    });
    expect(await fetched()).toBe(true);
  });

  it('that drips is no better than one that sends nothing', async () => {
    nim.permit([eth0, eth1]);
    servers.eth0.behaviour = (_request, response) => {
      response.writeHead(200, { 'content-length': SIZE, etag: '"1"' });
      const dripping = setInterval(() => response.write('x'), 50);
      response.once('close', () => {
        clearInterval(dripping);
      });
    };
    servers.eth1.etag = '"1"';
    await start();
    expect(await fetched()).toBe(true);
  });

  it('that does not answer at all is given up after some rounds, and what has come is kept', async () => {
    nim.permit([eth0]);
    servers.eth0.behaviour = (_request, response) => response.destroy();
    const { failure: why, message } = await failure(start());
    expect([why, message]).toEqual(['unreachable', expect.stringContaining('before the end of the file')]);
    expect(servers.eth0.requests).toHaveLength(2);
    expect((await readdir(directory)).sort()).toEqual(['image.part', 'image.part.json', 'nim.sock']);
  });

  it('that refuses over every port is asked once over each', async () => {
    nim.permit([eth0, eth1]);
    for (const server of Object.values(servers))
      server.behaviour = (_request, response) => response.writeHead(404).end();
    const { failure: why, message } = await failure(start({ rounds: 9 }));
    expect([why, message]).toEqual(['unreachable', expect.stringContaining('404 (no such file)')]);
    expect([servers.eth0.requests.length, servers.eth1.requests.length]).toEqual([1, 1]);
  });

  it('that announces more than it has, and less, never makes a wrong file', async () => {
    nim.permit([eth0]);
    const serve = (length: number) => () => {
      servers.eth0.behaviour = (request, response) => {
        if (request.headers.range !== undefined) {
          response.writeHead(416, { 'content-range': `bytes */${length}` }).end();
          return;
        }
        response.writeHead(200, { 'content-length': length, etag: '"1"' });
        response.end(content.subarray(0, Math.min(length, 2_000)));
      };
    };
    serve(1_000)();
    expect((await failure(start())).failure).toBe('wrong-content');
    serve(2_000_000)();
    expect((await failure(start())).failure).toBe('unreachable');
  });

  it('that sends more than is expected is stopped', async () => {
    nim.permit([eth0]);
    servers.eth0.behaviour = (_request, response) => {
      response.writeHead(200);
      const flood = (): void => {
        while (!response.destroyed && response.write(content));
        if (!response.destroyed) response.once('drain', flood);
      };
      flood();
    };
    expect((await failure(start({ maxBytes: 10_000_000 }))).failure).toBe('wrong-content');
  });

  it('that speaks no HTTP is told so', async () => {
    nim.permit([eth0]);
    servers.eth0.behaviour = (_request, { socket }) => socket?.end('SSH-2.0-OpenSSH_9.2\r\n');
    expect((await failure(start())).failure).toBe('unreachable');
  });

  it('that closes while we are slow does no harm', async () => {
    nim.permit([eth0]);
    await start({ limitBytesPerSecond: 8_000_000 });
    expect(await fetched()).toBe(true);
    expect(servers.eth0.requests).toHaveLength(1);
  });

  it('without validators is resumed where a checksum will tell, and begun anew where none will', async () => {
    nim.permit([eth0, eth1]);
    for (const server of Object.values(servers)) server.etag = undefined;
    servers.eth0.behaviour = (request, response) => {
      servers.eth0.serve(request, response, { upTo: 1_000_000 });
    };
    await start();
    await rm(file());
    await start({ sha256: undefined });
    expect(servers.eth1.requests.map(({ headers }) => headers.range)).toEqual(['bytes=1000000-', undefined]);
    expect(await fetched()).toBe(true);
  });

  describe('that answers a request for a part', () => {
    /** Breaks off the first answer, and gives the next with a range to `answer`. */
    function breakOffAndThen(answer: (from: number, response: ServerResponse) => void): void {
      servers.eth0.behaviour = (request, response, times) => {
        const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
        if (times === 1) servers.eth0.serve(request, response, { upTo: 1_000_000 });
        else if (from === undefined) servers.eth0.serve(request, response);
        else answer(Number(from), response);
      };
    }
    const ranges = (): (string | undefined)[] => servers.eth0.requests.map(({ headers }) => headers.range);
    const slice = (from: number): string => `bytes ${from}-${SIZE - 1}/${SIZE}`;

    it.each<[what: string, answer: (from: number, response: ServerResponse) => void]>([
      [
        'with 200, Content-Range and the slice',
        (from, response) => {
          response.writeHead(200, { etag: '"1"', 'content-range': slice(from), 'content-length': SIZE - from });
          response.end(content.subarray(from));
        },
      ],
      [
        'with 200, Content-Range and the slice in chunks',
        (from, response) => {
          response.writeHead(200, { 'content-range': slice(from) });
          response.end(content.subarray(from));
        },
      ],
      [
        'with 200 and the slice, silent about the range',
        (from, response) => {
          response.writeHead(200, { etag: '"1"', 'content-length': SIZE - from });
          response.end(content.subarray(from));
        },
      ],
      [
        'with 200 and the slice in chunks, silent about the range',
        (from, response) => {
          response.writeHead(200, { etag: '"1"' });
          response.end(content.subarray(from));
        },
      ],
      [
        'with a part from elsewhere',
        (from, response) => {
          response.writeHead(206, { 'content-range': slice(from + 1) }).end(content.subarray(from + 1));
        },
      ],
      [
        'with a part that it has already',
        (from, response) => {
          const [length, range] = [from, `bytes 0-${from - 1}/${SIZE}`];
          response.writeHead(206, { 'content-range': range, 'content-length': length }).end(content.subarray(0, from));
        },
      ],
      [
        'with a part without saying which',
        (from, response) => {
          response.writeHead(206, { 'content-length': SIZE - from }).end(content.subarray(from));
        },
      ],
    ])('%s is asked for the whole file, once', async (_what, answer) => {
      nim.permit([eth0]);
      for (const checked of [sha256(content), undefined]) {
        breakOffAndThen(answer);
        servers.eth0.requests.splice(0);
        await rm(file(), { force: true });
        await start({ sha256: checked });
        expect(ranges()).toEqual([undefined, 'bytes=1000000-', undefined]);
        expect(await fetched()).toBe(true);
      }
    });

    it('with a part that begins earlier is gone on with from where the file is', async () => {
      nim.permit([eth0]);
      breakOffAndThen((_from, response) => {
        response.writeHead(206, { 'content-range': slice(0), 'content-length': SIZE }).end(content);
      });
      await start({ sha256: undefined });
      expect(ranges()).toEqual([undefined, 'bytes=1000000-']);
      expect(kinds()).not.toContain('anew');
      expect(await fetched()).toBe(true);
    });

    it('with parts that begin at a block of its own and end early comes to an end', async () => {
      nim.permit([eth0]);
      const block = 1_500_000;
      breakOffAndThen((from, response) => {
        const first = from - (from % block);
        const last = Math.min(first + block, SIZE) - 1;
        response.writeHead(206, { 'content-range': `bytes ${first}-${last}/${SIZE}` });
        response.end(content.subarray(first, last + 1));
      });
      await start({ sha256: undefined });
      expect(ranges()).toEqual([undefined, 'bytes=1000000-', 'bytes=1500000-', 'bytes=3000000-']);
      expect(await fetched()).toBe(true);
    });

    it('with a part of a file of unknown size is asked for what follows', async () => {
      nim.permit([eth0]);
      servers.eth0.behaviour = (request, response, times) => {
        const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
        const last = Math.min(SIZE, from + 2_000_000) - 1;
        if (times === 1) {
          response.writeHead(200, { etag: '"1"' });
          response.write(content.subarray(0, 1_000_000), () => response.socket?.destroySoon());
        } else if (from >= SIZE) {
          response.writeHead(416, { 'content-range': `bytes */${SIZE}` }).end();
        } else {
          response.writeHead(206, { etag: '"1"', 'content-range': `bytes ${from}-${last}/*` });
          response.end(content.subarray(from, last + 1));
        }
      };
      await start({ sha256: undefined });
      expect(await fetched()).toBe(true);
    });

    it('with more than the range that it announces has no say in what follows', async () => {
      nim.permit([eth0, eth1]);
      breakOffAndThen((from, response) => {
        response.writeHead(206, { 'content-range': `bytes ${from}-${from + 9}/${SIZE}` });
        response.end(Buffer.alloc(SIZE - from));
      });
      await start({ sha256: undefined });
      expect(await fetched()).toBe(true);
    });

    it('with other bytes, and only then, is asked once more for the whole where a checksum tells', async () => {
      nim.permit([eth0]);
      for (const server of Object.values(servers)) server.etag = undefined;
      breakOffAndThen((from, response) => {
        response.writeHead(200, { 'content-length': SIZE - from }).end(content.subarray(from));
      });
      await start();
      expect(ranges()).toEqual([undefined, 'bytes=1000000-', undefined]);
      expect(await fetched()).toBe(true);
    });

    it('whole, and wrong, is not asked a third time', async () => {
      nim.permit([eth0]);
      servers.eth0.content = other;
      breakOffAndThen((from, response) => {
        response.writeHead(206, { 'content-range': slice(from), etag: '"1"' }).end(other.subarray(from));
      });
      expect((await failure(start())).failure).toBe('wrong-content');
      expect(ranges()).toEqual([undefined, 'bytes=1000000-', undefined]);
      expect(await readdir(directory)).toEqual(['nim.sock']);
    });
  });

  it('that redirects is followed over the same port, asked for again, and credentials stay where they belong', async () => {
    nim.permit([eth0]);
    const there = new FileServer(content);
    await listen(there.server, { namespace: lab.isps.eth0, address: SERVER[4], port: 8081 });
    servers.eth0.behaviour = (_request, response) =>
      response.writeHead(302, { location: `http://${SERVER[4]}:8081/x` }).end();
    await start({ source: urlSource(URL_TEXT.replace('//', '//me:secret@'), []) });
    there.server.close();
    expect(nim.asked).toEqual(['eth0', 'eth0']);
    expect([servers.eth0.requests[0]?.headers.authorization, there.requests[0]?.headers.authorization]).toEqual([
      expect.stringMatching(/^Basic /),
      undefined,
    ]);
    expect(await fetched()).toBe(true);
  });

  it('that redirects in circles is given up', async () => {
    nim.permit([eth0]);
    servers.eth0.behaviour = (_request, response) => response.writeHead(302, { location: URL_TEXT }).end();
    const { message } = await failure(start());
    expect(message).toContain('redirects more than 5 times');
    expect(servers.eth0.requests).toHaveLength(6);
  });
});
