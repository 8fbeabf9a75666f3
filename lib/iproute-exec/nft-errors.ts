/** Errors that one message carries; nft itself stops at about ten. */
const MAX_ERRORS = 10;

/** Longest piece of the script that one message repeats. */
const MAX_EXCERPT = 200;

/**
 * What nft said about a script, in terms of the script: `line 3: No such file or directory: add rule inet t c accept`.
 * nft's own names for the file, its excerpts and its carets are left out. Empty where it reported no error.
 */
export function errorsOf(stderr: readonly string[], script: string): readonly string[] {
  const scriptLines = script.split('\n');
  const errors: string[] = [];
  for (const text of stderr) {
    const located = /^\S*?:(\d+):\d+-\d+: (?:Error|BUG): (.*)$/.exec(text);
    const bare = /(?:^|: )(?:Error|BUG): (.*)$/.exec(text);
    if (located !== null) errors.push(explain(Number(located[1]), located[2] ?? '', scriptLines));
    else if (bare !== null) errors.push(bare[1] ?? '');
  }
  // After a syntax error inside the file nft adds one about the line that included it.
  const meant = errors.filter((error) => error !== 'syntax error, unexpected end of file');
  return (meant.length === 0 ? errors : meant).slice(0, MAX_ERRORS);
}

function explain(lineNumber: number, message: string, scriptLines: readonly string[]): string {
  const line = (scriptLines[lineNumber - 1] ?? '').trim();
  const excerpt = line.length > MAX_EXCERPT ? `${line.slice(0, MAX_EXCERPT)}...` : line;
  return `line ${lineNumber}: ${message}: ${excerpt}`;
}
