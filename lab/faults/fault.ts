import { portNames, type PortName } from '../topology.js';

/** What one uplink can suffer, at the device's end of the line or at the ISP. */
export const portFaultKinds = [
  /** No carrier. */
  'no-carrier',
  /** The carrier is away for 50 ms. */
  'carrier-blip',
  /** The interface is set down and up again: what it had of routes is gone until the lease is renewed. */
  'admin-bounce',
  /** No address. */
  'no-address',
  /** The default route is deleted. */
  'no-default-route',
  /** The default route names no gateway, and the ISP answers for every address (RFC 1027). Not a fault: a way out. */
  'no-gateway',
  /** Forwarding is off on the device's interface. */
  'forwarding-off',
  /** Strict reverse path filtering on the device's interface. */
  'strict-rp-filter',
  /** The ISP swallows all that passes through it. */
  'drop-all',
  /** The line swallows everything, ARP and DHCP included. */
  'gateway-silent',
  /** A share of the line's packets is lost, in each direction. */
  'loss',
  /** The ISP answers all that shall pass with an ICMP error. */
  'host-unreachable',
  'net-unreachable',
  'admin-prohibited',
  /** As in a routing loop. */
  'time-exceeded',
  /** The ISP swallows TCP, and lets the rest pass. */
  'tcp-dropped',
  /** The ISP resets every TCP connection, and lets the rest pass. */
  'tcp-reset',
  /** The ISP accepts every TCP connection itself, as an accelerator does, and has no internet any more. */
  'tcp-accelerated',
  /** The ISP answers HTTP itself, accepts HTTPS, and swallows the rest. */
  'portal',
  /** Packets above 700 bytes are swallowed. */
  'large-dropped',
  /** ICMP echo requests are swallowed. */
  'echo-dropped',
  /** At most one echo request a second passes. */
  'icmp-limited',
  /** No ICMP passes. */
  'icmp-blocked',
  /** The ISP's name server falls silent. */
  'names-silent',
] as const;
export type PortFaultKind = (typeof portFaultKinds)[number];

/** What the device itself can suffer. */
export const deviceFaultKinds = [
  /** `net.ipv4.ip_forward` is off. */
  'ip-forward-off',
  /** Somebody flushes all of nftables. */
  'ruleset-flushed',
  /** Somebody deletes the rules of policy routing that are ours. */
  'rules-flushed',
  /** A firewall that came with something else drops what is forwarded. */
  'foreign-forward-drop',
  /** dnsmasq is killed. */
  'dnsmasq-killed',
  /** A service is killed, and started again a second later as systemd does. */
  'zedagent-killed',
  'nim-killed',
  'zedrouter-killed',
] as const;
export type DeviceFaultKind = (typeof deviceFaultKinds)[number];

export type FaultKind = PortFaultKind | DeviceFaultKind;

/** A fault as a value. */
export type Fault =
  | {
      readonly kind: PortFaultKind;
      readonly port: PortName;
      /** Of `loss`: 0 to 1. */
      readonly share?: number;
    }
  | { readonly kind: DeviceFaultKind };

/** As an operator would name it: `eth0 loss=0.2`, `device ruleset-flushed`. */
export function faultText(fault: Fault): string {
  if (!('port' in fault)) return `device ${fault.kind}`;
  return `${fault.port} ${fault.kind}${fault.share === undefined ? '' : `=${fault.share}`}`;
}

/** What `faultText` has written. @throws where it names no fault */
export function faultFromText(text: string): Fault {
  const [, where, name, share] = /^(\S+) ([a-z-]+)(?:=(0?\.\d+|[01]))?$/.exec(text) ?? [];
  const port = portNames.find((each) => each === where);
  const portKind = portFaultKinds.find((each) => each === name);
  const deviceKind = deviceFaultKinds.find((each) => each === name);
  if (where === 'device' && deviceKind !== undefined) return { kind: deviceKind };
  if (port === undefined || portKind === undefined) throw new Error(`there is no fault ${JSON.stringify(text)}`);
  if ((portKind === 'loss') !== (share !== undefined)) throw new Error(`${text}: loss, and only loss, has a share`);
  return share === undefined ? { kind: portKind, port } : { kind: portKind, port, share: Number(share) };
}

/** Whether it is over as soon as it has happened: what then is wrong is for others to mend. */
export function isInstant({ kind }: Fault): boolean {
  return instantKinds.has(kind);
}

const instantKinds: ReadonlySet<FaultKind> = new Set([
  'carrier-blip',
  'admin-bounce',
  'ruleset-flushed',
  'rules-flushed',
  'dnsmasq-killed',
  'zedagent-killed',
  'nim-killed',
  'zedrouter-killed',
]);
