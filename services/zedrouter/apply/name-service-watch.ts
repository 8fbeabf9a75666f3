import { runningDnsmasq } from 'iproute-exec';

import type { Clock } from '../../../lib/clock/index.js';
import { nameServicePaths } from '../desired/name-service-files.js';

const EVERY_MS = 250;
/**
 * Whether a process of that number is there at all costs 1 us, to read that it is the right one and alive, 30 to 150:
 * so many are read in full, in every fourth turn.
 */
const READ_IN_FULL_AT_ONCE = 64;
const TURNS_PER_READING = 4;

export interface NameServiceWatchOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** The bridges whose dnsmasq is to run, and with which nothing else is being done at the moment. */
  readonly expected: () => readonly string[];
  readonly onEnded: (bridge: string) => void;
}

/**
 * Notices within a second that a dnsmasq has ended, whoever started it: daemons are nobody's children, so the kernel
 * tells nobody.
 */
export class NameServiceWatch {
  readonly #options: NameServiceWatchOptions;
  /** By bridge, as it was read last. */
  #pids = new Map<string, number>();
  #next = 0;
  #turn = 0;
  #cancel: () => void;

  constructor(options: NameServiceWatchOptions) {
    this.#options = options;
    this.#cancel = this.#wait();
  }

  close(): void {
    this.#cancel();
  }

  #wait(): () => void {
    return this.#options.clock.setTimer(EVERY_MS, () => {
      this.#check();
      this.#cancel = this.#wait();
    });
  }

  #check(): void {
    const { expected, onEnded } = this.#options;
    const bridges = expected();
    const inFull = new Set(this.#turn === 0 ? this.#nextOf(bridges) : []);
    this.#turn = (this.#turn + 1) % TURNS_PER_READING;
    const known = this.#pids;
    this.#pids = new Map();
    for (const bridge of bridges) {
      const pid = known.get(bridge);
      const alive = inFull.has(bridge) || pid === undefined || !isThere(pid) ? this.#pidOf(bridge) : pid;
      if (alive === 'unknown') continue;
      if (alive === undefined) onEnded(bridge);
      else this.#pids.set(bridge, alive);
    }
  }

  #nextOf(bridges: readonly string[]): readonly string[] {
    const start = this.#next < bridges.length ? this.#next : 0;
    this.#next = start + READ_IN_FULL_AT_ONCE;
    return bridges.slice(start, this.#next);
  }

  /** `unknown`: nothing can be read now, and nothing is known to have ended. */
  #pidOf(bridge: string): number | undefined | 'unknown' {
    try {
      return runningDnsmasq(nameServicePaths(this.#options.directory, bridge).pid)?.pid;
    } catch {
      return 'unknown';
    }
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
