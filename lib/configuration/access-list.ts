import { isIPv6 } from 'node:net';

import { ACEDirection, type ACE, type ACEAction, type ACEMatch } from '../../gen/config/fw.js';
import { hasPorts, ipProtocolNumber } from './ip-protocols.js';
import { ipv4Number, ipv4Text, type Ipv4Network } from '../ipv4/index.js';
import type { AccessEntry, NetworkInstance, NumberRange, PacketRate, PortMap } from './model.js';
import type { Problems } from './problems.js';
import { isHostName, isLabel } from './syntax.js';

/** EVE's API leaves 24 bits for it in a flow's mark. */
const LAST_ID = 0xff_ffff;
/** What iptables takes where no burst is named. */
const DEFAULT_BURST = 5;
/** What fits into the kernel's token bucket with room to spare. */
const MOST_PACKETS = 1_000_000;

const MATCH_TYPES = ['ip', 'host', 'eidset', 'protocol', 'lport', 'fport', 'adapter'] as const;
type MatchType = (typeof MATCH_TYPES)[number];

const UNITS: ReadonlyMap<string, PacketRate['per']> = new Map([
  ...['s', 'sec', 'second'].map((unit) => [unit, 'second'] as const),
  ...['m', 'min', 'minute'].map((unit) => [unit, 'minute'] as const),
  ...['h', 'hour'].map((unit) => [unit, 'hour'] as const),
  ...['d', 'day'].map((unit) => [unit, 'day'] as const),
]);

/** An entry under examination: where it stands, and what is known of it. */
interface Examined {
  readonly acl: ACE;
  readonly field: string;
  readonly isPortMap: boolean;
  readonly problems: Problems;
}

/**
 * The access list of an app's interface, in order (docs/design.md#access-lists); everything that is wrong with it is
 * told at once, each with its field. `instance`: undefined where the configuration names one that is not there.
 */
export function interpretAccessList(
  acls: readonly ACE[],
  field: string,
  instance: NetworkInstance | undefined,
  problems: Problems,
): readonly AccessEntry[] {
  problems.unique(
    acls,
    ({ id }) => (id === 0 ? '' : String(id)),
    (index) => `${field}[${index}].id`,
    'the id',
  );
  return acls.map((acl, index) => interpretEntry(acl, `${field}[${index}]`, instance, problems));
}

function interpretEntry(
  acl: ACE,
  field: string,
  instance: NetworkInstance | undefined,
  problems: Problems,
): AccessEntry {
  const { actions, id, name } = acl;
  const action = actions.find(({ portmap }) => portmap) ?? actions[0];
  const examined: Examined = { acl, field, isPortMap: action?.portmap === true, problems };
  if (id < 0 || id > LAST_ID) problems.add(`${field}.id`, `must be 1 to ${LAST_ID}, as EVE has it`);
  if (name !== '' && !isLabel(name)) {
    problems.add(`${field}.name`, 'must be at most 128 printable characters without quotes');
  }
  checkPlace(examined, instance);
  checkMatches(examined);
  checkActions(examined, action);
  const protocol = protocolOf(examined);
  const localPorts = portsOf(examined, 'lport', protocol);
  const remotePorts = portsOf(examined, 'fport', protocol);
  const adapter = matchOf(acl, 'adapter');
  if (adapter !== undefined && adapter.value !== '' && !isLabel(adapter.value)) {
    problems.add(fieldOf(examined, adapter), 'the adapter must be a label: printable characters without quotes');
  }
  const adapterLabel = adapter === undefined || adapter.value === '' ? undefined : adapter.value;
  return {
    id,
    name,
    direction: examined.isPortMap ? 'ingress' : directionOf(examined),
    ...remoteNetworkOf(examined),
    remoteName: remoteNameOf(examined),
    remoteIsMember: matchOf(acl, 'eidset') !== undefined,
    protocol,
    localPorts,
    remotePorts,
    adapterLabel,
    action: action?.drop === true ? 'drop' : 'allow',
    rate: rateOf(examined, action),
    portMap: portMapOf(examined, action, protocol, localPorts, adapterLabel),
  };
}

/** The first match of a type. Each entry is asked nine times, and there may be tens of thousands: nothing is made. */
function matchOf({ matches }: ACE, type: MatchType): ACEMatch | undefined {
  for (const match of matches) if (match.type === type) return match;
  return undefined;
}

/** Where the value of an entry's match stands. */
function fieldOf({ acl, field }: Examined, match: ACEMatch): string {
  return `${field}.matches[${acl.matches.indexOf(match)}].value`;
}

/** What the network instance makes impossible. */
function checkPlace({ acl, field, isPortMap, problems }: Examined, instance: NetworkInstance | undefined): void {
  if (instance === undefined) return;
  if (isPortMap && instance.kind !== 'local') {
    problems.add(field, 'a port map needs a network instance of type ZnetInstLocal');
  }
  if (instance.kind !== 'switch') return;
  if (instance.active && acl.actions.some(({ limit }) => limit)) {
    problems.add(`${field}.actions`, 'limits are not built for apps of a switch: leave it out');
  }
  acl.matches.forEach(({ type }, index) => {
    if (type === 'host' || type === 'eidset') {
      problems.add(`${field}.matches[${index}].type`, `${type} needs the DNS of the device, which a switch has not`);
    }
    if (type === 'adapter' && instance.active) {
      problems.add(`${field}.matches[${index}].type`, 'adapter is for port maps, which a switch has not');
    }
  });
}

function checkMatches({ acl, field, isPortMap, problems }: Examined): void {
  const { matches } = acl;
  const has = (type: MatchType): boolean => matches.some((match) => match.type === type);
  matches.forEach(({ type }, index) => {
    const at = `${field}.matches[${index}].type`;
    if (!(MATCH_TYPES as readonly string[]).includes(type)) {
      problems.add(at, `must be one of ${MATCH_TYPES.join(', ')}`);
    } else if (matches.findIndex((match) => match.type === type) < index) {
      problems.add(at, `${type} stands twice`);
    } else if (type === 'host' && has('eidset')) {
      problems.add(at, 'host and eidset exclude each other: make two entries of them');
    } else if (isPortMap && type === 'fport') {
      problems.add(at, 'a port map takes no fport; the port outside is its lport');
    } else if ((type === 'lport' || type === 'fport') && !has('protocol') && !isPortMap) {
      problems.add(at, `${type} needs a protocol match beside it`);
    }
  });
}

function checkActions({ acl, field, isPortMap, problems }: Examined, action: ACEAction | undefined): void {
  if (acl.actions.length > 1) {
    problems.add(
      `${field}.actions`,
      isPortMap ? 'a port map must be the only action' : 'an entry has one action at most',
    );
    return;
  }
  if (action?.drop !== true) return;
  if (action.portmap) problems.add(`${field}.actions[0]`, 'drop and portmap exclude each other');
  if (action.limit) problems.add(`${field}.actions[0]`, 'drop and limit exclude each other');
}

function directionOf({ acl, field, problems }: Examined): AccessEntry['direction'] {
  switch (acl.dir) {
    case ACEDirection.BOTH:
      return 'both';
    case ACEDirection.INGRESS:
      return 'ingress';
    case ACEDirection.EGRESS:
      return 'egress';
    default:
      problems.add(`${field}.dir`, 'must be BOTH, INGRESS or EGRESS');
      return 'both';
  }
}

function remoteNetworkOf(examined: Examined): Pick<AccessEntry, 'remoteNetwork'> & Pick<AccessEntry, 'remoteIpv6'> {
  const match = matchOf(examined.acl, 'ip');
  if (match === undefined) return { remoteNetwork: undefined };
  const network = remoteNetwork(match.value);
  if (network === undefined)
    examined.problems.add(fieldOf(examined, match), 'must be an IP address or prefix such as 192.0.2.0/24');
  return { remoteNetwork: network, ...(network === 'ipv6' ? { remoteIpv6: match.value } : {}) };
}

/** An address or prefix; host bits do not matter, as iptables has it. */
function remoteNetwork(text: string): Ipv4Network | 'ipv6' | undefined {
  const [, address = '', length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  if (isIPv6(address) && !address.includes('%')) {
    return length === undefined || Number(length) <= 128 ? 'ipv6' : undefined;
  }
  const number = ipv4Number(address);
  const prefixLength = length === undefined ? 32 : Number(length);
  if (number === undefined || prefixLength > 32) return undefined;
  const size = 2 ** (32 - prefixLength);
  const first = number - (number % size);
  return { text: ipv4Text(first), prefixLength, first, last: first + size - 1 };
}

function remoteNameOf(examined: Examined): string | undefined {
  const match = matchOf(examined.acl, 'host');
  if (match === undefined) return undefined;
  const name = match.value.replace(/\.$/, '').toLowerCase();
  if (!isHostName(name) || ipv4Number(name) !== undefined) {
    examined.problems.add(
      fieldOf(examined, match),
      'must be a name such as example.com; every name below it is meant, too',
    );
  }
  return name;
}

function protocolOf(examined: Examined): number | undefined {
  const { acl, field, isPortMap, problems } = examined;
  const match = matchOf(acl, 'protocol');
  const value = match?.value.toLowerCase() ?? '';
  if (isPortMap) {
    if (value !== 'tcp' && value !== 'udp' && value !== '6' && value !== '17') {
      const at = match === undefined ? `${field}.matches` : fieldOf(examined, match);
      problems.add(at, 'a port map needs a protocol, tcp or udp');
    }
    return ipProtocolNumber(value);
  }
  if (match === undefined || value === 'all') return undefined;
  const number = ipProtocolNumber(value);
  if (number === undefined) {
    problems.add(
      fieldOf(examined, match),
      'must be tcp, udp, icmp, all, a number up to 255 or a name of /etc/protocols',
    );
  }
  return number;
}

function portsOf(examined: Examined, type: 'lport' | 'fport', protocol: number | undefined): NumberRange | undefined {
  const { acl, field, isPortMap, problems } = examined;
  const match = matchOf(acl, type);
  if (isPortMap && type === 'lport') {
    const ports = match === undefined ? undefined : portRange(match.value);
    if (ports === undefined || ports.first === 0 || ports.first !== ports.last) {
      const at = match === undefined ? `${field}.matches` : fieldOf(examined, match);
      problems.add(at, 'a port map needs an lport from 1 to 65535');
      return undefined;
    }
    return ports;
  }
  if (match === undefined) return undefined;
  const ports = portRange(match.value);
  if (ports === undefined)
    problems.add(fieldOf(examined, match), 'must be a port or a range such as 8000-8010, 0 to 65535');
  const told = matchOf(acl, 'protocol');
  if (told !== undefined && !isPortMap && (protocol === undefined || !hasPorts(protocol))) {
    const isUnknown = protocol === undefined && told.value.toLowerCase() !== 'all';
    // What is wrong with the protocol itself has been told.
    if (!isUnknown)
      problems.add(fieldOf(examined, told), `must be one that has ports, since ${type} is given: tcp or udp`);
  }
  return ports;
}

/** `80`, `8000-8010`, or `8000:8010`, which is what iptables reads. */
function portRange(text: string): NumberRange | undefined {
  const [, from = '', to = from] = /^(\d{1,5})(?:[-:](\d{1,5}))?$/.exec(text) ?? [];
  if (from === '' || Number(from) > 65_535 || Number(to) > 65_535 || Number(from) > Number(to)) return undefined;
  return { first: Number(from), last: Number(to) };
}

function rateOf({ acl, field, problems }: Examined, action: ACEAction | undefined): PacketRate | undefined {
  if (action?.limit !== true) return undefined;
  const at = `${field}.actions[${acl.actions.indexOf(action)}]`;
  const { limitrate: packets, limitunit, limitburst } = action;
  const per = UNITS.get(limitunit.toLowerCase());
  if (packets < 1 || packets > MOST_PACKETS) problems.add(`${at}.limitrate`, `must be 1 to ${MOST_PACKETS} packets`);
  if (per === undefined) problems.add(`${at}.limitunit`, 'must be s, m, h or d: each second, minute, hour or day');
  if (limitburst > MOST_PACKETS) problems.add(`${at}.limitburst`, `must be at most ${MOST_PACKETS} packets`);
  return { packets, per: per ?? 'second', burst: limitburst === 0 ? DEFAULT_BURST : limitburst };
}

function portMapOf(
  { acl, field, isPortMap, problems }: Examined,
  action: ACEAction | undefined,
  protocol: number | undefined,
  localPorts: NumberRange | undefined,
  adapterLabel: string | undefined,
): PortMap | undefined {
  if (!isPortMap || action === undefined) return undefined;
  const { appPort } = action;
  if (appPort < 1 || appPort > 65_535) {
    problems.add(`${field}.actions[${acl.actions.indexOf(action)}].appPort`, 'must be 1 to 65535');
  }
  if ((protocol !== 6 && protocol !== 17) || localPorts === undefined) return undefined;
  return { protocol: protocol === 6 ? 'tcp' : 'udp', externalPort: localPorts.first, appPort, adapterLabel };
}
