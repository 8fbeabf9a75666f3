import { provokeChallengeAcks, readTcpFlowsByMark, type AppSession, type TcpFlow } from '../../../lib/netlink/index.js';

import type { Logger } from '../../../lib/observability/index.js';
import type { Bridge } from '../desired/dataplane.js';
import { OURS, OURS_MASK } from '../../../lib/dataplane-layout/index.js';
import { sessionsToChallenge } from './challenged-sessions.js';

/** What waits beyond that is left out, and finds out with its next packet. Some 100 ms of work, in small pieces. */
const MOST_WAITING = 4_000;

/**
 * Has apps find out at once that their sessions have ended, beside everything else: provokes a challenge ACK of each
 * (RFC 5961), which the guard answers with a reset. Where this machine does not let it, it says so once, and apps find
 * out with their next packet.
 */
export class SessionChallenger {
  readonly #namespace: string | undefined;
  readonly #logger: Logger;
  /**
   * Sessions as they were some time ago: with an address or an interface, the kernel itself forgets at once what was
   * masqueraded by it. Those that have ended since do no harm, because nobody answers a challenge for one.
   */
  #remembered: readonly TcpFlow[] = [];
  #remembering: Promise<void> | undefined;
  #waiting: AppSession[] = [];
  #working: Promise<void> | undefined;
  #hasComplained = false;

  constructor(namespace: string | undefined, logger: Logger) {
    this.#namespace = namespace;
    this.#logger = logger;
  }

  /** Reads which sessions there are. To be called now and then. */
  rememberFlows(): Promise<void> {
    this.#remembering ??= this.#remember().finally(() => {
      this.#remembering = undefined;
    });
    return this.#remembering;
  }

  /** The flows with that mark, under its mask, have ended; `flows` are those of which the kernel still knew. */
  flowsEnded(
    { mark, mask }: { readonly mark: number; readonly mask: number },
    flows: readonly TcpFlow[],
    bridges: Iterable<Bridge>,
  ): void {
    const hasEnded = (flow: TcpFlow): boolean => (flow.mark & mask) >>> 0 === mark;
    const ended = new Map([...this.#remembered.filter(hasEnded), ...flows].map((flow) => [keyOf(flow), flow]));
    this.#remembered = this.#remembered.filter((flow) => !hasEnded(flow));
    this.sessionsEnded([...ended.values()], bridges);
  }

  /** These flows have ended, and the kernel has known of all of them. */
  sessionsEnded(flows: readonly TcpFlow[], bridges: Iterable<Bridge>): void {
    const sessions = sessionsToChallenge(flows, bridges);
    this.#waiting.push(...sessions.slice(0, Math.max(0, MOST_WAITING - this.#waiting.length)));
    this.#working ??= this.#work();
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await Promise.all([this.#working, this.#remembering]);
  }

  async #remember(): Promise<void> {
    try {
      this.#remembered = await readTcpFlowsByMark({
        mark: OURS,
        mask: OURS_MASK,
        namespace: this.#namespace,
      });
    } catch (error) {
      this.#complain(error instanceof Error ? error.message : String(error));
    }
  }

  async #work(): Promise<void> {
    for (;;) {
      // Whoever waits for the event loop comes first.
      await new Promise((resolve) => setImmediate(resolve));
      const sessions = this.#waiting;
      if (sessions.length === 0) break;
      this.#waiting = [];
      try {
        const sent = await provokeChallengeAcks(sessions, this.#namespace);
        this.#logger.debug(
          { event: 'sessions-reset', sent, sessions: sessions.length },
          'challenged sessions whose flows have ended',
        );
      } catch (error) {
        this.#complain(error instanceof Error ? error.message : String(error));
      }
    }
    this.#working = undefined;
  }

  #complain(reason: string): void {
    if (this.#hasComplained) return;
    this.#hasComplained = true;
    this.#logger.warn(
      { event: 'session-reset-unavailable', reason },
      'cannot challenge sessions that have ended, apps notice with their next packet',
    );
  }
}

function keyOf({ original }: TcpFlow): string {
  return `${original.source} ${original.sourcePort} ${original.destination} ${original.destinationPort}`;
}
