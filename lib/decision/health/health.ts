/** How a network instance wants a target's outcomes to be read. */
export interface HealthSettings {
  /** So many tests in a row must fail. */
  readonly failAfter: number;
  /** So many tests in a row must succeed after that. */
  readonly recoverAfter: number;
  /** An answer that took longer counts as none; undefined: any answer counts. */
  readonly slowestMs: number | undefined;
  /** Silence shorter than this is not believed: a modem that changes cells answers nothing for a second or two. */
  readonly patienceMs: number;
  /** The target's own test is a single packet and its answer, so one that is lost proves nothing. */
  readonly light: boolean;
}

/**
 * The layer that fails: `silent`: nothing comes back at all; `test`: the path lives, and the target's own test fails;
 * `size`: small packets come through, and large ones are lost.
 */
export type FailingCause = 'silent' | 'test' | 'size';

/** Whether a target works over a port, derived from outcomes. Unknown is not down. */
export type Health =
  | { readonly state: 'untested'; readonly suspicion: Suspicion | undefined }
  | {
      readonly state: 'working';
      readonly sinceMs: number;
      readonly suspicion: Suspicion | undefined;
      /** Silences in a row that make a verdict, by the loss that this path has when it works. */
      readonly silencesNeeded: number;
      /** Full tests in a row without an answer that make a verdict, by the same. */
      readonly failuresNeeded: number;
      /** Packets of full size in a row without an answer that make one. */
      readonly sizesNeeded: number;
      /** Packets have been lost of late, so tests take longer. */
      readonly lossy: boolean;
      /** A packet of full size has come through since link and address are there. */
      readonly sizeProven: boolean;
      /** Undefined: the last echo, or something after it, was answered by the target. */
      readonly contradiction: Contradiction | undefined;
    }
  | {
      readonly state: 'failing';
      readonly sinceMs: number;
      readonly cause: FailingCause;
      readonly recovering: boolean;
    };

/** Whether attempts have failed since the last answer, too few for a verdict. */
export function isSuspect(health: Health | undefined): boolean {
  return health !== undefined && health.state !== 'failing' && health.suspicion !== undefined;
}

/** Attempts that failed since the last answer, too few for a verdict. */
export interface Suspicion {
  /** When the first of them began. */
  readonly sinceMs: number;
  /** Full tests in a row that failed, whatever the keepalive probes say. */
  readonly failed: number;
  /** Attempts in a row without any answer. */
  readonly silences: number;
  /** Packets of full size in a row that were lost, where one had come through before. */
  readonly sizeFailed: number;
}

/**
 * Echoes in a row that the target left unanswered. What apps receive meanwhile does not explain them: a portal answers
 * apps, too.
 */
export interface Contradiction {
  /** When the first of them began. */
  readonly sinceMs: number;
  readonly unanswered: number;
  /** So many are no chance, by the loss that this path had before them. */
  readonly needed: number;
}

/** When the apps' own packets were last answered over the port; undefined: never, or nobody counts. */
export interface TrafficAnswered {
  readonly answeredMs?: number | undefined;
  /** With data over TCP. */
  readonly tcpAnsweredMs?: number | undefined;
}
