import { emitKeypressEvents } from 'node:readline';
import type { ReadStream } from 'node:tty';
import type { Clock } from '../../../../lib/clock/index.js';
import { statusText } from '../../../render/status-text.js';
import { emptyView, networkInstancesOf, type StatusView } from '../../../status-view/view.js';
import { terminalOptions } from '../../../terminal/output.js';
import type { Screen } from '../screen.js';
import { filteredView } from './filtered-view.js';
import { initialState, withinLines, withKey, type Key } from './live-state.js';
import { extentOf, page, wrappedLines, type Size } from './page.js';
import { historyTable, withSample, type PortHistory } from './port-history.js';

/** A terminal is redrawn this often at least, so that "since" stays true. */
const REDRAW_AT_LEAST_EVERY_MS = 1_000;
/** And so often at most; where a redraw takes long, it takes a quarter of the time. */
const REDRAW_AT_MOST_EVERY_MS = 50;
const REDRAW_SHARE = 4;
const SAMPLE_EVERY_MS = 2_000;

/** Alternate screen and no cursor, and back (xterm's private modes 1049 and 25). */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_TO_END_OF_LINE = '\u001b[K';

export interface LiveScreenOptions {
  readonly output: NodeJS.WriteStream;
  /** Keys are read from it where it is a terminal. */
  readonly input: ReadStream;
  readonly clock: Clock;
  /** The person has had enough. */
  readonly onQuit: () => void;
}

/** The whole status on a screen of its own, redrawn in place; keys scroll, filter and quit. */
export function liveScreen({ output, input, clock, onQuit }: LiveScreenOptions): Screen {
  let view = emptyView;
  let state = initialState;
  let history: PortHistory = new Map();
  let sampleAtMs = clock.monotonicMs();
  let lines: readonly string[] = [];
  let left = '';
  let drawTookMs = 0;
  let isSoon = false;
  let cancelTimer = clock.setTimer(0, draw);

  const size = (): Size => ({ columns: output.columns, rows: output.rows });

  function draw(): void {
    const beganMs = clock.monotonicMs();
    isSoon = false;
    if (beganMs >= sampleAtMs && view.ports.length > 0) {
      history = withSample(history, view.ports);
      sampleAtMs = beganMs + SAMPLE_EVERY_MS;
    }
    const options = terminalOptions(output);
    const shown = filteredView(view, state.filter);
    const [part, all] = [shown, view].map((each) => networkInstancesOf(each).length);
    left = `${part} of ${all} network instances`;
    const text = statusText(shown, clock.wallMs(), { ...options, tests: true, whole: view });
    const labels = new Set(shown.ports.map(({ logicalLabel }) => logicalLabel));
    const ofShown = new Map([...history].filter(([label]) => labels.has(label)));
    const sparks = historyTable(ofShown, SAMPLE_EVERY_MS / 1_000, options);
    lines = wrappedLines([text, ...(sparks === '' ? [] : ['', sparks])].join('\n'), size().columns);
    write();
    drawTookMs = clock.monotonicMs() - beganMs;
    cancelTimer = clock.setTimer(REDRAW_AT_LEAST_EVERY_MS, draw);
  }

  function write(): void {
    state = withinLines(state, extentOf(lines, size()));
    const rows = page(lines, state, size(), left);
    output.write(HOME + rows.map((row) => row + CLEAR_TO_END_OF_LINE).join('\r\n'));
  }

  function drawSoon(): void {
    if (isSoon) return;
    isSoon = true;
    cancelTimer();
    cancelTimer = clock.setTimer(Math.max(REDRAW_AT_MOST_EVERY_MS, (REDRAW_SHARE - 1) * drawTookMs), draw);
  }

  function onKey(_character: string | undefined, key: Key): void {
    const { filter } = state;
    state = withKey(state, key, extentOf(lines, size()));
    if (state.hasQuit) onQuit();
    else if (state.filter === filter) write();
    else drawSoon();
  }

  output.write(ENTER);
  output.on('resize', drawSoon);
  if (input.isTTY) {
    emitKeypressEvents(input);
    input.setRawMode(true);
    input.on('keypress', onKey);
    input.resume();
  }
  return {
    show(next: StatusView) {
      view = next;
      drawSoon();
    },
    close() {
      cancelTimer();
      output.off('resize', drawSoon);
      if (input.isTTY) {
        input.off('keypress', onKey);
        input.setRawMode(false);
        input.pause();
      }
      // What was seen last stays in the terminal, as far as it went.
      output.write(`${LEAVE}${lines.slice(0, size().rows - 1).join('\n')}\n`);
    },
  };
}
