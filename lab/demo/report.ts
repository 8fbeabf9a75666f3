import { table } from '../../clients/render/index.js';
import type { ActResult, SessionResult } from './act-result.js';

const head = ['', 'APP', 'WAY', 'UDP OUTAGE', 'LOST', 'NIM SAID SO', 'SESSION', 'PORT MAP ANSWERED'];

/** All acts as a table: an act a group, an app a line. Times are since the act. */
export function reportText(results: readonly ActResult[]): string {
  const acts = [...new Set(results.map(({ act }) => act))];
  return table(
    head,
    results.map((result) => [
      `${acts.indexOf(result.act) + 1}`,
      result.app,
      result.from === result.to ? result.to : `${result.from} > ${result.to}`,
      ...resultCells(result),
    ]),
  );
}

/** One act for one app, in a line. */
export function resultLine(result: ActResult): string {
  const [outage = '', lost = '', selected = '', session = '', portMap = ''] = resultCells(result);
  const parts = [
    result.to === 'none' ? 'no way out, rejected' : `${result.to}: UDP outage ${outage}, ${lost} lost`,
    `session ${session}`,
    ...(selected === '' ? [] : [`NIM said so after ${selected}`]),
    ...(portMap === '' ? [] : [`port map answered after ${portMap}`]),
    ...(result.settled ? [] : ['NOT WHERE IT SHOULD BE']),
  ];
  return `${result.app}  ${parts.join('; ')}`;
}

function resultCells(result: ActResult): readonly string[] {
  return [
    outageText(result.outageMs),
    String(result.lostPackets),
    milliseconds(result.selectedAfterMs),
    sessionText(result.session),
    milliseconds(result.portMapAfterMs),
  ];
}

function outageText(outageMs: number | undefined): string {
  if (outageMs === undefined) return 'until there is a way';
  return outageMs === 0 ? 'none' : `<= ${milliseconds(outageMs)}`;
}

function sessionText(session: SessionResult): string {
  switch (session.kind) {
    case 'unbroken':
      return 'goes on';
    case 'broken': {
      const again = session.reconnectedAfterMs;
      const rest = again === undefined ? 'no new one' : `new one after ${milliseconds(again)}`;
      return `${session.how} after ${milliseconds(session.afterMs)}, ${rest}`;
    }
    case 'reconnected':
      return `new one after ${milliseconds(session.afterMs)}`;
    case 'stalled':
      return 'stalls';
    case 'down':
      return 'none';
  }
}

function milliseconds(value: number | undefined): string {
  if (value === undefined) return '';
  return value < 10 ? `${value.toFixed(1)} ms` : `${value.toFixed(0)} ms`;
}
