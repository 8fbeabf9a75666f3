import type { Command } from 'commander';
import { systemClock } from '../../../lib/clock/index.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { print, printJson, untilInterrupted } from '../../terminal/output.js';
import { followView, type FollowViewOptions } from '../../status-view/follow-view.js';
import { viewToJson } from '../../status-view/read.js';
import { liveScreen } from './live/live-screen.js';
import { lineScreen, type Screen } from './screen.js';
import type { StatusView } from '../../status-view/view.js';

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

/** For people who look on: each answer of a test is no news, and its age is. */
const REFRESH_TESTS_EVERY_MS = 2_000;

function screenFor(json: boolean, onQuit: () => void): { readonly screen: Screen; readonly follow: FollowViewOptions } {
  if (json) return { screen: jsonScreen(), follow: {} };
  const { stdin: input, stdout: output } = process;
  return output.isTTY
    ? {
        screen: liveScreen({ output, input, clock: systemClock, onQuit }),
        follow: { refreshTestsEveryMs: REFRESH_TESTS_EVERY_MS },
      }
    : { screen: lineScreen(print, systemClock), follow: {} };
}

/** `watch` */
export async function watch({ json }: { readonly json?: boolean }, command: Command): Promise<void> {
  const quit = new AbortController();
  const { screen, follow } = screenFor(json === true, () => {
    quit.abort();
  });
  try {
    const onView = (view: StatusView): void => {
      screen.show(view);
    };
    const ended = AbortSignal.any([untilInterrupted(), quit.signal]);
    await followView(connectionOptionsOf(command), ended, onView, follow);
  } finally {
    screen.close();
  }
}
