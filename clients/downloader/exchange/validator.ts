/**
 * What tells one state of a file from another, so that a part of it may be asked for "if it is still that one" (RFC
 * 9110, 13.1.5).
 */
export type Validator =
  { readonly kind: 'etag'; readonly value: string } | { readonly kind: 'last-modified'; readonly value: string };

/** Headers of an answer, names in lower case. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * A file that changed twice within its last second has one date; so much older, a date is a strong validator (RFC 9110,
 * 8.8.2.2).
 */
const STRONG_AFTER_MS = 60_000;

/**
 * The strong validator of an answer: its ETag unless that is a weak one, else its date where it is old enough.
 * Undefined: none.
 */
export function validatorOf(headers: Headers): Validator | undefined {
  const etag = headerOf(headers, 'etag');
  if (etag !== undefined && /^"[\x21\x23-\x7e\x80-\xff]*"$/.test(etag)) return { kind: 'etag', value: etag };
  const modified = headerOf(headers, 'last-modified');
  if (modified === undefined) return undefined;
  const ageMs = Date.parse(headerOf(headers, 'date') ?? '') - Date.parse(modified);
  return ageMs >= STRONG_AFTER_MS ? { kind: 'last-modified', value: modified } : undefined;
}

/** Whether an answer says that the file is another one than the validator's. */
export function contradicts(headers: Headers, { kind, value }: Validator): boolean {
  const said = headerOf(headers, kind);
  return said !== undefined && said !== value;
}

/** A header's value, the first where there are several. */
export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
}
