/** Exit codes of the command; also told by `--help`. */
export const exitCodes = {
  good: 0,
  failed: 1,
  usage: 2,
  denied: 3,
  noService: 4,
} as const;

/** The same for `--help`. */
export const exitCodesHelp = `
Exit codes:
  0  done
  1  failed or refused; standard error says why
  2  wrong usage
  3  denied by policy, or not permitted
  4  a service does not answer`;
