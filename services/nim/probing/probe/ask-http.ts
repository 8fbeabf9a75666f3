import { request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import { asSocketError, SocketError, within, type Limits } from '../../../../lib/uplink-socket/index.js';
import { hostText } from '../../../../lib/configuration/index.js';
import { connectionFailure } from './connection-failure.js';
import type { HttpTarget } from './targets.js';

/** What matters of an answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly location: string | undefined;
}

/** No honest answer to a ping has more. */
const LONGEST_HEADERS = 8 * 1024;

/** A segment of full size has some 1,400 bytes, and servers take headers of 4 kB and more. */
const PADDING = '0'.repeat(1_400);

/**
 * One GET over a connection, plain or TLS (`padded`: it fills a packet of full size; `isProxied`: of the whole URL, as
 * proxies are asked), up to the header of the answer; the body is not read, and redirects are not followed.
 * @throws ProbeError http, reset; SocketError ETIMEDOUT, ABORT_ERR
 */
export async function askHttp(
  socket: Socket,
  target: HttpTarget,
  { padded, isProxied = false, ...limits }: Limits & { readonly padded: boolean; readonly isProxied?: boolean },
): Promise<HttpAnswer> {
  const isDefaultPort = target.port === (target.kind === 'https' ? 443 : 80);
  const host = `${hostText(target.host)}${isDefaultPort ? '' : `:${target.port}`}`;
  const asked = request({
    createConnection: () => socket,
    method: 'GET',
    path: isProxied ? `${target.kind}://${host}${target.path}` : target.path,
    setHost: false,
    headers: {
      ...{ Host: host, 'User-Agent': 'eve-uplink', Connection: 'close' },
      ...(padded ? { 'X-Padding': PADDING } : {}),
    },
    maxHeaderSize: LONGEST_HEADERS,
  });
  try {
    return await within<HttpAnswer>(limits, ({ resolve, reject }) => {
      const answer = ({ statusCode = 0, headers }: IncomingMessage): void => {
        resolve({ status: statusCode, location: headers.location });
      };
      asked.once('response', answer);
      // 101: nobody asked for it, but it is an answer.
      asked.once('upgrade', answer);
      asked.on('error', (error) => {
        reject(connectionFailure(error, host));
      });
      asked.end();
    });
  } catch (error) {
    throw error instanceof SocketError ? asSocketError(error, `asking ${host}`) : error;
  } finally {
    // What may still come concerns nobody.
    asked.on('error', () => undefined);
  }
}
