import type { NetworkOperation } from '../../gen/evecommon/uplink.js';
import type { Ipv4Network } from '../ipv4/index.js';
import type { Host, ProbeTarget } from './probe-target.js';
import type { PortProxies } from './proxies.js';

/**
 * What an EdgeDevConfig says about uplinks and network instances, in the terms of this project: checked, with
 * defaults filled in and references resolved. `interpret` makes it; every service reads the same one.
 */
export interface DeviceModel {
  readonly ports: readonly Port[];
  readonly networkInstances: readonly NetworkInstance[];
  readonly apps: readonly App[];
  /** Only operations that have a policy; the others follow their defaults. */
  readonly operationPriorities: ReadonlyMap<NetworkOperation, PriorityLimit>;
  /** configItem `network.download.max.cost` (EVE, 0..255). */
  readonly downloadMaxCost: number;
  readonly portTest: PortTestSettings;
  /** Permissions that end by themselves; those that have ended count no more, even where they still stand here. */
  readonly grants: readonly Grant[];
}

/** How EVE's configItems want ports to be tested; undefined where they do not say. */
export interface PortTestSettings {
  /** `timer.port.testinterval` */
  readonly intervalMs: number | undefined;
  /** `timer.port.timeout`: of one attempt. */
  readonly timeoutMs: number | undefined;
}

/**
 * A permission for a while: it adds priorities to what an operation, or a network instance, may use
 * (zedagent.v1.Grant).
 */
export interface Grant {
  readonly id: string;
  readonly operation: NetworkOperation;
  readonly priorities: readonly number[];
  /** For app traffic: only this one; undefined: every one. */
  readonly networkInstanceId: string | undefined;
  readonly reason: string;
  readonly author: string;
  /** Its end by the wall clock as it once stood, for people to read. */
  readonly expiresAtWallMs: number;
  /** Its end on CLOCK_BOOTTIME, which counts. */
  readonly endsAtBoottimeMs: number;
}

/** An uplink of the device: a SystemAdapter and the PhysicalIO under it. */
export interface Port {
  /** SystemAdapter.name, EVE's logical label. */
  readonly label: string;
  /**
   * By what hardware it is known, whatever its interface is called (PhysicalIO.phyaddrs: MAC, UsbAddr, PciLong); absent
   * or empty: by name alone.
   */
  readonly identity?: readonly InterfaceIdentity[];
  /** Why it has no interface, in words: none is known to be the hardware that is meant. A configuration sets none. */
  readonly unidentified?: string;
  /** Name of the network interface in the kernel (PhysicalIO.phyaddrs["ifname"]). */
  readonly interfaceName: string;
  /** 0 is best. */
  readonly priority: number;
  readonly isManagement: boolean;
  /** What PhysicalIO.usage permits. */
  readonly usage: PortUsage;
  /**
   * All names by which a network instance may ask for this port: its label, shared labels, `all`, `uplink`,
   * `freeuplink`.
   */
  readonly labels: readonly string[];
  /** Empty: every operation. */
  readonly allowedOperations: readonly NetworkOperation[];
  /** Bytes that tests may take in 30 days; absent: as its priority says. */
  readonly monthlyTestBytes?: number | undefined;
  /** What its traffic costs, for reports; absent: nothing is known. */
  readonly tariff?: Tariff | undefined;
  readonly addressing: PortAddressing;
  /** What the configuration wants the host to give it (IPv4), to be compared with what it has; absent: nothing. */
  readonly wanted?: WantedOfPort;
  /** Name servers that the configuration names; those of a DHCP lease come on top, first. */
  readonly dnsServers: readonly string[];
  /** IPv4 addresses of the time servers that the configuration names (`networks[].ip.ntp`, `moreNtp`). */
  readonly ntpServers: readonly string[];
  /** By which the device itself reaches the controller, and downloads; absent: straight. */
  readonly proxies?: PortProxies | undefined;
}

/** config.PortTariff: what the traffic of a port costs. */
export interface Tariff {
  /** Of 10^9 bytes, both directions, beyond the included ones. */
  readonly pricePerGb: number;
  readonly currency: string;
  /** In each month of the bill. */
  readonly includedBytes: number;
  /** 1 to 28; 0: the first. */
  readonly billingDay: number;
}

/** What tells the hardware of an interface. `usb`: bus and ports, `1-1.2`. `pci`: the long address, `0000:02:00.0`. */
export interface InterfaceIdentity {
  readonly kind: 'mac' | 'usb' | 'pci';
  readonly address: string;
}

export type PortUsage = 'management-and-apps' | 'apps-shared' | 'management-only' | 'dedicated-to-an-app' | 'disabled';

export type PortAddressing =
  | { readonly kind: 'dhcp' }
  | { readonly kind: 'static'; readonly gateway: string | undefined }
  | { readonly kind: 'none' };

/** Undefined: whatever it has is right. */
export interface WantedOfPort {
  readonly address: string | undefined;
  /** IPv4, as `192.0.2.0/24`. */
  readonly subnet: string | undefined;
  readonly gateway: string | undefined;
  /** Bytes. */
  readonly mtu: number | undefined;
}

/** Which port priorities something may use. */
export type PriorityLimit =
  { readonly kind: 'every-priority' } | { readonly kind: 'priorities'; readonly priorities: readonly number[] };

export interface NetworkInstance {
  readonly id: string;
  readonly name: string;
  readonly kind: 'local' | 'switch' | 'cloud';
  /** NetworkInstanceConfig.activate, of a kind that is built. */
  readonly active: boolean;
  /** The label of the ports it wants; undefined means air-gapped. */
  readonly portLabel: string | undefined;
  /** A label that its ports must have beside that one: of a static default route by a label, or of another route. */
  readonly viaLabel?: string | undefined;
  /** A router that has to be in the network of its port: the next hop of a static route outside of its subnet. */
  readonly viaGateway?: string | undefined;
  /** Priorities permit ports, and make none better than another (IPRoute.prefer_lower_cost is not set). */
  readonly ignoresPriority?: boolean | undefined;
  /** Of kind local, and of kind cloud with a tunnel that is built. */
  readonly network: LocalNetwork | undefined;
  /** Only of kind switch. */
  readonly switching?: SwitchSettings | undefined;
  /** Only of kind cloud; absent: it has none that is built. */
  readonly tunnel?: WireGuardTunnel | undefined;
  /** Undefined: the operation policy for APP_TRAFFIC applies. */
  readonly allowedPriorities: PriorityLimit | undefined;
  readonly test: NetworkInstanceTestSettings;
  /** Bytes; 0 means the lowest MTU of its ports. */
  readonly mtu: number;
  /** Apps are told the routes to the subnets of its ports (DHCP option 121). */
  readonly propagatesConnectedRoutes: boolean;
  /** Each destination once. Only of kind local. */
  readonly staticRoutes: readonly StaticRoute[];
  /** How long flows stay on a port that works and is left, `test.drain`. Default 300,000; 0: they move at once. */
  readonly drainMs: number;
}

/** What a switch passes beside its apps' traffic. */
export interface SwitchSettings {
  /** LLDP frames, between its port and its apps. */
  readonly forwardsLldp: boolean;
}

/** The WireGuard tunnel of a cloud network instance. */
export interface WireGuardTunnel {
  /** Absolute path on the device. */
  readonly privateKeyFile: string;
  /** IPv4, of this end inside the tunnel; at least one. */
  readonly addresses: readonly string[];
  /** At least one. */
  readonly peers: readonly WireGuardPeer[];
  /** Apps keep their addresses inside the tunnel. */
  readonly isRouted: boolean;
}

export interface WireGuardPeer {
  /** 32 bytes in base64. */
  readonly publicKey: string;
  readonly endpoint: { readonly host: Host; readonly port: number };
  /** 0: none. */
  readonly keepaliveSeconds: number;
  /** IPv4, host bits zero; at least one, and none of another peer's. */
  readonly allowedPrefixes: readonly { readonly address: string; readonly length: number }[];
}

/** A route of a network instance's own (config/netinst.proto, IPRoute). */
export interface StaticRoute {
  /** Host bits zero; a length of 0 is the default route. */
  readonly destination: { readonly address: string; readonly length: number };
  readonly via: RouteVia;
}

/** Where a static route leads: to a next hop, or by ports with a label. */
export type RouteVia =
  | { readonly kind: 'gateway'; readonly address: string; readonly gatewayPing?: GatewayPing | undefined }
  | {
      readonly kind: 'ports';
      readonly label: string;
      /** Of its own probe (`probe.customProbe`); undefined: it goes by a ping of the gateway, or what is known. */
      readonly target: ProbeTarget | undefined;
      readonly gatewayPing?: GatewayPing | undefined;
      /** IPRoute.prefer_lower_cost; absent: the port in use stays while it works, whatever it costs. */
      readonly prefersLowerCost?: boolean | undefined;
    };

/** IPv4 addressing of a local network instance. */
export interface LocalNetwork {
  /** Network address in dotted form, host bits zero. */
  readonly subnet: string;
  readonly prefixLength: number;
  /** Address of the bridge. */
  readonly gateway: string;
  /** First and last address that apps may get. */
  readonly dhcpRange: { readonly first: string; readonly last: string };
  /** Name servers the configuration names; none means those of the port in use. */
  readonly dnsServers: readonly string[];
  readonly staticDnsEntries: readonly { readonly hostName: string; readonly addresses: readonly string[] }[];
  readonly ntpServers: readonly string[];
  readonly domainName: string;
}

export interface NetworkInstanceTestSettings {
  /** From `test.target`, else from EVE's probe of the default route; undefined: no target of its own. */
  readonly target: ProbeTarget | undefined;
  /** From `test.furtherTargets`, different from each other and from `target`. */
  readonly furtherTargets: readonly ProbeTarget[];
  /** So many of all targets have to answer; default 1. */
  readonly targetsNeeded: number;
  /** Bytes of data in keepalive probes; default 0. */
  readonly payloadBytes: number;
  /** EVE's wish to have the gateways of its ports pinged; undefined: they are not. */
  readonly gatewayPing: GatewayPing | undefined;
  readonly intervalMs: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly failAfter: number | undefined;
  readonly recoverAfter: number | undefined;
  /** Default 30,000 (docs/design.md#choice). */
  readonly failbackHoldMs: number;
  /** Before a move to a costlier port; default 0. */
  readonly failoverHoldMs: number;
  /** From when on a port that works is worth leaving; undefined: never. */
  readonly quality: QualityThresholds | undefined;
}

/** Undefined: that measure is no reason to leave a port. */
export interface QualityThresholds {
  readonly lossPercent: Hysteresis | undefined;
  /** Smoothed round trip. */
  readonly latencyMs: Hysteresis | undefined;
}

/** Poor from one value on, and good again only below another, lower one. */
export interface Hysteresis {
  readonly poorFrom: number;
  readonly goodBelow: number;
}

/**
 * PortProbe.enable_gw_ping with gw_ping_max_cost: ports up to this priority go by a ping of their gateway, where no
 * target of their own is named.
 */
export interface GatewayPing {
  readonly maxPriority: number;
  /** Also where the port might go by the controller's ping, which says nothing of where a static route leads. */
  readonly outranksController?: boolean | undefined;
}

export interface App {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  readonly interfaces: readonly AppInterface[];
}

export interface AppInterface {
  /** NetworkAdapter.name */
  readonly name: string;
  readonly networkInstanceId: string;
  /** Lower case, colons. Made from app and interface where the configuration names none, so it stays the same. */
  readonly macAddress: string;
  /** Undefined: one is taken from the network instance's range. */
  readonly address: string | undefined;
  readonly hostName: string;
  /** Its entries (ACEs) in order: the first whose matches all hold decides; where none does, it is refused. */
  readonly accessList: readonly AccessEntry[];
  /** Those of the entries that are port maps. */
  readonly portMaps: readonly PortMap[];
}

/**
 * An entry of an app interface's access list: EVE's ACE. A match that is undefined holds for every packet. Remote is
 * the other end, whichever side began; local is the app.
 */
export interface AccessEntry {
  /** Names it in counters and explanations: below 2^24, unique in the list; 0: it has none. */
  readonly id: number;
  /** For people; may be empty. */
  readonly name: string;
  /** Flows that it is for, by who began: ingress to the app, egress from it (ACE.dir). */
  readonly direction: 'both' | 'ingress' | 'egress';
  /** `ip`. `ipv6` matches nothing of IPv4, which is all that local network instances carry. */
  readonly remoteNetwork: Ipv4Network | 'ipv6' | undefined;
  /** Which one of IPv6, as `2001:db8::/32`: of apps of a switch, which passes IPv6, too. Absent: none. */
  readonly remoteIpv6?: string;
  /** `host`: a name in lower case; addresses that DNS answers gave for it, or for a name below it. */
  readonly remoteName: string | undefined;
  /** `eidset`: apps of the network instance, and the addresses of its static DNS entries. */
  readonly remoteIsMember: boolean;
  /** `protocol`, by its number in IP. */
  readonly protocol: number | undefined;
  /** `lport`: the app's own port; of a port map the port outside. */
  readonly localPorts: NumberRange | undefined;
  /** `fport` */
  readonly remotePorts: NumberRange | undefined;
  /** `adapter`: what came in by a port with this label. */
  readonly adapterLabel: string | undefined;
  readonly action: 'allow' | 'drop';
  /** What is beyond is dropped, in each direction by itself; undefined: no limit. */
  readonly rate: PacketRate | undefined;
  readonly portMap: PortMap | undefined;
}

/** Both ends included. */
export interface NumberRange {
  readonly first: number;
  readonly last: number;
}

/** A token bucket: so many packets each time, and so many at once. */
export interface PacketRate {
  readonly packets: number;
  readonly per: 'second' | 'minute' | 'hour' | 'day';
  readonly burst: number;
}

/** An ACE whose action has portmap=true. */
export interface PortMap {
  readonly protocol: 'tcp' | 'udp';
  /** The port number on the uplink (ACEMatch lport). */
  readonly externalPort: number;
  readonly appPort: number;
  /** Only on ports with this label (ACEMatch adapter); undefined: on every port of the network instance. */
  readonly adapterLabel: string | undefined;
}

/** Something wrong with a configuration. */
export interface Problem {
  /** Path of the field in the protobuf JSON names, e.g. `networkInstances[1].ip.subnet`. */
  readonly field: string;
  readonly description: string;
}

/** What `interpret` answers: a model, or everything that is wrong. */
export type Interpretation =
  | { readonly kind: 'valid'; readonly model: DeviceModel }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };
