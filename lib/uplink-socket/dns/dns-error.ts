import { noTraffic, type Traffic } from '../traffic.js';

/**
 * Why a name has no address. `no-such-name` (NXDOMAIN) and `no-address` are answers: DNS works, the name is wrong.
 * `silent`: no server answered in time. `unreachable`: no server could be asked (refused, no route). `server-failure`:
 * SERVFAIL, REFUSED and the like. `garbage`: what answered speaks no DNS. `no-servers`: the port has none. `aborted`:
 * the caller gave up. `local`: no socket could be opened.
 */
export type DnsFailure =
  | 'no-such-name'
  | 'no-address'
  | 'silent'
  | 'unreachable'
  | 'server-failure'
  | 'garbage'
  | 'bad-name'
  | 'no-servers'
  | 'aborted'
  | 'local';

export class DnsError extends Error {
  override readonly name = 'DnsError';
  readonly failure: DnsFailure;
  /** What it cost. */
  readonly traffic: Traffic;

  constructor(failure: DnsFailure, message: string, traffic: Traffic = noTraffic) {
    super(message);
    this.failure = failure;
    this.traffic = traffic;
  }
}
