import { stripVTControlCharacters } from 'node:util';
import { shortened } from '../../../render/table.js';
import type { Extent, LiveState } from './live-state.js';

/** Of a terminal, in characters. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const KEYS = 'q quit   / filter   arrows, page up and down scroll';

/** The text as lines that fit. Tables fit already; what is longer has no colours, and goes on in the next line. */
export function wrappedLines(text: string, columns: number): readonly string[] {
  return text.split('\n').flatMap((line) => {
    if (stripVTControlCharacters(line).length <= columns) return [line];
    const characters = Array.from(line);
    const parts = Math.ceil(characters.length / columns);
    return Array.from({ length: parts }, (_, part) => characters.slice(part * columns, (part + 1) * columns).join(''));
  });
}

/** How much of these lines a terminal shows: the last row says where one is. */
export function extentOf(lines: readonly string[], { rows }: Size): Extent {
  return { pageLines: Math.max(1, rows - 1), lines: lines.length };
}

/** All rows of a terminal, from the state's offset on. `shown`: what the filter leaves, in words. */
export function page(lines: readonly string[], state: LiveState, size: Size, shown: string): readonly string[] {
  const { pageLines } = extentOf(lines, size);
  const visible = lines.slice(state.offset, state.offset + pageLines);
  const empty = Array.from({ length: pageLines - visible.length }, () => '');
  return [...visible, ...empty, shortened(lastRow(lines, state, pageLines, shown), size.columns)];
}

function lastRow({ length }: readonly string[], state: LiveState, pageLines: number, shown: string): string {
  if (state.isTyping) return `/${state.filter}_   (return keeps it, escape shows all)`;
  const last = Math.min(length, state.offset + pageLines);
  const place = length > pageLines ? [`lines ${state.offset + 1} to ${last} of ${length}`] : [];
  const filter = state.filter === '' ? [] : [`/${state.filter}: ${shown}, escape shows all`];
  return [...filter, ...place, KEYS].join('   ');
}
