import type { SecureContext } from 'node:tls';

import { proxyProblem, type ReadBuffers } from '../../lib/uplink-socket/index.js';
import { pause, type Clock } from '../../lib/clock/index.js';
import { DownloadError, messageOf } from './download-error.js';
import { asksWholeUrl, connectOver, type PortUplink } from './exchange/connect.js';
import { get, type Answer, type Exchange, type Sink } from './exchange/exchange.js';
import { judge, type Judgement } from './exchange/judge.js';
import { PortFailure } from './exchange/port-failure.js';
import { StallWatch } from './exchange/stall-watch.js';
import type { PartFile } from './part/part-file.js';
import type { RateLimit } from './rate-limit.js';
import { httpUrl, textOf } from './source/url-source.js';
import type { Source } from './source/source.js';

const MOST_REDIRECTS = 5;
/** A server that keeps saying "that is another file now" is given up. */
const MOST_ANSWERS = 4;

/** What one try over one port needs. */
export interface TransferParts {
  readonly source: Source;
  readonly uplink: PortUplink;
  readonly part: PartFile;
  readonly trust: SecureContext;
  readonly readBuffers: ReadBuffers;
  readonly clock: Clock;
  readonly rateLimit: RateLimit | undefined;
  readonly connectTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly maxBytes: number | undefined;
  readonly hasChecksum: boolean;
  /** Aborts to end the transfer at once. */
  readonly signal: AbortSignal;
  /** Asks for permission; before every connection. @throws what ends the transfer */
  readonly authorize: () => Promise<void>;
  /** The part is no longer of use, and the file is fetched from its beginning. */
  readonly onAnew: (why: string, discardedBytes: number) => void;
  /** The head of an answer has come, and the body follows. `isResumed`: a part was asked for. */
  readonly onBody: (isResumed: boolean) => void;
  readonly onBytes: (bytes: number) => void;
}

/**
 * Fetches what is missing of the file over one port, following redirects there.
 * @throws PortFailure: another port, or another try, may do better; DownloadError; the signal's reason
 */
export async function transfer(parts: TransferParts): Promise<void> {
  const { source, part, uplink } = parts;
  let url = source.url;
  let redirects = 0;
  /** Why a part cannot be asked for of this source; undefined: it can. */
  let whyAskWhole: string | undefined;
  for (let answers = 0; ; answers += 1) {
    if (answers - redirects >= MOST_ANSWERS)
      throw new PortFailure('the source gives another file each time it is asked');
    const asked = {
      offset: whyAskWhole === undefined && canResume(parts) ? part.offset : 0,
      validator: part.validator,
      sizeBytes: part.sizeBytes,
      maxBytes: parts.maxBytes,
      hasChecksum: parts.hasChecksum,
    };
    const exchange = ask(parts, url, asked.offset);
    try {
      const answer = await headOf(exchange, parts, url);
      refuseProxyProblem(answer, uplink, url);
      const judgement = judge(answer.status, answer.headers, asked);
      if (judgement.kind === 'redirect') {
        redirects += 1;
        url = redirected(url, judgement.location, redirects);
        continue;
      }
      if (judgement.kind === 'ask-whole') {
        whyAskWhole = judgement.why;
        continue;
      }
      if (await take(judgement, answer, { ...parts, url, whyAskWhole, isResumed: asked.offset > 0 })) return;
      // A body that ended early, though the source said that the file is the same: it was a part of it.
      const wasSlice = judgement.kind === 'whole' && asked.offset > 0;
      whyAskWhole = wasSlice ? 'the source sent a part of the file as if it were the whole' : undefined;
    } finally {
      exchange.end();
    }
  }
}

/**
 * What there is may be gone on with where it can be told that it is of the same file: by the source, or in the end by
 * the checksum.
 */
function canResume({ part, hasChecksum }: TransferParts): boolean {
  return part.validator !== undefined || hasChecksum;
}

function ask(parts: TransferParts, url: URL, offset: number): Exchange {
  const { source, part, uplink, trust, readBuffers, signal, connectTimeoutMs } = parts;
  const headers: Record<string, string> = {
    'user-agent': 'eve-uplink',
    // Anything else would be packed, and other bytes.
    'accept-encoding': 'identity',
    // Whoever is redirected elsewhere proves nothing there.
    ...(url.origin === source.url.origin ? source.credentials() : {}),
  };
  if (offset > 0) {
    headers.range = `bytes=${offset}-`;
    if (part.validator !== undefined) headers['if-range'] = part.validator.value;
  }
  const connect = async (): Promise<Awaited<ReturnType<typeof connectOver>>> => {
    await parts.authorize();
    signal.throwIfAborted();
    return connectOver(uplink, url, { timeoutMs: connectTimeoutMs, signal, trust, readBuffers });
  };
  return get(url, headers, connect, { signal, asksWholeUrl: asksWholeUrl(uplink, url) });
}

async function headOf(exchange: Exchange, parts: TransferParts, url: URL): Promise<Answer> {
  const { clock, stallTimeoutMs, connectTimeoutMs, signal } = parts;
  const limitMs = stallTimeoutMs + connectTimeoutMs;
  const late = new AbortController();
  const cancelTimer = clock.setTimer(limitMs, () => {
    late.abort(new PortFailure(`${url.host} does not answer within ${limitMs / 1000} s`));
    exchange.end();
  });
  try {
    return await exchange.answer;
  } catch (error) {
    signal.throwIfAborted();
    late.signal.throwIfAborted();
    throw asPortFailure(error, url);
  } finally {
    cancelTimer();
  }
}

/** An answer's own, beside what the transfer needs. */
interface Taking extends TransferParts {
  readonly url: URL;
  readonly isResumed: boolean;
  readonly whyAskWhole: string | undefined;
}

/** @returns whether the file is complete @throws as transfer */
async function take(
  judgement: Exclude<Judgement, { readonly kind: 'redirect' | 'ask-whole' }>,
  answer: Answer,
  taking: Taking,
): Promise<boolean> {
  const { part, onAnew, url, whyAskWhole } = taking;
  switch (judgement.kind) {
    case 'append':
      part.learn(judgement.sizeBytes, judgement.validator);
      await readBody(answer, judgement, taking);
      // Where the size of the file is not known, the end of a part is not known to be the end of the file.
      return part.isComplete;
    case 'whole': {
      if (part.offset > 0) {
        const why = judgement.why ?? whyAskWhole ?? 'the source does not say whether it is still the same file';
        onAnew(why, part.offset);
        await part.restart();
      }
      part.learn(judgement.sizeBytes, judgement.validator);
      await part.save();
      await readBody(answer, { skipBytes: 0, takeBytes: Number.POSITIVE_INFINITY }, taking);
      if (part.sizeBytes === undefined) part.learn(part.offset, part.validator);
      return part.isComplete;
    }
    case 'ask-anew':
      onAnew(judgement.why, part.offset);
      await part.restart();
      return false;
    case 'complete':
      // Nothing follows the part: that is where the file ends.
      part.learn(part.offset, part.validator);
      return true;
    case 'busy':
      throw new PortFailure(`${url.host}: ${judgement.why}`, { retryAfterMs: judgement.retryAfterMs });
    case 'refused':
      throw new PortFailure(`${url.host}: ${judgement.why}`, { isRefusal: true });
    case 'wrong':
      throw new DownloadError('wrong-content', `${textOf(url)}: ${judgement.why}`);
  }
}

/** Adds a body to the part: what follows its first `skipBytes`, and of that no more than `takeBytes`. */
async function readBody(
  answer: Answer,
  range: { readonly skipBytes: number; readonly takeBytes: number },
  { part, readBuffers, clock, rateLimit, stallTimeoutMs, maxBytes, signal, onBody, onBytes, url, isResumed }: Taking,
): Promise<void> {
  await part.checkRoom();
  onBody(isResumed);
  const stop = new AbortController();
  const watch = new StallWatch(clock, stallTimeoutMs, () => {
    stop.abort(new PortFailure(`${url.host} sends nothing for ${stallTimeoutMs / 1000} s`));
  });
  let { skipBytes, takeBytes } = range;
  const sink: Sink = (chunk) => {
    watch.received(chunk.length);
    const skipped = Math.min(skipBytes, chunk.length);
    skipBytes -= skipped;
    const wanted = skipped === 0 ? chunk : chunk.subarray(skipped);
    takeBytes -= wanted.length;
    if (takeBytes < 0) {
      throw new PortFailure(`${url.host} sends more than the range that it announced`, { isRefusal: true });
    }
    const busy = wanted.length === 0 ? undefined : part.append(wanted);
    readBuffers.give(chunk);
    onBytes(chunk.length);
    if (maxBytes !== undefined && part.offset > maxBytes) {
      throw new DownloadError(
        'wrong-content',
        `${textOf(url)} sends more than the ${maxBytes} bytes that are expected`,
      );
    }
    const pauseMs = rateLimit?.pauseAfter(chunk.length) ?? 0;
    if (busy === undefined && pauseMs === 0) return undefined;
    watch.paused = true;
    return Promise.all([busy, pauseMs === 0 ? undefined : pause(pauseMs, clock, signal)]).then(() => {
      watch.paused = false;
    });
  };
  try {
    await answer.readBody(sink, stop.signal);
  } catch (error) {
    signal.throwIfAborted();
    throw asPortFailure(error, url);
  } finally {
    watch.stop();
    await part.flush();
  }
}

/** @throws PortFailure where it was the proxy of the port that answered, and not the source behind it */
function refuseProxyProblem({ status }: Answer, uplink: PortUplink, url: URL): void {
  // 503 may be the source's own, with a word on when to come again.
  const problem = asksWholeUrl(uplink, url) && status !== 503 ? proxyProblem(status) : undefined;
  if (problem !== undefined) throw new PortFailure(`${url.host}: ${problem}`);
}

function redirected(from: URL, location: string, redirects: number): URL {
  if (redirects > MOST_REDIRECTS)
    throw new PortFailure(`${from.host} redirects more than ${MOST_REDIRECTS} times`, { isRefusal: true });
  let to: URL;
  try {
    to = httpUrl(location, from);
  } catch (error) {
    throw new PortFailure(`${from.host} redirects to what is no web address: ${messageOf(error)}`, { isRefusal: true });
  }
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw new PortFailure(`${from.host} redirects from https to http, which nobody could trust`, { isRefusal: true });
  }
  to.username = '';
  to.password = '';
  to.hash = '';
  return to;
}

/** What a connection fails with, in words; what is fatal stays. */
function asPortFailure(error: unknown, url: URL): unknown {
  if (error instanceof DownloadError || error instanceof PortFailure) return error;
  const words = broken[codeOf(error)];
  return new PortFailure(words === undefined ? messageOf(error) : `${url.host} ${words}`, { cause: error });
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

const broken: Readonly<Record<string, string>> = {
  // node:http says the same of a reset and of an early end.
  ECONNRESET: 'ended the connection before the end of the file',
  HPE_HEADER_OVERFLOW: 'sends far too long headers',
  HPE_INVALID_CONSTANT: 'speaks no HTTP',
};
