import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';

import { createLogger, isLogLevel, startMetrics, type RunningMetrics } from './index.js';

describe('createLogger', () => {
  it('writes JSON lines to standard error, with service, level and time; the last words of a process included', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'evp-log-'));
    try {
      const outfile = join(directory, 'log.cjs');
      await build({
        stdin: {
          contents: `
            import { createLogger } from './lib/observability/logger.ts';
            const logger = createLogger({ service: 'nim', level: 'info' });
            logger.debug({ event: 'dataplane-plan' }, 'too quiet');
            logger.warn({ event: 'port-changed', port: 'eth0' }, 'port lost');
            process.kill(process.pid, 'SIGKILL');`,
          resolveDir: process.cwd(),
          loader: 'ts',
        },
        bundle: true,
        platform: 'node',
        outfile,
        logLevel: 'silent',
      });
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [outfile]).catch(
        (error: unknown) => error as { stdout: string; stderr: string },
      );
      expect(stdout).toBe('');
      const lines = stderr.trim().split('\n');
      expect(lines).toHaveLength(1);
      const line = JSON.parse(lines[0] ?? '') as { time: string };
      expect(line).toMatchObject({
        service: 'nim',
        level: 'warn',
        event: 'port-changed',
        port: 'eth0',
        msg: 'port lost',
      });
      expect(Math.abs(Date.parse(line.time) - Date.now())).toBeLessThan(60_000);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it.each([
    ['info', true],
    ['silent', true],
    ['INFO', false],
    ['', false],
    ['toString', false],
  ])('level %j: %j', (word, known) => {
    expect(isLogLevel(word)).toBe(known);
  });
});

describe('startMetrics', () => {
  const logger = createLogger({ service: 'test', level: 'silent' });
  let metrics: RunningMetrics;

  beforeEach(async () => {
    metrics = await startMetrics({ host: '127.0.0.1', port: 0, logger });
  });

  afterEach(async () => {
    await metrics.close();
  });

  const get = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${metrics.port}${path}`, { method });

  it('offers the metrics of the process, and those that are added', async () => {
    let ports = [{ labels: { port: 'eth0' }, value: 7 }];
    metrics.meters.gauge({ name: 'eve_uplink_test', help: 'h' }, ['port'], () => ports);
    metrics.meters.counter({ name: 'eve_uplink_tests_total', help: 'h' }, [], () => [{ value: 3 }]);
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toContain('text/plain');
    const text = await response.text();
    expect(text).toContain('eve_uplink_test{port="eth0"} 7');
    expect(text).toContain('process_resident_memory_bytes');
    ports = [{ labels: { port: 'wwan0' }, value: 1 }];
    const again = await (await get('/metrics')).text();
    expect(again).toContain('eve_uplink_test{port="wwan0"} 1');
    expect(again).not.toContain('eth0');
    expect(again).toMatch(/^eve_uplink_tests_total 3$/m);
  });

  it('read what many meters share once for each scrape, and let others have their turns', async () => {
    let [readings, turns, scraping] = [0, 0, true];
    const shared = metrics.meters.oncePerScrape(() => [{ value: (readings += 1) }]);
    for (const name of ['a', 'b', 'c']) metrics.meters.gauge({ name: `eve_uplink_${name}`, help: 'h' }, [], shared);
    const countTurns = (): void => {
      turns += 1;
      if (scraping) setImmediate(countTurns);
    };
    countTurns();
    const text = await metrics.meters.text();
    scraping = false;
    expect(text).toMatch(/^eve_uplink_a 1\n[^]*^eve_uplink_b 1\n[^]*^eve_uplink_c 1$/m);
    expect(turns).toBeGreaterThan(3);
    expect(await metrics.meters.text()).toMatch(/^eve_uplink_c 2$/m);
  });

  it('measures durations in seconds', async () => {
    const meter = metrics.meters.duration({ name: 'eve_uplink_wait_seconds', help: 'h' }, ['of'], [1, 10]);
    meter.observe({ of: 'it' }, 5);
    const text = await (await get('/metrics')).text();
    expect(text).toContain('eve_uplink_wait_seconds_bucket{le="0.001",of="it"} 0');
    expect(text).toContain('eve_uplink_wait_seconds_bucket{le="0.01",of="it"} 1');
    expect(text).toContain('eve_uplink_wait_seconds_sum{of="it"} 0.005');
  });

  it('refuses where a meter cannot be read, and goes on when it can', async () => {
    let broken = true;
    metrics.meters.gauge({ name: 'eve_uplink_test', help: 'h' }, [], () => {
      if (broken) throw new Error('cannot be read');
      return [{ value: 1 }];
    });
    expect((await get('/metrics')).status).toBe(500);
    broken = false;
    expect((await get('/metrics')).status).toBe(200);
  });

  it.each([
    ['/', 'GET', 404],
    ['/metrics', 'POST', 405],
  ])('answers %s %s with %d', async (path, method, expected) => {
    expect((await get(path, method)).status).toBe(expected);
  });

  it('rejects where the address is taken', async () => {
    await expect(startMetrics({ host: '127.0.0.1', port: metrics.port, logger })).rejects.toThrow('EADDRINUSE');
  });
});
