import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { IpWriter } from 'iproute-exec';

import { createLab, monotonicMs, type DoneAt, type Lab, type PortName } from '../lab/index.js';
import { customerInterface } from '../lab/topology.js';

/** A lab of the benchmark's own, beside any other. */
export async function createBenchLab(name: string): Promise<Lab> {
  const folder = await mkdtemp(join(tmpdir(), `eve-uplink-bench-${name}-`));
  return createLab({ prefix: `evb-${name}-`, runDir: join(folder, 'run'), stateDir: join(folder, 'state') });
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
