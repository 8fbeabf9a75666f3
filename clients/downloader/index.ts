export { addDownloadCommand } from './commands.js';

/** The downloader as a library. Loads gRPC and more, and so on demand. */
export function loadDownloader() {
  return import('./library.js');
}
