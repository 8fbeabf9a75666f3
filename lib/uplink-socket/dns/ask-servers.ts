import { isIP } from 'node:net';

import { systemClock, type CancelTimer } from '../../clock/index.js';
import { asSocketError, SocketError } from '../socket-error.js';
import type { TrafficTally } from '../traffic.js';
import type { Limits, Uplink } from '../uplink.js';
import { within } from '../within.js';
import { talkTo, type Reply, type ServerTalk } from './ask-server.js';
import { DnsError, type DnsFailure } from './dns-error.js';
import type { Question, Reading } from './message.js';

/** An answer that settles a question. */
export type Conclusion = Extract<Reading, { kind: 'addresses' | 'alias' | 'no-such-name' | 'no-address' | 'blocked' }>;

/** Each server is asked this often: a lost datagram must not look like a dead server. */
const ROUNDS = 2;

/**
 * Asks name servers in order: the next one when one cannot answer, or has not within its part of the time; late answers
 * of earlier ones still count. Each server has its turn twice.
 * @throws DnsError silent, unreachable, server-failure, garbage, aborted, local
 */
export async function askServers(
  uplink: Uplink,
  question: Question,
  servers: readonly string[],
  limits: Limits,
  tally: TrafficTally,
): Promise<Conclusion> {
  const round = new Round(uplink, question, servers, limits, tally);
  try {
    return await within<Conclusion>(limits, (settle) => {
      round.start(settle.resolve, settle.reject);
    });
  } catch (error) {
    throw round.failure(error);
  } finally {
    round.close();
  }
}

interface Trouble {
  readonly failure: DnsFailure;
  readonly detail: string;
}

class Round {
  readonly #uplink: Uplink;
  readonly #question: Question;
  readonly #servers: readonly string[];
  readonly #limits: Limits;
  readonly #tally: TrafficTally;
  readonly #turnMs: number;
  readonly #talks = new Map<string, ServerTalk>();
  readonly #troubles = new Map<string, Trouble>();
  readonly #givenUp = new Set<string>();
  readonly #turns: string[];
  #cancelTimer: CancelTimer = () => undefined;
  #resolve: (conclusion: Conclusion) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  #isOver = false;

  constructor(uplink: Uplink, question: Question, servers: readonly string[], limits: Limits, tally: TrafficTally) {
    this.#uplink = uplink;
    this.#question = question;
    this.#servers = servers;
    this.#limits = limits;
    this.#tally = tally;
    this.#turns = Array.from({ length: ROUNDS }, () => servers).flat();
    this.#turnMs = limits.timeoutMs / this.#turns.length;
  }

  start(resolve: (conclusion: Conclusion) => void, reject: (error: Error) => void): void {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#nextTurn();
  }

  close(): void {
    this.#isOver = true;
    this.#cancelTimer();
    for (const talk of this.#talks.values()) talk.close();
  }

  /** What to tell: why the servers that could be heard did not answer, else that nothing came. */
  failure(error: unknown): DnsError {
    const { total } = this.#tally;
    if (error instanceof SocketError && error.code === 'ABORT_ERR')
      return new DnsError('aborted', error.message, total);
    if (error instanceof SocketError && error.code !== 'ETIMEDOUT') return new DnsError('local', error.message, total);
    const told = this.#servers.map((server) => {
      const trouble = this.#troubles.get(server);
      return { server, failure: trouble?.failure ?? 'silent', detail: trouble?.detail ?? 'does not answer' };
    });
    const worst = worstFirst.find((failure) => told.some((each) => each.failure === failure)) ?? 'silent';
    const words = told.map(({ server, detail }) => `${server} ${detail}`).join(', ');
    return new DnsError(worst, `${this.#question.name}: name server ${words}`, total);
  }

  #nextTurn(): void {
    this.#cancelTimer();
    if (this.#isOver) return;
    if (this.#servers.every((server) => this.#givenUp.has(server))) {
      this.#reject(new SocketError('ETIMEDOUT', 'no server can answer'));
      return;
    }
    let server = this.#turns.shift();
    while (server !== undefined && this.#givenUp.has(server)) server = this.#turns.shift();
    // All have had their turns: what is left of the time is for their answers.
    if (server === undefined) return;
    this.#cancelTimer = systemClock.setTimer(this.#turnMs, () => {
      this.#nextTurn();
    });
    this.#ask(server);
  }

  #ask(server: string): void {
    if (isIP(server) === 0) {
      this.#giveUp(server, { failure: 'unreachable', detail: 'is no IP address' });
      return;
    }
    try {
      let talk = this.#talks.get(server);
      if (talk === undefined) {
        talk = talkTo(this.#uplink, server, this.#question, {
          timeoutMs: this.#limits.timeoutMs,
          tally: this.#tally,
          onReply: (reply) => {
            this.#take(server, reply);
          },
        });
        this.#talks.set(server, talk);
      }
      talk.ask();
    } catch (error) {
      this.#reject(asSocketError(error, `asking ${server}`));
    }
  }

  #take(server: string, reply: Reply): void {
    if (this.#isOver) return;
    switch (reply.kind) {
      case 'addresses':
      case 'alias':
      case 'no-such-name':
      case 'no-address':
      case 'blocked':
        this.#resolve(reply);
        return;
      case 'server-failure':
        this.#giveUp(server, { failure: 'server-failure', detail: `answers ${reply.code}` });
        return;
      case 'unreachable':
        this.#giveUp(server, { failure: 'unreachable', detail: reply.detail });
        return;
      case 'garbage':
        // It may be forged, so a proper answer of this server still counts.
        this.#giveUp(server, { failure: 'garbage', detail: 'answers what is no DNS' });
        return;
      case 'not-ours':
        this.#troubles.set(server, { failure: 'garbage', detail: 'answers what was not asked' });
        return;
      case 'truncated':
    }
  }

  #giveUp(server: string, trouble: Trouble): void {
    this.#troubles.set(server, trouble);
    this.#givenUp.add(server);
    this.#nextTurn();
  }
}

/** Which of several servers' failures says most: one that answers, if badly, shows that the path to it works. */
const worstFirst: readonly DnsFailure[] = ['server-failure', 'garbage', 'unreachable', 'silent'];
