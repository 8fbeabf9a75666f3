import type { Clock } from '../../../lib/clock/index.js';
import { changeLines } from '../../render/change-lines.js';
import { emptyView, type StatusView } from '../../status-view/view.js';

/** Shows a view that changes. */
export interface Screen {
  show(view: StatusView): void;
  close(): void;
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
