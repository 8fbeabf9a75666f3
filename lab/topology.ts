/**
 * The ship, drawn: who is there, how they are called, which addresses and interface indexes they have. Data only.
 *
 *   app1, app2 --- device --+-- eth0  --- isp-eth0  ---+
 *                           +-- wwan0 --- isp-wwan0 ---+-- internet (controller, echo servers, web server, a client)
 *                           +-- sat0  --- isp-sat0  ---+
 */

export const portNames = ['eth0', 'wwan0', 'sat0'] as const;
/** An uplink of the device; also the name of its network interface. */
export type PortName = (typeof portNames)[number];

export const appNames = ['app1', 'app2'] as const;
export type AppName = (typeof appNames)[number];

export const hostNames = ['device', 'isp-eth0', 'isp-wwan0', 'isp-sat0', 'internet', ...appNames] as const;
/** One network namespace of the lab. */
export type HostName = (typeof hostNames)[number];

/** Servers and clients of the internet, each with an address of its own in the internet's namespace. */
export const internetAddresses = {
  controller: '198.51.100.10',
  /** Where apps send their measured traffic: one address an app, so that ISPs' counters tell the apps apart. */
  echo: '198.51.100.20',
  echo1: '198.51.100.21',
  echo2: '198.51.100.22',
  web: '198.51.100.30',
  /** Whom port maps are tried from. */
  client: '198.51.100.40',
} as const;
/** Of a WireGuard gateway behind the internet, where one is started. */
export const GATEWAY_ADDRESS = '198.51.100.60';
export type InternetHost = keyof typeof internetAddresses;

/** Where the internet's services listen. */
export const servicePorts = { echo: 7, http: 80, https: 443 } as const;

/** Names that every ISP's name server knows (RFC 2606's top-level domain). */
export function internetHostName(host: InternetHost): string {
  return `${host}.example`;
}

/** The interface names inside an ISP: towards the device, and towards the internet. */
export const CUSTOMER_INTERFACE = 'customer';
export const INTERNET_INTERFACE = 'internet';
/** In the internet's namespace, which has no rules that bridged frames could meet. */
export const SWITCH_INTERFACE = 'switch';
/** The one interface of an app. */
export const APP_INTERFACE = 'eth0';

/** Ports that a carrier NAT forwards inward to the device. */
export const forwardedPorts = { first: 8000, last: 8099 } as const;

/**
 * What an ISP does with packets: `router` passes whatever has its customer's address; `stateful-firewall` also swallows
 * what belongs to no flow that it saw begin; `carrier-nat` does the same and hides the customer behind one address.
 */
export type IspKind = 'router' | 'stateful-firewall' | 'carrier-nat';

export interface PortTopology {
  readonly name: PortName;
  readonly kind: IspKind;
  readonly deviceNamespace: string;
  readonly ispHost: HostName;
  readonly ispNamespace: string;
  /** Of the route that the device's DHCP client installs. */
  readonly metric: number;
  readonly macAddress: string;
  readonly subnet: string;
  readonly prefixLength: number;
  readonly gateway: string;
  /** What the ISP's DHCP server gives the device. */
  readonly leaseAddress: string;
  /** The link between ISP and internet, a /30. */
  readonly transit: { readonly ispAddress: string; readonly internetAddress: string };
  /** The other end of the device's cable: at the ISP, or a port of the switch. */
  readonly cableEnd: { readonly namespace: string; readonly interfaceName: string };
  /** Where the ISP has its customer on a switch, as others have: its port there. */
  readonly switchPort: { readonly interfaceName: string; readonly index: number } | undefined;
  /** The internet's end of that link. */
  readonly internetInterface: string;
  /**
   * Indexes of the four link ends, `customer` that of the cable's other end: no two ends of the lab share one (a veth
   * pair with equal indexes delays carrier events by 0.6 s).
   */
  readonly indexes: {
    readonly device: number;
    readonly customer: number;
    readonly ispUplink: number;
    readonly internet: number;
  };
}

export interface AppTopology {
  readonly name: AppName;
  readonly namespace: string;
  readonly macAddress: string;
  /** The device's end of the app's link. */
  readonly deviceInterface: string;
  readonly indexes: { readonly device: number; readonly app: number };
}

export interface Topology {
  readonly prefix: string;
  readonly namespaces: Readonly<Record<HostName, string>>;
  readonly ports: Readonly<Record<PortName, PortTopology>>;
  readonly apps: Readonly<Record<AppName, AppTopology>>;
}

export interface TopologyOptions {
  /** Begins the names of all network namespaces, e.g. `eve-uplink-`. */
  readonly prefix: string;
  /** eth0's and wwan0's ISPs are home routers that hand out the same private subnet; default false. */
  readonly sameSubnet?: boolean;
  /** With sameSubnet: even the same address; default false. */
  readonly sameAddress?: boolean;
  /**
   * eth0 and wwan0 are on one switch with both of their ISPs' routers: one broadcast domain, and one subnet; default
   * false.
   */
  readonly oneSwitch?: boolean;
}

/** The lab's drawing. Throws where the prefix cannot begin the name of a namespace. */
export function drawTopology(options: TopologyOptions): Topology {
  if (!/^[a-z][a-z0-9-]{0,40}$/.test(options.prefix)) {
    throw new Error(`prefix ${JSON.stringify(options.prefix)}: want lower case letters, digits and "-"`);
  }
  const namespaceOf = (host: HostName): string => `${options.prefix}${host}`;
  const isSwitched = options.oneSwitch === true;
  const shared = isSwitched || options.sameSubnet === true;
  const port = (
    number: 1 | 2 | 3,
    name: PortName,
    kind: IspKind,
    [network, host, router = 1]: readonly [network: string, host: number, router?: number],
    onSwitch = false,
  ): PortTopology => ({
    name,
    kind,
    deviceNamespace: namespaceOf('device'),
    ispHost: `isp-${name}`,
    ispNamespace: namespaceOf(`isp-${name}`),
    metric: 100 * number,
    macAddress: `02:00:00:00:01:0${number}`,
    subnet: `${network}.0`,
    prefixLength: 24,
    gateway: `${network}.${router}`,
    leaseAddress: `${network}.${host}`,
    transit: { ispAddress: `198.18.${number}.2`, internetAddress: `198.18.${number}.1` },
    cableEnd: onSwitch
      ? { namespace: namespaceOf('internet'), interfaceName: `line-${name}` }
      : { namespace: namespaceOf(`isp-${name}`), interfaceName: CUSTOMER_INTERFACE },
    switchPort: onSwitch ? { interfaceName: `isp-${name}`, index: 100 + number } : undefined,
    internetInterface: `to-${name}`,
    indexes: { device: 40 + number, customer: 50 + number, ispUplink: 60 + number, internet: 70 + number },
  });
  const app = (number: 1 | 2, name: AppName): AppTopology => ({
    name,
    namespace: namespaceOf(name),
    macAddress: `02:16:3e:00:00:0${number}`,
    deviceInterface: `${name}-veth`,
    indexes: { device: 80 + number, app: 90 + number },
  });
  const private24 = '192.168.1';
  return {
    prefix: options.prefix,
    namespaces: Object.fromEntries(hostNames.map((host) => [host, namespaceOf(host)])) as Record<HostName, string>,
    ports: {
      eth0: shared
        ? port(1, 'eth0', 'carrier-nat', [private24, 10], isSwitched)
        : port(1, 'eth0', 'router', ['192.0.2', 10]),
      wwan0: shared
        ? port(
            2,
            'wwan0',
            'carrier-nat',
            [private24, options.sameAddress === true ? 10 : 20, isSwitched ? 2 : 1],
            isSwitched,
          )
        : port(2, 'wwan0', 'stateful-firewall', ['203.0.113', 20]),
      sat0: port(3, 'sat0', 'carrier-nat', ['100.64.0', 30]),
    },
    apps: { app1: app(1, 'app1'), app2: app(2, 'app2') },
  };
}

/** The address under which the internet sees the device on this port, and reaches its port maps. */
export function publicAddress(port: PortTopology): string {
  return port.kind === 'carrier-nat' ? port.transit.ispAddress : port.leaseAddress;
}
