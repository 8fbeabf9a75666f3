import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CommandError, IpWriter, run } from 'iproute-exec';

import { createLab, monotonicMs, type DoneAt, type Lab, type PortName } from '../../lab/index.js';
import { customerInterface } from '../../lab/topology.js';

/** A lab of the benchmark's own, beside any other. */
export async function createBenchLab(name: string): Promise<Lab> {
  const folder = await mkdtemp(join(tmpdir(), `eve-uplink-bench-${name}-`));
  return createLab({ prefix: `evb-${name}-`, runDir: join(folder, 'run'), stateDir: join(folder, 'state') });
}

/**
 * Takes what measures out of what is measured. Who sends a stream and who answers it have real-time priority, as instruments with
 * processors of their own would: else their waiting for one counts as an outage. In turns (SCHED_RR), because their threads wait for each
 * other. The apps are plugged and stay so, without anybody who watches over it. Answers what could not be had.
 */
export async function setInstrumentsApart(lab: Lab): Promise<string | undefined> {
  await lab.stopPlugging();
  try {
    for (const { pid } of [lab.internet.agent, lab.app('app1').agent]) {
      await run('chrt', ['--all-tasks', '--rr', '--pid', '1', String(pid)]);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return `what measures waits for a processor like all others (${error.message})`;
  }
}

/** Pulls and plugs a cable through a kept-open `ip`, so that the moment is known to a fraction of a millisecond. */
export class QuickCable {
  readonly #writer: IpWriter;

  constructor(lab: Lab, port: PortName) {
    this.#writer = new IpWriter({ namespace: lab.topology.ports[port].ispNamespace });
  }

  pull(): Promise<DoneAt> {
    return this.#set('down');
  }

  plug(): Promise<DoneAt> {
    return this.#set('up');
  }

  close(): Promise<void> {
    return this.#writer.close();
  }

  async #set(state: 'up' | 'down'): Promise<DoneAt> {
    const beforeMs = monotonicMs();
    const [result] = await this.#writer.run([['link', 'set', 'dev', customerInterface, state]]);
    if (result?.ok !== true) throw new Error(`the cable does not obey: ${result?.error ?? 'no answer'}`);
    return { beforeMs, afterMs: monotonicMs() };
  }
}
