import type { AuthorizedPort, PortAuthorizations } from '../../../gen/nim/v1/port_authorization.js';
import { durationInMs } from '../../../lib/configuration/index.js';

/** Why a transfer must end, or had better. */
export type StopReason =
  /** Policy no longer permits the port. */
  | { readonly kind: 'forbidden'; readonly detail: string }
  /** The grant under it has ended, by the machine's own clock. */
  | { readonly kind: 'grant-ended'; readonly detail: string }
  /** Nobody could confirm the permission for too long. */
  | { readonly kind: 'unconfirmed'; readonly detail: string }
  /** The port has lost link or address, or has other ones. */
  | { readonly kind: 'port-lost'; readonly detail: string }
  /** A better port has been there for a while. */
  | { readonly kind: 'better-port'; readonly detail: string };

/** What is known when a transfer's permission is looked at. */
export interface Circumstances {
  /** The port as it was when the transfer began. */
  readonly port: AuthorizedPort;
  readonly authorizations: PortAuthorizations | undefined;
  readonly boottimeMs: number;
  /** Since NIM last confirmed. */
  readonly unconfirmedMs: number;
  readonly graceMs: number;
}

/** Why a running transfer must end now; undefined: it may go on. Pure. */
export function whyStop({
  port,
  authorizations,
  boottimeMs,
  unconfirmedMs,
  graceMs,
}: Circumstances): StopReason | undefined {
  const label = port.logicalLabel;
  const now = authorizations?.ports.find(({ logicalLabel }) => logicalLabel === label);
  const until = (now ?? port).grantedUntilBoottime;
  if (until !== undefined && boottimeMs >= durationInMs(until)) {
    return { kind: 'grant-ended', detail: `grant ${(now ?? port).grantId} has ended` };
  }
  if (unconfirmedMs > graceMs) {
    return {
      kind: 'unconfirmed',
      detail: `NIM has not confirmed the permission for ${Math.round(unconfirmedMs / 1000)} s`,
    };
  }
  if (authorizations === undefined) return undefined;
  if (now === undefined) return whyAbsent(label, authorizations);
  if (now.interface !== port.interface) return { kind: 'port-lost', detail: `it is ${now.interface} now` };
  const isSame = port.sourceAddresses.some((address) => now.sourceAddresses.includes(address));
  return isSame ? undefined : { kind: 'port-lost', detail: 'it has another address' };
}

function whyAbsent(label: string, { denied }: PortAuthorizations): StopReason {
  const candidate = denied.find(({ logicalLabel }) => logicalLabel === label);
  if (candidate === undefined) return { kind: 'forbidden', detail: 'there is no such port any more' };
  const detail = candidate.reasons.map((reason) => reason.detail).join('; ');
  return { kind: candidate.eligible ? 'port-lost' : 'forbidden', detail };
}

/** Why there is no port to use now, port by port; `isDenied`: policy permits none at all. Pure. */
export function whyNone({ denied }: PortAuthorizations): { readonly isDenied: boolean; readonly detail: string } {
  const details = denied.map(
    ({ logicalLabel, reasons }) => `${logicalLabel}: ${reasons.map(({ detail }) => detail).join('; ')}`,
  );
  return {
    isDenied: !denied.some(({ eligible }) => eligible),
    detail: details.length === 0 ? 'the device has no ports' : details.join(', '),
  };
}
