import { createLogUpdate } from 'log-update';

/** Lines that stay, and on a terminal a panel below them that is redrawn in place. */
export interface Screen {
  say(...lines: readonly string[]): void;
  /** What `panel` answers is shown from now on, kept up to date until `close`. Not a terminal: never asked. */
  show(panel: () => string): void;
  close(): void;
}

/** Often enough to look live, seldom enough not to disturb what is measured beside it. */
const REDRAW_EVERY_MS = 200;

/** A live screen on a terminal, plain lines everywhere else. */
export function openScreen(stream: NodeJS.WriteStream): Screen {
  return stream.isTTY ? terminalScreen(stream) : lineScreen(stream);
}

function lineScreen(stream: NodeJS.WritableStream): Screen {
  return {
    say: (...lines) => {
      stream.write(`${lines.join('\n')}\n`);
    },
    show: () => undefined,
    close: () => undefined,
  };
}

function terminalScreen(stream: NodeJS.WriteStream): Screen {
  const update = createLogUpdate(stream);
  let panel = (): string => '';
  const draw = (): void => {
    const text = panel();
    if (text !== '') update(`\n${text}`);
  };
  const timer = setInterval(draw, REDRAW_EVERY_MS);
  return {
    say: (...lines) => {
      update.clear();
      stream.write(`${lines.join('\n')}\n`);
      draw();
    },
    show: (next) => {
      panel = next;
    },
    close: () => {
      clearInterval(timer);
      update.clear();
      update.done();
    },
  };
}
