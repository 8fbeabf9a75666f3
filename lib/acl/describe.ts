import { ipProtocolName, type AccessEntry, type NumberRange } from '../configuration/index.js';

/** An entry in words for people: `entry 3 "web" (tcp to remote port 443 at 192.0.2.0/24)`. */
export function describeEntry(entry: AccessEntry, position: number): string {
  const { id, name } = entry;
  const which = id === 0 ? `the entry without an id at place ${position + 1}` : `entry ${id}`;
  const matches = matchWords(entry);
  return [
    which,
    ...(name === '' ? [] : [`"${name}"`]),
    `(${matches.length === 0 ? 'everything' : matches.join(', ')})`,
  ].join(' ');
}

function matchWords(entry: AccessEntry): readonly string[] {
  const { direction, protocol, remoteNetwork, remoteName, remoteIsMember, localPorts, remotePorts, adapterLabel } =
    entry;
  const { portMap, action, rate } = entry;
  return [
    ...(portMap === undefined && direction !== 'both' ? [direction === 'ingress' ? 'to the app' : 'from the app'] : []),
    ...(protocol === undefined ? [] : [ipProtocolName(protocol)]),
    ...(remoteNetwork === undefined ? [] : [remoteWords(remoteNetwork)]),
    ...(remoteName === undefined ? [] : [`${remoteName} and names below it`]),
    ...(remoteIsMember ? ['apps and static names of the network instance'] : []),
    ...(remotePorts === undefined ? [] : [`remote port ${rangeText(remotePorts)}`]),
    ...(localPorts === undefined
      ? []
      : [`${portMap === undefined ? "the app's" : 'outside'} port ${rangeText(localPorts)}`]),
    ...(portMap === undefined ? [] : [`mapped to the app's port ${portMap.appPort}`]),
    ...(adapterLabel === undefined ? [] : [`in by ${adapterLabel}`]),
    ...(action === 'drop' ? ['drop'] : []),
    ...(rate === undefined ? [] : [`at most ${rate.packets} packets a ${rate.per}, ${rate.burst} at once`]),
  ];
}

function remoteWords(network: Exclude<AccessEntry['remoteNetwork'], undefined>): string {
  return network === 'ipv6' ? 'IPv6 only' : `${network.text}/${network.prefixLength}`;
}

function rangeText({ first, last }: NumberRange): string {
  return first === last ? String(first) : `${first}-${last}`;
}
