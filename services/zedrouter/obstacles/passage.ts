/** Packets of one network instance towards its ports, counted before every filter of the host and after the last. */
export interface PassageCount {
  readonly arrived: number;
  readonly sent: number;
}

/** What the counts of a network instance have shown so far. */
export interface PassageMemory {
  readonly last: PassageCount;
  /** Arrived since any was sent. */
  readonly lost: number;
  /** Undefined: too few came to say. */
  readonly gets: 'through' | 'nowhere' | undefined;
}

/** Fewer may be sessions that our own guard has ended. */
const FEWEST_LOST = 5;

/** Takes in a reading. Counts begin anew with the nft table. */
export function notedPassage(memory: PassageMemory | undefined, count: PassageCount): PassageMemory {
  if (memory === undefined || count.arrived < memory.last.arrived || count.sent < memory.last.sent) {
    return { last: count, lost: 0, gets: memory?.gets };
  }
  if (count.sent > memory.last.sent) return { last: count, lost: 0, gets: 'through' };
  const lost = memory.lost + count.arrived - memory.last.arrived;
  return { last: count, lost, gets: lost >= FEWEST_LOST ? 'nowhere' : memory.gets };
}
