import { contradicts, headerOf, validatorOf, type Headers, type Validator } from './validator.js';

/** What was asked for, and what is known of the file. */
export interface Asked {
  /** 0: the whole file; more: what comes from there on. */
  readonly offset: number;
  readonly validator: Validator | undefined;
  /** As an earlier answer said. */
  readonly sizeBytes: number | undefined;
  /** More must not come. */
  readonly maxBytes: number | undefined;
  /** The file will be checked by its sha256, so that a mixture of two files, or an early end, cannot pass. */
  readonly hasChecksum: boolean;
}

/** What an answer means. */
export type Judgement =
  /**
   * The body goes on where the part ends, after `skipBytes` that are in the part already; of what follows, at most
   * `takeBytes` are said to be the file's.
   */
  | {
      readonly kind: 'append';
      readonly skipBytes: number;
      readonly takeBytes: number;
      readonly sizeBytes: number | undefined;
      readonly validator: Validator | undefined;
    }
  /** The body is the whole file; `why`: what there is already is of no use. */
  | {
      readonly kind: 'whole';
      readonly sizeBytes: number | undefined;
      readonly validator: Validator | undefined;
      readonly why: string | undefined;
    }
  /** What there is already is of no use, and neither is this body. */
  | { readonly kind: 'ask-anew'; readonly why: string }
  /**
   * The source answers a request for a part with what is of no use: the whole file is to be asked for. What there is
   * already stays until that comes.
   */
  | { readonly kind: 'ask-whole'; readonly why: string }
  /** There is nothing more: the part is the file. */
  | { readonly kind: 'complete' }
  | { readonly kind: 'redirect'; readonly location: string }
  /** Worth another try after a while. */
  | { readonly kind: 'busy'; readonly why: string; readonly retryAfterMs: number | undefined }
  /** Asking again over this port changes nothing. */
  | { readonly kind: 'refused'; readonly why: string }
  /** No port will bring what was asked for. */
  | { readonly kind: 'wrong'; readonly why: string };

const redirects = new Set([301, 302, 303, 307, 308]);
const passing = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Judges the head of an answer to a GET. Pure; servers may lie. */
export function judge(status: number, headers: Headers, asked: Asked): Judgement {
  if (status === 200) return judgeWhole(headers, asked);
  if (status === 206) return judgePart(headers, asked);
  if (status === 416 && asked.offset > 0) return judgeNothingMore(headers, asked);
  const location = headerOf(headers, 'location');
  if (redirects.has(status) && location !== undefined) return { kind: 'redirect', location };
  const why = `it answers ${status}${hints[status] ?? ''}`;
  return passing.has(status) ? { kind: 'busy', why, retryAfterMs: retryAfterMs(headers) } : { kind: 'refused', why };
}

function judgeWhole(headers: Headers, asked: Asked): Judgement {
  const encoded = encodingProblem(headers);
  if (encoded !== undefined) return encoded;
  const slice = whySlice(headers, asked);
  if (slice !== undefined) return { kind: asked.offset > 0 ? 'ask-whole' : 'refused', why: slice };
  const isChunked = headerOf(headers, 'transfer-encoding') !== undefined;
  const sizeBytes = (isChunked ? undefined : lengthOf(headers)) ?? rangeOf(headers)?.total ?? keptSize(headers, asked);
  if (sizeBytes === undefined && !isChunked && !asked.hasChecksum) {
    const why =
      'it says neither how long the file is nor where it ends, so that a broken connection could pass for the end';
    return { kind: 'wrong', why: `${why}; give the file's sha256` };
  }
  if (sizeBytes !== undefined && asked.maxBytes !== undefined && sizeBytes > asked.maxBytes)
    return tooLong(sizeBytes, asked.maxBytes);
  return {
    kind: 'whole',
    sizeBytes,
    validator: validatorOf(headers),
    why: asked.offset === 0 ? undefined : whyWhole(headers, asked),
  };
}

/**
 * Why the body of a 200 cannot be taken for the whole file. A 200 has no use for Content-Range (RFC 9110, 14.4), and
 * there are servers and caches that send one, with the range alone as the body. Undefined: nothing says so.
 */
function whySlice(headers: Headers, asked: Asked): string | undefined {
  const length = lengthOf(headers);
  const contentRange = headerOf(headers, 'content-range');
  if (contentRange !== undefined) {
    const range = rangeOf(headers);
    const isWhole = range?.first === 0 && range.last + 1 === range.total;
    if (isWhole && (length ?? range.total) === range.total) return undefined;
    return `it answers 200, as if that were the whole file, and says that it is a range of it (${contentRange})`;
  }
  const sizeBytes = keptSize(headers, asked);
  if (sizeBytes === undefined || length === undefined || length === sizeBytes) return undefined;
  return `it answers 200 with ${length} bytes, of a file of ${sizeBytes} that it says has not changed`;
}

/** The size that the file had, where the answer to a request for a part says that it is the same file. */
function keptSize(headers: Headers, { offset, validator, sizeBytes }: Asked): number | undefined {
  const isSame = offset > 0 && validator !== undefined && headerOf(headers, validator.kind) === validator.value;
  return isSame ? sizeBytes : undefined;
}

function whyWhole(headers: Headers, { validator, sizeBytes }: Asked): string {
  if (validator !== undefined && contradicts(headers, validator)) return 'the file has changed at the source';
  const length = lengthOf(headers);
  if (sizeBytes !== undefined && length !== undefined && length !== sizeBytes)
    return 'the file has changed at the source';
  return 'the source sends the whole file again';
}

function judgePart(headers: Headers, asked: Asked): Judgement {
  const encoded = encodingProblem(headers);
  if (encoded !== undefined) return encoded;
  if (asked.offset === 0) return { kind: 'refused', why: 'it sends a part of the file though nobody asked for one' };
  const range = rangeOf(headers);
  if (range === undefined) return { kind: 'ask-whole', why: 'it sends a part of the file without saying which' };
  const { first, last, total } = range;
  // A range may begin earlier than was asked for, and end earlier (RFC 9110, 15.3.7): what is new in it counts.
  const isOfUse = first <= asked.offset && last >= asked.offset && (total === undefined || last < total);
  if (!isOfUse) {
    return {
      kind: 'ask-whole',
      why: `it sends bytes ${first} to ${last}, and was asked for those from ${asked.offset} on`,
    };
  }
  if (asked.validator !== undefined && contradicts(headers, asked.validator)) {
    return { kind: 'ask-anew', why: 'the file has changed at the source' };
  }
  if (total !== undefined && asked.sizeBytes !== undefined && total !== asked.sizeBytes) {
    return { kind: 'ask-anew', why: `the file has ${total} bytes now, and had ${asked.sizeBytes}` };
  }
  const length = lengthOf(headers);
  if (length !== undefined && length !== last - first + 1) {
    return {
      kind: 'ask-whole',
      why: `it announces ${length} bytes for the ${last - first + 1} from ${first} to ${last}`,
    };
  }
  const sizeBytes = total ?? asked.sizeBytes;
  if (sizeBytes !== undefined && asked.maxBytes !== undefined && sizeBytes > asked.maxBytes)
    return tooLong(sizeBytes, asked.maxBytes);
  const skipBytes = asked.offset - first;
  return { kind: 'append', skipBytes, takeBytes: last - asked.offset + 1, sizeBytes, validator: asked.validator };
}

/** What Content-Range says: the first and the last byte, and the size of the file, where it says that. */
function rangeOf(
  headers: Headers,
): { readonly first: number; readonly last: number; readonly total: number | undefined } | undefined {
  const range = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(headerOf(headers, 'content-range') ?? '');
  if (range === null) return undefined;
  return { first: Number(range[1]), last: Number(range[2]), total: range[3] === '*' ? undefined : Number(range[3]) };
}

/** 416: the range begins at the end of the file, or behind it. */
function judgeNothingMore(headers: Headers, { offset, sizeBytes }: Asked): Judgement {
  const total = /^bytes \*\/(\d{1,15})$/i.exec(headerOf(headers, 'content-range') ?? '')?.[1];
  if (total !== undefined && Number(total) === offset && (sizeBytes === undefined || sizeBytes === offset)) {
    return { kind: 'complete' };
  }
  return { kind: 'ask-anew', why: 'the file at the source is shorter than what has come of it' };
}

/** Bytes that are packed are other bytes than those that the checksum is of, and cannot be resumed in the middle. */
function encodingProblem(headers: Headers): Judgement | undefined {
  const encoding = headerOf(headers, 'content-encoding') ?? 'identity';
  return encoding.toLowerCase() === 'identity'
    ? undefined
    : { kind: 'refused', why: `it sends the file packed (${encoding}) though it was asked not to` };
}

function tooLong(bytes: number, maxBytes: number): Judgement {
  return { kind: 'wrong', why: `the file has ${bytes} bytes, and at most ${maxBytes} are expected` };
}

function lengthOf(headers: Headers): number | undefined {
  const text = headerOf(headers, 'content-length');
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function retryAfterMs(headers: Headers): number | undefined {
  const text = headerOf(headers, 'retry-after') ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) * 1000 : undefined;
}

const hints: Readonly<Record<number, string>> = {
  401: ' (credentials are missing or wrong)',
  403: ' (access denied)',
  404: ' (no such file)',
  407: ' (a proxy is in the way)',
  410: ' (the file is gone)',
  429: ' (too many requests)',
  503: ' (busy)',
  511: ' (a captive portal is in the way)',
};
