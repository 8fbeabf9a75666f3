/*
 * Files that survive a power cut: written beside, synced, renamed, the one before kept. What is in them is the
 * caller's.
 */
export {
  lastGoodPath,
  linkDurably,
  NewerStateError,
  readDurably,
  readDurablyAs,
  writeDurably,
} from './durable-file.js';
