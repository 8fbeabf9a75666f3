/** The forms in which ip names the word that it stumbled over, before it exits. */
const complaints = [
  /argument "([^"]+)" is wrong/,
  /or "([^"]+)" is a garbage/,
  /is expected rather than "([^"]+)"/,
  /duplicate "([^"]+)"/,
];

/**
 * Which of the commands ended ip with a syntax error: its index, where ip's message names a word that one of them alone has;
 * otherwise undefined.
 */
export function syntaxCulprit(commands: readonly string[], stderr: string): number | undefined {
  for (const complaint of complaints) {
    const word = complaint.exec(stderr)?.[1];
    if (word === undefined) continue;
    const having = [...commands.keys()].filter((index) => commands[index]?.split(' ').includes(word));
    if (having.length === 1) return having[0];
  }
  return undefined;
}
