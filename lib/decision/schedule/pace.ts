/**
 * How often a port is tested. All constants of testing stand here, with their reasons and with what they imply; the
 * formulas for detection time and bytes a month stand in ARCHITECTURE.md.
 */
export interface Pace {
  /** Between two signs of life while a network instance uses the port and its traffic has been seen lately. */
  readonly keepaliveInUseMs: number;
  /** The same when no traffic has been seen for `quietAfterMs`. */
  readonly keepaliveQuietMs: number;
  /** The same while no network instance uses the port. */
  readonly keepaliveStandbyMs: number;
  /** Between two full tests of a port that works. */
  readonly fullMs: number;
  /** A silence that is shorter is not believed. */
  readonly patienceMs: number;
  /** Between two attempts on a port that does not work: at first, and at most. */
  readonly recoverFirstMs: number;
  readonly recoverMostMs: number;
  /** What all tests of the port together may take in 30 days, both directions, from the IP header on. */
  readonly monthlyBytes: number;
}

/** 0 is free (docs/design.md#priority-of-a-port). */
const free: Pace = {
  // With 56 bytes a keepalive probe (an echo without data and its answer, 28 bytes each): 2 h at 4 s are 0.1 MB.
  keepaliveInUseMs: 4_000,
  // 288,000 keepalive probes in 30 days: 16.1 MB.
  keepaliveQuietMs: 9_000,
  keepaliveStandbyMs: 30_000,
  // 720 in 30 days; a resumed TLS handshake with its request takes some 2 kB: 1.4 MB.
  fullMs: 3_600_000,
  // The loss of a wire is no matter of patience.
  patienceMs: 0,
  recoverFirstMs: 500,
  recoverMostMs: 10_000,
  monthlyBytes: 20e6,
};

/** Everything that somebody pays for. */
const metered: Pace = {
  // 43,200 keepalive probes in 30 days: 2.4 MB. Traffic that stalls tells sooner.
  keepaliveInUseMs: 60_000,
  keepaliveQuietMs: 60_000,
  keepaliveStandbyMs: 120_000,
  // 120 in 30 days: 0.24 MB.
  fullMs: 21_600_000,
  // A modem that changes cells or wakes from its sleep answers nothing for a second or two.
  patienceMs: 3_000,
  recoverFirstMs: 1_000,
  recoverMostMs: 60_000,
  monthlyBytes: 5e6,
};

/** The pace of a port of this priority, 0 being free. */
export function paceOf(priority: number): Pace {
  return priority === 0 ? free : metered;
}

/**
 * Between two attempts on a port that does not work and has spent its bytes: 1.5 MB in 30 days of full tests. What
 * somebody depends on is asked all the same, once for each failure of another port, or of its own apps' traffic: nobody
 * shall stay on a dead port to save some hundred bytes.
 */
export const spentGapMs = 3_600_000;

/** While a port has to show that it goes on working before it is used again; a hold is 30 s by default. */
export const returningKeepaliveMs = 5_000;

/** A port whose traffic was last seen so long ago is quiet: nobody is there to be kept waiting. */
export const quietAfterMs = 7_200_000;

/**
 * So many keepalive probes, in quick succession, after a path was found to work: then its latency is known, and
 * something of its loss.
 */
export const initialKeepalives = 8;
export const initialKeepaliveSpacingMs = 1_000;

/** Attempts on a suspect path start so long after each other: long enough for a burst of loss to pass between them. */
export const suspectSpacingMs = 50;

/** When there have been enough attempts, and only patience is still asked for. */
export const patientSpacingMs = 250;

/**
 * A suspect path waits at least so long from its first attempt before silence counts, so that a queue that has just
 * filled up is no dead path.
 */
export const suspectShortestMs = 400;

/**
 * Where nothing is known of a path: the slowest satellite answers in 0.8 s, and its first packet may wait for a
 * channel. A path that has been slower is not given more, or each slow answer would make room for a slower one. Apps
 * that fill a queue are answered, and that proves their port whatever a test says.
 */
export const longestLimitMs = 3_000;

/** A full test is several round trips, and TCP may have to repeat itself. EVE waits for 15 s. */
export const fullLimitMs = 5_000;

/** A full test that failed is repeated after so long, then twice that and so on, until the verdict. */
export const fullRetryMs = 500;

/** Unanswered traffic shorter than this is no stall, whatever the path's latency. */
export const stallShortestMs = 200;

/**
 * A stall that a probe has refuted (traffic that nobody answers by nature) is looked at again after this, then twice
 * that and so on.
 */
export const stallPauseFirstMs = 1_000;
export const stallPauseMostMs = 60_000;

/** Tests in a row that make a verdict, where a network instance does not say. */
export const defaultFailAfter = 3;
export const defaultRecoverAfter = 2;
