import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { pipeline, Readable } from 'node:stream';

interface Listener {
  readonly label: string;
  readonly address: string;
  readonly port: number;
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** EVE's controller, as far as its connectivity test goes: 200 and nothing more on /api/v2/edgedevice/ping. */
export async function startController(listener: Listener): Promise<void> {
  await listen(listener, (request, response) => {
    const known = request.url === '/api/v2/edgedevice/ping';
    response.writeHead(known ? 200 : 404, { 'content-length': 0 }).end();
  });
}

/** A captive portal's page, whatever is asked for. */
export async function startPortal(listener: Listener): Promise<void> {
  await listen(listener, (_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<html><title>${listener.label}</title>Please log in</html>\n`);
  });
}

/** Tells in JSON who it is (`server`) and who asks (`client`, ADDRESS:PORT). */
export async function startWhoAreYou(listener: Listener): Promise<void> {
  await listen(listener, (request, response) => {
    const client = `${request.socket.remoteAddress ?? ''}:${request.socket.remotePort ?? 0}`;
    response.setHeader('content-type', 'application/json');
    response.end(`${JSON.stringify({ server: listener.label, client })}\n`);
  });
}

/**
 * How a request for a range is answered: as it should be; with 200, Content-Range and the slice alone, as careless
 * caches do; or with 206 from the beginning of the file, which is legal.
 */
type RangeAnswer = 'bytes' | 'slices' | 'early';

/**
 * `/bytes/COUNT` is a file of that size, the same bytes each time, with an ETag; a single range may be asked for.
 * `/slices/COUNT` and `/early/COUNT` are the same file, and answer a range as their RangeAnswer says.
 */
export async function startWebServer(listener: Listener): Promise<void> {
  await listen(listener, (request, response) => {
    const [, answer, size] = /^\/(bytes|slices|early)\/(\d{1,12})$/.exec(request.url ?? '') ?? [];
    if (answer === undefined || size === undefined) {
      response.writeHead(404, { 'content-length': 0 }).end();
    } else {
      sendFile(request, response, Number(size), answer as RangeAnswer);
    }
  });
}

function sendFile(request: IncomingMessage, response: ServerResponse, size: number, answer: RangeAnswer): void {
  const etag = `"${size}"`;
  const isStill = (request.headers['if-range'] ?? etag) === etag;
  const range = isStill ? /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') : null;
  const askedFirst = range === null ? 0 : Number(range[1]);
  const first = answer === 'early' ? 0 : askedFirst;
  const last = range?.[2] === undefined || range[2] === '' ? size - 1 : Math.min(Number(range[2]), size - 1);
  if (range !== null && (askedFirst >= size || last < first)) {
    response.writeHead(416, { 'content-range': `bytes */${size}`, 'content-length': 0 }).end();
    return;
  }
  response.writeHead(range === null || answer === 'slices' ? 200 : 206, {
    'content-type': 'application/octet-stream',
    'content-length': last - first + 1,
    'accept-ranges': 'bytes',
    etag,
    ...(range === null ? {} : { 'content-range': `bytes ${first}-${last}/${size}` }),
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  pipeline(Readable.from(fileBytes(first, last)), response, () => {
    // A reader that goes away in the middle is what the lab is for.
  });
}

// Prime, so that a piece put at a wrong offset shows.
const PATTERN_LENGTH = 251;
const pattern = Buffer.from(Array.from({ length: PATTERN_LENGTH * 2_048 }, (_, index) => index % PATTERN_LENGTH));

/** What `/bytes/COUNT` has from offset `first` to offset `last`, in pieces. */
export function* fileBytes(first: number, last: number): Generator<Buffer> {
  for (let offset = first; offset <= last;) {
    const start = offset % PATTERN_LENGTH;
    const length = Math.min(pattern.length - start, last - offset + 1);
    yield pattern.subarray(start, start + length);
    offset += length;
  }
}

async function listen({ address, port, tls }: Listener, handler: RequestListener): Promise<void> {
  const server =
    tls === undefined ? createServer(handler) : createSecureServer({ cert: tls.certificate, key: tls.key }, handler);
  server.listen(port, address);
  await once(server, 'listening');
}
