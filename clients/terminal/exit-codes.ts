/** Exit codes of the command; also told by `--help`. */
export const exitCodes = {
  good: 0,
  failed: 1,
  usage: 2,
  denied: 3,
  noService: 4,
  wrongContent: 5,
  unreachable: 6,
  localTrouble: 7,
  notWell: 8,
  interrupted: 130,
} as const;

/** The same for `--help`. */
export const EXIT_CODES_HELP = `
Exit codes:
  0  done
  1  failed or refused; standard error says why
  2  wrong usage
  3  not permitted by policy
  4  a service does not answer
  8  status: a network instance has an error, or something on the host stands in its way
  and of download:
  5  the file at the source is not the one that was asked for (sha256, size); nothing is kept
  6  the source cannot be fetched over any permitted port; what has come is kept
  7  the file cannot be written (disk full, no permission); what has come is kept
  130  interrupted (Ctrl-C, SIGTERM); what has come is kept`;
