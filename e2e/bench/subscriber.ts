import { followSelections } from './selection-stream.js';
import type { Sighting } from './subscriber-process.js';

// A subscriber as a process of its own, so that nothing else that the benchmark does delays what it hears. It is told
// the run directory, reports over the channel to its parent, and ends with it.

const [RUN_DIR = ''] = process.argv.slice(2);
const ending = new AbortController();
process.once('disconnect', () => {
  ending.abort();
});
await followSelections(RUN_DIR, ending.signal, (...sighting: Sighting) => process.send?.(sighting));
