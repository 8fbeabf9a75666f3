import { createLogUpdate } from 'log-update';
import type { Clock } from '../../../lib/clock/index.js';
import { changeLines } from '../../render/change-lines.js';
import { statusText } from '../../render/status-text.js';
import { terminalOptions } from '../../terminal/output.js';
import { emptyView, type StatusView } from '../../status-view/view.js';

/** Shows a view that changes. */
export interface Screen {
  show(view: StatusView): void;
  close(): void;
}

/** A terminal is redrawn this often at most, and this often at least, so that "since" stays true. */
const REDRAW_AT_MOST_EVERY_MS = 50;
const REDRAW_AT_LEAST_EVERY_MS = 1_000;

/** The whole status, redrawn in place. */
export function terminalScreen(stream: NodeJS.WriteStream, clock: Clock): Screen {
  const update = createLogUpdate(stream);
  let view = emptyView;
  let redrawIsSoon = false;
  let cancelTimer = clock.setTimer(REDRAW_AT_LEAST_EVERY_MS, draw);
  function draw(): void {
    redrawIsSoon = false;
    update(statusText(view, clock.wallMs(), { ...terminalOptions(stream), tests: true }));
    cancelTimer = clock.setTimer(REDRAW_AT_LEAST_EVERY_MS, draw);
  }
  return {
    show(next) {
      view = next;
      if (redrawIsSoon) return;
      redrawIsSoon = true;
      cancelTimer();
      cancelTimer = clock.setTimer(REDRAW_AT_MOST_EVERY_MS, draw);
    },
    close() {
      cancelTimer();
      update.done();
    },
  };
}

/** A line for each change, with its time. */
export function lineScreen(write: (line: string) => void, clock: Clock): Screen {
  let shown = emptyView;
  return {
    show(view) {
      const time = new Date(clock.wallMs()).toISOString().replace('T', ' ');
      for (const line of changeLines(shown, view)) write(`${time}  ${line}`);
      shown = view;
    },
    close: () => undefined,
  };
}
