/*
 * Downloads over whichever port is permitted, and goes on over the next one where a port fails. Asks services by gRPC;
 * what it must survive (cuts, restarts, power) stands in `part`. The index is light: it loads the rest on demand.
 */
export { addDownloadCommand } from './commands.js';

/** The downloader as a library. Loads gRPC and more, and so on demand. */
export function loadDownloader() {
  return import('./library.js');
}
