import { spawn } from 'node:child_process';

import { run } from 'iproute-exec';

import { internetAddresses, waitUntil, type Lab } from '../../lab/index.js';

const PORT = 5_201;
const SECONDS = 3;

/**
 * Does something while iperf3 serves on the lab's internet, with a measurement of app1's TCP, in Gbit/s. Where there is
 * no iperf3 it says so, and nothing is done.
 */
export async function withThroughput(
  lab: Lab,
  measureIt: (gigabitsPerSecond: () => Promise<number>) => Promise<void>,
): Promise<void> {
  if ((await run('sh', ['-c', 'command -v iperf3'], { allowFailure: true })).exitCode !== 0) {
    console.log('throughput: not measured, iperf3 is missing (apt-get install iperf3)');
    return;
  }
  const server = spawn('ip', ['netns', 'exec', lab.namespace('internet'), 'iperf3', '-s', '-B', internetAddresses.web]);
  try {
    const isListening = async (): Promise<boolean> =>
      (await lab.exec('internet', ['ss', '-Hltn'])).stdout.includes(`:${PORT}`);
    if (!(await waitUntil(isListening, { timeoutMs: 5_000 }))) throw new Error('iperf3 does not listen');
    await measureIt(() => gigabitsPerSecond(lab));
  } finally {
    server.kill('SIGTERM');
  }
}

async function gigabitsPerSecond(lab: Lab): Promise<number> {
  const { stdout } = await lab.exec(
    'app1',
    ['iperf3', '-c', internetAddresses.web, '-t', String(SECONDS), '-J'],
    20_000,
  );
  const report = JSON.parse(stdout) as {
    readonly error?: string;
    readonly end: { readonly sum_received?: { readonly bits_per_second: number } };
  };
  const received = report.end.sum_received;
  if (received === undefined) throw new Error(`iperf3: ${report.error ?? 'no result'}`);
  return received.bits_per_second / 1e9;
}
