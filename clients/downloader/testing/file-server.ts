import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** A file of a test: the same bytes at the same offset, whoever asks, and others for another seed. */
export function fileBytes(sizeBytes: number, seed = 0): Buffer {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  for (let at = 0; at + 4 <= sizeBytes; at += 4) bytes.writeUInt32LE(Math.imul(at + seed, 2_654_435_761) >>> 0, at);
  bytes.fill(seed & 0xff, sizeBytes - (sizeBytes % 4));
  return bytes;
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What a server was asked, and what it sent. */
export interface Served {
  readonly request: IncomingMessage;
  sentBytes: number;
}

/** What a server does with a request; without one it serves its file honestly. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse, times: number) => void;

/** An HTTP server with one file, that a test may make lie. */
export class FileServer {
  readonly server: Server;
  readonly requests: IncomingMessage[] = [];
  content: Buffer;
  etag: string | undefined = '"1"';
  behaviour: Behaviour | undefined;
  /** Sends no faster than this. */
  bytesPerSecond = Number.POSITIVE_INFINITY;

  constructor(
    content: Buffer,
    makeServer: (handler: (request: IncomingMessage, response: ServerResponse) => void) => Server = createServer,
  ) {
    this.content = content;
    this.server = makeServer((request, response) => {
      this.requests.push(request);
      if (this.behaviour === undefined) this.serve(request, response);
      else this.behaviour(request, response, this.requests.length);
    });
  }

  /**
   * As an honest server does: a range where one is asked for and the file is still the same. `upTo`: breaks off there.
   */
  serve(request: IncomingMessage, response: ServerResponse, { upTo }: { readonly upTo?: number } = {}): void {
    const { content, etag } = this;
    const wanted = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    const isSame = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
    const first = wanted !== undefined && isSame ? Number(wanted) : 0;
    const isPart = wanted !== undefined && isSame;
    if (isPart && first >= content.length) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}`, 'content-length': 0 }).end();
      return;
    }
    response.writeHead(isPart ? 206 : 200, {
      'content-length': content.length - first,
      ...(etag === undefined ? {} : { etag }),
      ...(isPart ? { 'content-range': `bytes ${first}-${content.length - 1}/${content.length}` } : {}),
    });
    this.#send(response, first, upTo ?? content.length, upTo === undefined);
  }

  #send(response: ServerResponse, from: number, to: number, isWhole: boolean): void {
    const piece = Math.min(64 * 1024, Math.max(1024, this.bytesPerSecond / 20));
    const next = (at: number): void => {
      if (response.destroyed) return;
      if (at >= to) {
        if (isWhole) response.end();
        else response.socket?.destroySoon();
        return;
      }
      const end = Math.min(at + piece, to);
      const goOn = (): void => {
        next(end);
      };
      const hasRoom = response.write(this.content.subarray(at, end));
      if (Number.isFinite(this.bytesPerSecond)) setTimeout(goOn, ((end - at) / this.bytesPerSecond) * 1000);
      else if (hasRoom) setImmediate(goOn);
      else response.once('drain', goOn);
    };
    next(from);
  }
}
