/** Prints what the command was asked for. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Prints a value for programs: one line each with `line`, else indented. */
export function printJson(value: unknown, { line = false }: { readonly line?: boolean } = {}): void {
  print(line ? JSON.stringify(value) : JSON.stringify(value, undefined, 2));
}

/**
 * A signal that aborts at Ctrl-C and SIGTERM, for commands that run until then. A closed pipe at the other end is the
 * same.
 */
export function untilInterrupted(): AbortSignal {
  const controller = new AbortController();
  const abort = () => {
    controller.abort();
  };
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  process.stdout.once('error', abort);
  return controller.signal;
}
