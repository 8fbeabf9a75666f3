import { styleText } from 'node:util';

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

const styles = { good: 'green', doubt: 'yellow', bad: 'red' } as const;

/**
 * How wide a terminal is, and how words stand out on it. A pipe has no width, so that nothing is cut, and no colours;
 * NO_COLOR (no-color.org) takes them from a terminal, FORCE_COLOR gives them to a pipe.
 */
export function terminalOptions(stream: NodeJS.WriteStream): {
  readonly width: number | undefined;
  readonly paint: ((text: string, kind: keyof typeof styles) => string) | undefined;
} {
  const { NO_COLOR = '', FORCE_COLOR = '' } = process.env;
  const hasColours = NO_COLOR === '' && (stream.isTTY || (FORCE_COLOR !== '' && FORCE_COLOR !== '0'));
  return {
    width: stream.isTTY ? stream.columns : undefined,
    // The stream has been asked: styleText asks another.
    paint: hasColours ? (text, kind) => styleText(styles[kind], text, { validateStream: false }) : undefined,
  };
}
