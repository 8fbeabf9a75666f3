import { createLogUpdate } from 'log-update';

import type { Clock } from '../../../lib/clock/index.js';
import { bytesText } from '../amounts.js';
import type { DownloadEvent } from '../events.js';
import { eventJson, eventText, portText } from './event-text.js';
import { RateMeter } from './rate-meter.js';

/** Shows events as they happen. */
export interface Show {
  readonly onEvent: (event: DownloadEvent) => void;
  /** The last word, also after a failure. */
  readonly end: () => void;
}

/** Of the bar alone. */
const BAR_COLUMNS = 40;

type Progress = Extract<DownloadEvent, { kind: 'progress' }>;
type Write = (line: string) => void;

/** One JSON object a line; progress once a second. */
export function showJson(print: Write, clock: Clock): Show {
  const isDue = every(1_000, clock);
  return {
    onEvent: (event) => {
      if (event.kind !== 'progress' || isDue()) print(eventJson(event));
    },
    end: () => undefined,
  };
}

/** A line for each event, and for progress every ten seconds. The result goes to `print`, all else to `tell`. */
export function showLines(print: Write, tell: Write, clock: Clock): Show {
  const meter = new RateMeter();
  const isDue = every(10_000, clock);
  return {
    onEvent: (event) => {
      if (event.kind === 'progress') {
        meter.note(clock.monotonicMs(), event.receivedBytes);
        if (isDue()) tell(progressText(event, meter.bytesPerSecond));
      } else {
        meter.reset();
        const text = eventText(event);
        if (text !== undefined) (event.kind === 'done' ? print : tell)(text);
      }
    },
    end: () => undefined,
  };
}

/** A bar on a terminal, with the port, its priority and the rate; events stay above it. */
export function showBar(print: Write, tell: Write, terminal: NodeJS.WriteStream, clock: Clock): Show {
  const meter = new RateMeter();
  const update = createLogUpdate(terminal);
  const hide = (): void => {
    update.clear();
    update.done();
  };
  return {
    onEvent: (event) => {
      if (event.kind !== 'progress') {
        hide();
        meter.reset();
        const text = eventText(event);
        if (text !== undefined) (event.kind === 'done' ? print : tell)(text);
        return;
      }
      meter.note(clock.monotonicMs(), event.receivedBytes);
      update(barText(event, meter.bytesPerSecond));
    },
    end: hide,
  };
}

/** `eth0 (priority 0) [====----] 50% 1 MB of 2 MB 3 MB/s`; without the bar where the size is not known. Pure. */
export function barText(event: Progress, bytesPerSecond: number): string {
  const { port, receivedBytes, sizeBytes } = event;
  const rest = `${amountText(event)} ${bytesText(Math.round(bytesPerSecond))}/s`;
  if (sizeBytes === undefined) return `${portText(port)} ${rest}`;
  const share = sizeBytes === 0 ? 1 : Math.min(receivedBytes / sizeBytes, 1);
  const bar = '='.repeat(Math.floor(share * BAR_COLUMNS)).padEnd(BAR_COLUMNS, '-');
  return `${portText(port)} [${bar}] ${Math.floor(share * 100)}% ${rest}`;
}

function progressText(event: Progress, bytesPerSecond: number): string {
  return `${amountText(event)} over ${portText(event.port)}, ${bytesText(Math.round(bytesPerSecond))}/s`;
}

function amountText({ receivedBytes, sizeBytes }: Progress): string {
  return `${bytesText(receivedBytes)}${sizeBytes === undefined ? '' : ` of ${bytesText(sizeBytes)}`}`;
}

/** Whether so long has passed since it last said yes. */
function every(ms: number, clock: Clock): () => boolean {
  let lastMs = clock.monotonicMs();
  return () => {
    const nowMs = clock.monotonicMs();
    if (nowMs - lastMs < ms) return false;
    lastMs = nowMs;
    return true;
  };
}
