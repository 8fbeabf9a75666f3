/**
 * How seldom a lossy but living path may be taken for dead: once in a million times that it is suspect. A path that is
 * suspect every ten seconds is then misjudged once in four months.
 */
const FALSE_ALARM = 1e-6;

/** Fewer silences are never believed: what was measured on a perfect path says little of the next second. */
const FEWEST_SILENCES = 4;

/** More are not waited for: a path that loses three of four packets is of no use either. */
const MOST_SILENCES = 48;

/** Attempts on a path while it worked: those that were answered, and those that were not. */
export interface Loss {
  readonly answered: number;
  readonly lost: number;
}

/**
 * How many attempts in a row must stay without an answer before a path counts as dead: with a share p of answers lost,
 * p^n must be below `falseAlarm`. `answered` and `lost` are counted while the path worked; Laplace's rule of
 * succession, (lost + 1) / (answered + lost + 2), keeps a short history from meaning much.
 */
export function silencesNeeded(path: Loss): number {
  return Math.min(Math.max(inARow(path, FALSE_ALARM), FEWEST_SILENCES), MOST_SILENCES);
}

function inARow({ answered, lost }: Loss, falseAlarm: number): number {
  const lossShare = (lost + 1) / (answered + lost + 2);
  return Math.ceil(Math.log(falseAlarm) / Math.log(lossShare));
}

/**
 * How seldom echoes that are lost by chance may ask for a full test while apps are answered: it costs some kilobytes,
 * and moves nobody.
 */
const FALSE_QUESTION = 1e-3;

const FEWEST_ECHOES = 2;
const MOST_ECHOES = 12;

/** How many echoes in a row must stay without an answer to doubt what apps are answered by, by the loss of the path. */
export function echoesNeeded(path: Loss): number {
  return Math.min(Math.max(inARow(path, FALSE_QUESTION), FEWEST_ECHOES), MOST_ECHOES);
}

/**
 * The same for full tests, of which there are a hundred times fewer: one that is made every 45 s on a bad line is then
 * misjudged once in two months, and the standby is asked before anybody moves.
 */
const FALSE_FAILURE = 1e-5;

/** So many full tests weigh as much as what is known of the path's packets. */
const PRIOR_TESTS = 8;

const MOST_FAILURES = 24;

/** Share of full tests that are late, by the share of round trips that are lost. */
function lateShare({ answered, lost }: Loss): number {
  const p = (lost + 0.02) / (answered + lost + 1);
  return 1 - (1 - p) * (1 - p * p) ** 3;
}

/** What was lost before so many attempts weighs a third of what was lost now. */
const RECENT_ATTEMPTS = 12;

/** The loss of late, with one more attempt. */
export function withRecent({ answered, lost }: Loss, wasAnswered: boolean): Loss {
  const kept = 1 - 1 / RECENT_ATTEMPTS;
  return { answered: answered * kept + Number(wasAnswered), lost: lost * kept + Number(!wasAnswered) };
}

/** Of the last packets, more were lost than by a rare chance. */
export function isLossy({ answered, lost }: Loss): boolean {
  return lost > 0.1 && lost / (answered + lost) > 0.02;
}

/**
 * How many full tests in a row must run into their time limit before the target counts as out of reach. A line that
 * loses packets makes full tests late: with a share p of round trips lost, a test is late where its first packet is
 * lost (TCP repeats that after a second), or one of the following three twice. What was seen of full tests themselves
 * counts more, the more of them there are. `recent`: of the last packets, for a line may have become bad just now. A
 * path that has lost nothing asks for none in particular: 1.
 */
export function failuresNeeded(path: Loss, full: Loss, recent: Loss): number {
  const usual = (full.lost + PRIOR_TESTS * lateShare(path)) / (full.answered + full.lost + PRIOR_TESTS);
  const share = Math.max(usual, lateShare(recent));
  return Math.min(Math.max(Math.ceil(Math.log(FALSE_FAILURE) / Math.log(share)), 1), MOST_FAILURES);
}
