import { createSocket } from 'node:dgram';
import { get, type IncomingMessage } from 'node:http';
import { get as getSecurely } from 'node:https';
import { connect } from 'node:net';

import type { Attempt, AttemptResult, FetchResult, FetchSpec } from './calls.js';
import { monotonicMs } from '../monotonic.js';

/** Headers of IPv4 and UDP. */
const HEADER_BYTES = 28;

/** Sends one datagram and waits for one answer. */
export async function askUdp({ address, port, timeoutMs, packetBytes = 0 }: Attempt): Promise<AttemptResult> {
  const socket = createSocket('udp4');
  const answer = new Promise<string>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('message', (message) => {
      resolve(message.toString('latin1'));
    });
    socket.connect(port, address, () => {
      socket.send(Buffer.alloc(Math.max(1, packetBytes - HEADER_BYTES), '?'));
    });
  });
  try {
    return await attempted(answer, timeoutMs);
  } finally {
    socket.close();
  }
}

/** Connects and reads up to the first line's end. */
export async function askTcp({ address, port, timeoutMs }: Attempt): Promise<AttemptResult> {
  const socket = connect({ host: address, port });
  const answer = new Promise<string>((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.once('error', reject);
    socket.once('end', () => {
      resolve(text);
    });
    socket.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
    });
  });
  try {
    return await attempted(answer, timeoutMs);
  } finally {
    socket.destroy();
  }
}

/** GETs a URL, on a connection of its own. */
export async function fetchUrl({ url, timeoutMs, certificateAuthority }: FetchSpec): Promise<FetchResult> {
  const begunMs = monotonicMs();
  const common = { agent: false, signal: AbortSignal.timeout(timeoutMs) };
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    const request = url.startsWith('https:')
      ? getSecurely(url, certificateAuthority === undefined ? common : { ...common, ca: certificateAuthority }, resolve)
      : get(url, common, resolve);
    request.once('error', reject);
  });
  try {
    const response = await answer;
    let body = '';
    response.setEncoding('utf8');
    for await (const chunk of response) body += String(chunk);
    return { kind: 'answered', status: response.statusCode ?? 0, body, tookMs: monotonicMs() - begunMs };
  } catch (error) {
    return { kind: 'failed', error: wordFor(error), tookMs: monotonicMs() - begunMs };
  }
}

async function attempted(answer: Promise<string>, timeoutMs: number): Promise<AttemptResult> {
  const begunMs = monotonicMs();
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('no answer'));
    }, timeoutMs);
  });
  try {
    return { kind: 'answered', text: await Promise.race([answer, silence]), tookMs: monotonicMs() - begunMs };
  } catch (error) {
    return { kind: 'failed', error: wordFor(error), tookMs: monotonicMs() - begunMs };
  } finally {
    clearTimeout(timer);
  }
}

/** The system's own word (ECONNREFUSED) where there is one, else the message. */
export function wordFor(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'message' in error ? String(error.message) : 'unknown';
}
