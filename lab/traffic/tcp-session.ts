import { connect, type Socket } from 'node:net';

import { monotonicMs } from '../monotonic.js';

export interface TcpSessionSpec {
  readonly address: string;
  readonly port: number;
  /** Between two lines, like keystrokes; absent: nobody types, and it waits for what comes. */
  readonly intervalMs?: number;
  /** How long a connection attempt may take before the next; default 1,000. */
  readonly connectTimeoutMs?: number;
  /**
   * After so long without an echo the session gives up by itself, as ssh does with ServerAliveInterval; default: never.
   */
  readonly giveUpMs?: number;
}

/**
 * How a session ended: a reset or end from the network, another error of the system by its code, or its own patience.
 */
export type BreakKind = 'reset' | 'ended' | 'gave-up' | 'other';

export interface SessionBreak {
  readonly kind: BreakKind;
  /** The system's code, e.g. ECONNRESET. */
  readonly detail: string;
  /** When the last line before it was sent that came back. */
  readonly lastEchoedMs: number;
  readonly brokenMs: number;
  /** When the next session had its server's greeting; undefined while there is none. */
  readonly reconnectedMs: number | undefined;
  /** The addresses that the server saw. */
  readonly sourceBefore: string;
  readonly sourceAfter: string | undefined;
}

export interface TcpSessionReport {
  /** When the present session had its server's greeting; undefined while there is none. */
  readonly connectedSinceMs: number | undefined;
  /** The address that the server sees now. */
  readonly source: string | undefined;
  readonly echoedLines: number;
  readonly failedAttempts: number;
  readonly breaks: readonly SessionBreak[];
}

const RETRY_MS = 20;

/**
 * A session like that of a person at a remote terminal: types a line, sees it come back; when it breaks, connects anew.
 */
export class TcpSession {
  readonly #spec: TcpSessionSpec;
  readonly #breaks: SessionBreak[] = [];
  #socket: Socket | undefined;
  #source: string | undefined;
  #connectedSinceMs: number | undefined;
  #echoedLines = 0;
  #failedAttempts = 0;
  #lastEchoedMs = 0;
  #lineNumber = 0;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(spec: TcpSessionSpec) {
    this.#spec = spec;
  }

  static start(spec: TcpSessionSpec): TcpSession {
    const session = new TcpSession(spec);
    session.#connect();
    return session;
  }

  /** Breaks since a time, and the state now. */
  report(sinceMs = 0): TcpSessionReport {
    return {
      connectedSinceMs: this.#connectedSinceMs,
      source: this.#source,
      echoedLines: this.#echoedLines,
      failedAttempts: this.#failedAttempts,
      breaks: this.#breaks.filter(({ brokenMs }) => brokenMs >= sinceMs),
    };
  }

  stop(): TcpSessionReport {
    const report = this.report();
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.destroy();
    return report;
  }

  #connect(): void {
    if (this.#stopped) return;
    const socket = connect({ host: this.#spec.address, port: this.#spec.port, noDelay: true });
    this.#socket = socket;
    // When each line was sent that has not come back yet.
    const pending: number[] = [];
    let text = '';
    let failure = '';
    this.#timer = setTimeout(() => {
      socket.destroy(new Error('no connection in time'));
    }, this.#spec.connectTimeoutMs ?? 1_000);
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        if (this.#source === undefined) this.#greeted(line, socket, pending);
        else this.#echoed(pending);
      }
    });
    socket.on('error', (error) => {
      failure = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
    });
    socket.on('close', () => {
      this.#closed(failure);
    });
  }

  #greeted(greeting: string, socket: Socket, pending: number[]): void {
    clearTimeout(this.#timer);
    const nowMs = monotonicMs();
    this.#source = /([\d.]+):\d+$/.exec(greeting)?.[1] ?? greeting;
    this.#connectedSinceMs = nowMs;
    this.#lastEchoedMs = nowMs;
    const last = this.#breaks.at(-1);
    if (last !== undefined && last.reconnectedMs === undefined) {
      this.#breaks[this.#breaks.length - 1] = { ...last, reconnectedMs: nowMs, sourceAfter: this.#source };
    }
    this.#type(socket, pending);
  }

  #type(socket: Socket, pending: number[]): void {
    const { intervalMs } = this.#spec;
    if (intervalMs === undefined) return;
    this.#timer = setTimeout(() => {
      const nowMs = monotonicMs();
      const { giveUpMs } = this.#spec;
      if (giveUpMs !== undefined && nowMs - this.#lastEchoedMs > giveUpMs) {
        socket.destroy(new Error('gave-up'));
        return;
      }
      pending.push(nowMs);
      this.#lineNumber += 1;
      socket.write(`${this.#lineNumber}\n`);
      this.#type(socket, pending);
    }, intervalMs);
  }

  #echoed(pending: number[]): void {
    this.#echoedLines += 1;
    this.#lastEchoedMs = pending.shift() ?? this.#lastEchoedMs;
  }

  #closed(failure: string): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    if (this.#source === undefined) {
      this.#failedAttempts += 1;
    } else {
      this.#breaks.push({
        kind: breakKind(failure),
        detail: failure,
        lastEchoedMs: this.#lastEchoedMs,
        brokenMs: monotonicMs(),
        reconnectedMs: undefined,
        sourceBefore: this.#source,
        sourceAfter: undefined,
      });
      this.#source = undefined;
      this.#connectedSinceMs = undefined;
    }
    this.#timer = setTimeout(() => {
      this.#connect();
    }, RETRY_MS);
  }
}

function breakKind(failure: string): BreakKind {
  switch (failure) {
    case 'ECONNRESET':
    case 'EPIPE':
      return 'reset';
    case '':
      return 'ended';
    case 'gave-up':
      return 'gave-up';
    default:
      return 'other';
  }
}
