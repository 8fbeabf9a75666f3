import type { Command } from 'commander';
import { systemClock } from '../../../services/clock/index.js';
import { connectionOptionsOf } from '../connection/options.js';
import { print, printJson, untilInterrupted } from '../output.js';
import { followView } from './follow-view.js';
import { viewToJson } from './read.js';
import { lineScreen, terminalScreen, type Screen } from './screen.js';
import type { StatusView } from './view.js';

/** One JSON value a line, in the order of the views although making one takes a moment. */
function jsonScreen(): Screen {
  let last: Promise<void> = Promise.resolve();
  const write = async (view: StatusView): Promise<void> => {
    printJson(await viewToJson(view), { line: true });
  };
  return {
    show(view) {
      last = last.then(() => write(view));
    },
    close: () => undefined,
  };
}

function screenFor(json: boolean): Screen {
  if (json) return jsonScreen();
  return process.stdout.isTTY ? terminalScreen(process.stdout, systemClock) : lineScreen(print, systemClock);
}

/** `watch` */
export async function watch({ json }: { readonly json?: boolean }, command: Command): Promise<void> {
  const screen = screenFor(json === true);
  try {
    await followView(connectionOptionsOf(command), untilInterrupted(), (view) => {
      screen.show(view);
    });
  } finally {
    screen.close();
  }
}
