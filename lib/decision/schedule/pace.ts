import { SILENCE_SHORTEST_MS } from '../health/index.js';

/**
 * How often a port is tested. All constants of testing stand here, with their reasons and with what they imply; the
 * formulas for detection time and bytes a month stand in ARCHITECTURE.md.
 */
export interface Pace {
  /** Between two signs of life while a network instance uses the port and its traffic has been seen lately. */
  readonly keepaliveInUseMs: number;
  /** The same when no traffic has been seen for `QUIET_AFTER_MS`. */
  readonly keepaliveQuietMs: number;
  /** The same while no network instance uses the port. */
  readonly keepaliveStandbyMs: number;
  /**
   * Between two full tests of a port that works: in use, and an app has begun a TCP connection since the last one; in
   * use, and its traffic has been seen lately; in use and quiet; not in use.
   */
  readonly fullBusyMs: number;
  readonly fullInUseMs: number;
  readonly fullQuietMs: number;
  readonly fullStandbyMs: number;
  /** What the first two are stretched to as savings go: the month's bytes pay for so many. */
  readonly fullSustainedMs: number;
  /**
   * Between two packets of full size: in use, and apps begin TCP connections and receive nothing large; in use; quiet;
   * not in use. The first is stretched to the second as savings go.
   */
  readonly sizeBusyMs: number;
  readonly sizeInUseMs: number;
  readonly sizeQuietMs: number;
  readonly sizeStandbyMs: number;
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
  // 172,800 keepalive probes in 30 days: 9.7 MB.
  keepaliveQuietMs: 15_000,
  keepaliveStandbyMs: 30_000,
  // TCP dead, a portal, an accelerator without internet: 10 s while apps begin connections, a minute while they do not.
  // A resumed TLS handshake with its request takes some 2 kB: savings pay for most of an hour of that.
  fullBusyMs: 5_000,
  fullInUseMs: 45_000,
  // 4,320 in 30 days: 8.6 MB.
  fullQuietMs: 600_000,
  fullStandbyMs: 3_600_000,
  // 2,880 in 30 days: 5.8 MB. Echoes beside apps' answers take 9.7 MB, packets of full size at most 4.0 MB: less than
  // the month's bytes, for who has none left cannot ask at all.
  fullSustainedMs: 900_000,
  // Large packets that are lost: half a minute while apps wait for them. Those that come down need no test.
  sizeBusyMs: 15_000,
  // 2.8 kB both ways. 360 in 30 quiet days: 1.0 MB.
  sizeInUseMs: 1_800_000,
  sizeQuietMs: 7_200_000,
  sizeStandbyMs: 21_600_000,
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
  fullBusyMs: 60_000,
  fullInUseMs: 1_800_000,
  // 720 in 30 days: 1.4 MB.
  fullQuietMs: 3_600_000,
  // 120 in 30 days: 0.24 MB.
  fullStandbyMs: 21_600_000,
  fullSustainedMs: 3_600_000,
  sizeBusyMs: 300_000,
  // 120 in 30 days: 0.34 MB.
  sizeInUseMs: 21_600_000,
  sizeQuietMs: 21_600_000,
  sizeStandbyMs: 86_400_000,
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

/** While a port has to show that it goes on working before it is used again; a hold is 30 s by default. */
export const RETURNING_KEEPALIVE_MS = 5_000;

/** A port whose traffic was last seen so long ago is quiet: nobody is there to be kept waiting. */
export const QUIET_AFTER_MS = 7_200_000;

/**
 * So many keepalive probes, in quick succession, after a path was found to work: then its latency is known, and
 * something of its loss.
 */
export const INITIAL_KEEPALIVES = 8;
export const INITIAL_KEEPALIVE_SPACING_MS = 1_000;

/** Attempts on a suspect path start so long after each other: long enough for a burst of loss to pass between them. */
export const SUSPECT_SPACING_MS = 50;

/** When there have been enough attempts, and only patience is still asked for. */
export const PATIENT_SPACING_MS = 250;

/** A suspect path waits at least so long from its first attempt before silence counts. */
export const SUSPECT_SHORTEST_MS = SILENCE_SHORTEST_MS;

/**
 * Where nothing is known of a path: the slowest satellite answers in 0.8 s, and its first packet may wait for a
 * channel. A path that has been slower is not given more, or each slow answer would make room for a slower one. Apps
 * that fill a queue are answered, and that proves their port whatever a test says.
 */
export const LONGEST_LIMIT_MS = 3_000;

/** A full test is several round trips, and TCP may have to repeat itself. EVE waits for 15 s. */
export const FULL_LIMIT_MS = 5_000;

/** A first full test that failed is repeated after so long, then twice that and so on. */
export const FULL_RETRY_MS = 500;

/**
 * Full tests in doubt, of a target that worked, follow each other so closely and overlap: three that hang are through
 * in a second more than one.
 */
export const SUSPECT_FULL_SPACING_MS = 500;

/**
 * What a full test in doubt may take is learned from the path, within these: TCP repeats a first packet that was lost
 * after a second; and an app that waits for longer than the other has left.
 */
export const SUSPECT_FULL_SHORTEST_MS = 1_000;
export const SUSPECT_FULL_LONGEST_MS = 4_000;

/** With full tests in doubt go so many keepalive probes, so far apart: what a line loses just now makes tests late. */
export const COMPANION_ECHOES = 8;
export const COMPANION_SPACING_MS = 100;

/** Packets of full size in doubt follow each other so closely: long enough for a burst of loss to pass between them. */
export const SUSPECT_SIZE_SPACING_MS = 500;

/**
 * A path that works shows so soon whether it passes packets of full size, and once more when TCP stalls: only what has
 * come through once is missed later.
 */
export const FIRST_SIZE_AFTER_MS = 2_000;

/** As long as none has come through, another is sent after so long, then twice that and so on up to the interval. */
export const SIZE_RETRY_MS = 10_000;

/** On a port whose packets of full size are lost, one is tried this seldom at the least. */
export const SIZE_RECOVER_MS = 10_000;

/** An echo that is as large as what `ping` sends; networks that drop empty ones are known to answer it. */
export const FILLED_ECHO_BYTES = 56;

/** 1,400 bytes with the headers of IPv4 and ICMP: what TCP sends over every usual path, tunnels included. */
export const FULL_SIZE_ECHO_BYTES = 1_372;

/** What is not answered here, is tried again beside a full test after so long, then after twice that and so on. */
export const SET_ASIDE_FIRST_MS = 60_000;
export const SET_ASIDE_MOST_MS = 3_600_000;

/** As long as so much of the savings is left, full tests are as frequent as is best. */
export const COMFORTABLE_SHARE = 0.5;

/** Echoes beside apps' answers are cheaper, and stay as frequent as is best for longer. */
export const CHALLENGE_SHARE = 0.25;

/** Unanswered traffic shorter than this is no stall, whatever the path's latency. */
export const STALL_SHORTEST_MS = 200;

/**
 * The same of TCP: a connection that is begun, or data that is sent, and no data comes back. The far end may have to
 * think, and TCP itself repeats a first packet that was lost after a second.
 */
export const TCP_STALL_MS = 1_500;

/**
 * A stall that a probe has refuted (traffic that nobody answers by nature) is looked at again after this, then twice
 * that and so on.
 */
export const STALL_PAUSE_FIRST_MS = 1_000;
export const STALL_PAUSE_MOST_MS = 60_000;

/** Tests in a row that make a verdict, where a network instance does not say. */
export const DEFAULT_FAIL_AFTER = 3;
export const DEFAULT_RECOVER_AFTER = 2;
