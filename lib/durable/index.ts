export { lastGoodPath, readDurably, writeDurably } from './durable-file.js';
