import type { PortProxies, ProbeTarget } from '../../../../lib/configuration/index.js';
import type { HealthSettings } from '../../../../lib/decision/health/index.js';
import type { PortRole } from '../../../../lib/decision/schedule/index.js';

/** One target that is tested over one port, and how those who follow it want it tested. */
export interface TestAssignment {
  /** Logical label of the port. */
  readonly label: string;
  readonly targetKey: string;
  readonly target: ProbeTarget;
  /** The most patient of their wishes: a suspect path is followed up until all have their verdict. */
  readonly settings: HealthSettings;
  /** The shortest interval that is wished for; undefined: as the pace of the port says. */
  readonly intervalMs: number | undefined;
  /** The longest time that any of them grants a full test; undefined: as learned. */
  readonly timeoutMs: number | undefined;
  /** Bytes of data in each keepalive probe at least; 0: as few as are answered. */
  readonly payloadBytes: number;
  /** Keepalive probes may go out between full tests. */
  readonly calmKeepalives: boolean;
  readonly role: PortRole;
}

/** What testing needs to know of a port beside its targets. */
export interface TestedPort {
  readonly label: string;
  readonly interfaceName: string;
  readonly priority: number;
  /** Since when link and address have been there; undefined: they are not. */
  readonly validSinceMs: number | undefined;
  readonly dnsServers: readonly string[];
  readonly gateways: readonly string[];
  /** By which the controller is asked; undefined: straight, as everything else is. */
  readonly proxies?: PortProxies | undefined;
  /** Bytes that all tests of the port may take in 30 days. */
  readonly monthlyTestBytes: number;
}
