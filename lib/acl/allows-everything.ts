import type { AccessEntry } from '../configuration/index.js';

/** Whether a list refuses no packet at all, whoever begins: then nobody need look. */
export function allowsEverything(list: readonly AccessEntry[]): boolean {
  const refusing = list.findIndex(({ action, rate }) => action === 'drop' || rate !== undefined);
  const matchingAll = list.findIndex(matchesEverything);
  return matchingAll >= 0 && (refusing < 0 || matchingAll < refusing);
}

function matchesEverything(entry: AccessEntry): boolean {
  const { remoteNetwork, localPorts, remotePorts, adapterLabel, protocol, portMap } = entry;
  const isEverywhere = remoteNetwork === undefined || (remoteNetwork !== 'ipv6' && remoteNetwork.prefixLength === 0);
  const isNarrowed = [entry.remoteName, protocol, localPorts, remotePorts, adapterLabel, portMap].some(
    (each) => each !== undefined,
  );
  return entry.direction === 'both' && isEverywhere && !entry.remoteIsMember && !isNarrowed;
}
