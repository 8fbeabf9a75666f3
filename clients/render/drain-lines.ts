import type { DrainingPort } from '../../gen/zedrouter/v1/network_router.js';
import { printable } from './table.js';
import { durationText, millisecondsOf } from './time.js';

/** A line for each port that a network instance has left and whose flows stay: how many, and for how long at most. */
export function drainLines(name: string, draining: readonly DrainingPort[], nowMs: number): readonly string[] {
  return draining.map(({ port, flows, endsAt }) => {
    const many = flows === 0 ? 'flows may still be' : `${flows} ${flows === 1 ? 'flow' : 'flows'} still`;
    const left = endsAt === undefined ? '' : `, ${durationText(millisecondsOf(endsAt) - nowMs)} left`;
    return printable(`${name}: ${many} on ${port}${left}`);
  });
}
