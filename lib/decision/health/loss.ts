/**
 * How seldom a lossy but living path may be taken for dead: once in a million times that it is suspect. A path that is
 * suspect every ten seconds is then misjudged once in four months.
 */
const falseAlarm = 1e-6;

/** Fewer silences are never believed: what was measured on a perfect path says little of the next second. */
const fewestSilences = 4;

/** More are not waited for: a path that loses three of four packets is of no use either. */
const mostSilences = 48;

/**
 * How many attempts in a row must stay without an answer before a path counts as dead: with a share p of answers lost,
 * p^n must be below `falseAlarm`. `answered` and `lost` are counted while the path worked; Laplace's rule of
 * succession, (lost + 1) / (answered + lost + 2), keeps a short history from meaning much.
 */
export function silencesNeeded({ answered, lost }: { readonly answered: number; readonly lost: number }): number {
  const lossShare = (lost + 1) / (answered + lost + 2);
  const needed = Math.ceil(Math.log(falseAlarm) / Math.log(lossShare));
  return Math.min(Math.max(needed, fewestSilences), mostSilences);
}
