import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CommandError, run } from 'iproute-exec';

import { createLab, monotonicMs, type DoneAt, type Lab, type PortName } from '../../lab/index.js';
import { CUSTOMER_INTERFACE } from '../../lab/topology.js';
import { Rtnetlink } from '../../lib/netlink/index.js';

/** A lab of the benchmark's own, beside any other. */
export async function createBenchLab(name: string): Promise<Lab> {
  const folder = await mkdtemp(join(tmpdir(), `eve-uplink-bench-${name}-`));
  return createLab({ prefix: `evb-${name}-`, runDir: join(folder, 'run'), stateDir: join(folder, 'state') });
}

/**
 * Takes what measures out of what is measured. Who sends a stream and who answers it have real-time priority, as
 * instruments with processors of their own would: else their waiting for one counts as an outage. In turns (SCHED_RR),
 * because their threads wait for each other. The apps are plugged and stay so, without anybody who watches over it.
 * Answers what could not be had.
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

/** Pulls and plugs a cable by netlink, so that the moment is known to a fraction of a millisecond. */
export class QuickCable {
  readonly #rtnetlink: Rtnetlink;

  constructor(lab: Lab, port: PortName) {
    this.#rtnetlink = new Rtnetlink(lab.topology.ports[port].ispNamespace);
  }

  pull(): DoneAt {
    return this.#set(false);
  }

  plug(): DoneAt {
    return this.#set(true);
  }

  #set(isUp: boolean): DoneAt {
    const beforeMs = monotonicMs();
    const [error] = this.#rtnetlink.apply([{ kind: 'link-set', name: CUSTOMER_INTERFACE, settings: { isUp } }]);
    if (error !== undefined) throw error;
    return { beforeMs, afterMs: monotonicMs() };
  }
}
