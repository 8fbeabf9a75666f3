import { request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import { asSocketError, SocketError } from './socket-error.js';
import type { Limits } from './uplink.js';
import { within } from './within.js';

/** No proxy has more to say. */
const LONGEST_HEADERS = 8 * 1024;

/** A proxy does not do what it is asked for. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  /** Of HTTP; 0: it does not speak HTTP. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What proxies say, and no server behind them: who asks is to log in, or the server cannot be reached (RFC 9110). */
export function proxyProblem(status: number): string | undefined {
  switch (status) {
    case 407:
      return 'the proxy wants a login (407), and none is built: let it admit this device by its address';
    case 502:
    case 503:
    case 504:
      return `the proxy cannot reach the server (${status})`;
    default:
      return undefined;
  }
}

/**
 * Has the proxy at the other end of a connection lead it on to a server (CONNECT; RFC 9110, 9.3.6): what is then sent
 * and read is the server's. The caller ends the connection where it fails.
 * @throws ProxyError; SocketError ETIMEDOUT, ABORT_ERR, ECONNRESET
 */
export async function openTunnel(
  socket: Socket,
  { host, port }: { readonly host: string; readonly port: number },
  limits: Limits,
): Promise<void> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const asked = request({
    createConnection: () => socket,
    method: 'CONNECT',
    path: authority,
    setHost: false,
    headers: { Host: authority, 'User-Agent': 'eve-uplink' },
    maxHeaderSize: LONGEST_HEADERS,
  });
  try {
    await within(limits, ({ resolve, reject }) => {
      asked.once('connect', ({ statusCode: status = 0 }: IncomingMessage, _socket, head: Buffer) => {
        if (status < 200 || status > 299) {
          reject(
            new ProxyError(status, proxyProblem(status) ?? `the proxy refuses to lead on to ${authority} (${status})`),
          );
          return;
        }
        if (head.length > 0) socket.unshift(head);
        resolve(undefined);
      });
      asked.on('error', (error) => {
        reject(asTunnelError(error));
      });
      asked.end();
    });
  } catch (error) {
    throw error instanceof ProxyError ? error : asSocketError(error, `asking the proxy for ${authority}`);
  } finally {
    asked.on('error', () => undefined);
  }
}

/** Node's parser of HTTP, and a connection that is gone. */
function asTunnelError(error: Error & { readonly code?: string }): Error {
  if (error.code?.startsWith('HPE_') === true) return new ProxyError(0, 'the proxy speaks no HTTP');
  return new SocketError('ECONNRESET', 'the proxy ended the connection');
}
