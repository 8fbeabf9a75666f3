import { hostText } from '../../../../lib/configuration/index.js';
import type { HttpAnswer } from './ask-http.js';
import { ProbeError } from './probe-result.js';
import type { HttpTarget } from './targets.js';

/** RFC 6585, 6 */
const NETWORK_AUTHENTICATION_REQUIRED = 511;

/**
 * Refuses an answer over plain HTTP that smells of a captive portal: anybody on the way can give one. Over verified TLS
 * any answer is that of whom we asked.
 * @throws ProbeError portal
 */
export function refusePortal(target: HttpTarget, { status, location }: HttpAnswer): void {
  if (status === NETWORK_AUTHENTICATION_REQUIRED)
    throw new ProbeError('portal', `the network wants a login (status ${status})`);
  if (status < 300 || status > 399 || location === undefined) return;
  const asked = hostText(target.host);
  const elsewhere = redirectedHost(asked, location);
  if (elsewhere === asked) return;
  throw new ProbeError('portal', `redirected to ${elsewhere ?? JSON.stringify(location.slice(0, 100))}`);
}

function redirectedHost(asked: string, location: string): string | undefined {
  try {
    return new URL(location, `http://${asked}/`).hostname;
  } catch {
    return undefined;
  }
}
