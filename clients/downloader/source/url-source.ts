import { DownloadError } from '../download-error.js';
import type { Source } from './source.js';

/**
 * A file behind a URL; a name and a password in it are sent as basic authentication.
 * @throws DownloadError unsupported
 */
export function urlSource(text: string, certificateAuthorities: readonly string[]): Source {
  const url = httpUrl(text);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  url.hash = '';
  const credentials: Record<string, string> =
    username === '' && password === '' ? {} : { authorization: basic(username, password) };
  return { url, text: textOf(url), credentials: () => credentials, certificateAuthorities };
}

/** @throws DownloadError unsupported */
export function httpUrl(text: string, base?: URL): URL {
  if (!URL.canParse(text, base?.href)) throw new DownloadError('unsupported', `${JSON.stringify(text)} is no URL`);
  const url = new URL(text, base?.href);
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  throw new DownloadError('unsupported', `${url.protocol}// is not supported; http:// and https:// are`);
}

/** Whether a text begins as a URL does, and not with a host. */
export function hasScheme(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

/** A URL without what is secret in it: a query often is a signature. */
export function textOf({ origin, pathname, search }: URL): string {
  return `${origin}${pathname}${search === '' ? '' : '?...'}`;
}

function basic(username: string, password: string): string {
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
