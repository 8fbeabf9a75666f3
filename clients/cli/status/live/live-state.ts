/** What the person at a live screen has asked for. */
export interface LiveState {
  /** The first line that is shown. */
  readonly offset: number;
  /** Shows what has this text in it; empty: all. */
  readonly filter: string;
  /** The filter is being typed. */
  readonly isTyping: boolean;
  readonly hasQuit: boolean;
}

export const initialState: LiveState = { offset: 0, filter: '', isTyping: false, hasQuit: false };

/** A key as Node's readline names it. */
export interface Key {
  /** `up`, `pagedown`, `q`; undefined: a character without a name, as `/`. */
  readonly name?: string | undefined;
  /** The characters that it sends. */
  readonly sequence: string;
  readonly ctrl?: boolean | undefined;
}

/** Lines that can be shown at once, and lines that there are. */
export interface Extent {
  readonly pageLines: number;
  readonly lines: number;
}

/** The state after a key. Keys without a meaning change nothing. */
export function withKey(state: LiveState, key: Key, extent: Extent): LiveState {
  if (key.ctrl === true && key.name === 'c') return { ...state, hasQuit: true };
  return state.isTyping ? withTyped(state, key) : withCommand(state, key, extent);
}

/** The state with an offset that the lines have. */
export function withinLines(state: LiveState, { pageLines, lines }: Extent): LiveState {
  const offset = Math.max(0, Math.min(state.offset, lines - pageLines));
  return offset === state.offset ? state : { ...state, offset };
}

function withTyped(state: LiveState, { name, sequence, ctrl }: Key): LiveState {
  switch (name) {
    case 'return':
    case 'enter':
      return { ...state, isTyping: false };
    case 'escape':
      return { ...state, isTyping: false, filter: '', offset: 0 };
    case 'backspace':
      return { ...state, filter: state.filter.slice(0, -1), offset: 0 };
    default: {
      const isText = ctrl !== true && /^[^\u0000-\u001f\u007f-\u009f]$/u.test(sequence);
      return isText ? { ...state, filter: state.filter + sequence, offset: 0 } : state;
    }
  }
}

function withCommand(state: LiveState, { name, sequence }: Key, extent: Extent): LiveState {
  const by = (lines: number): LiveState => withinLines({ ...state, offset: state.offset + lines }, extent);
  if (sequence === '/') return { ...state, isTyping: true, filter: '', offset: 0 };
  if (sequence === 'G') return by(extent.lines);
  switch (name) {
    case 'q':
      return { ...state, hasQuit: true };
    case 'escape':
      return { ...state, filter: '', offset: 0 };
    case 'up':
    case 'k':
      return by(-1);
    case 'down':
    case 'j':
      return by(1);
    case 'pageup':
    case 'b':
      return by(-extent.pageLines);
    case 'pagedown':
    case 'space':
      return by(extent.pageLines);
    case 'home':
    case 'g':
      return by(-extent.lines);
    case 'end':
      return by(extent.lines);
    default:
      return state;
  }
}
