import type { AppInterface, NetworkInstanceStatus, PortMapStatus } from '../../../gen/zedrouter/v1/network_router.js';

/** Something that a network instance gives its way out, or in. */
export interface Whereabouts {
  /** UUIDs of the network instances, in the order of `statuses`. */
  readonly networkInstanceIds: readonly string[];
  /** What the word means, a sentence each. */
  readonly sentences: readonly string[];
}

/**
 * The network instances behind which the thing of that name is: an app (UUID or name), an app's address or MAC, a
 * bridge or its address, a port map such as `8080/tcp`. Undefined: there is no such thing.
 */
export function whereaboutsOf(
  word: string,
  statuses: readonly NetworkInstanceStatus[],
  portMaps: readonly PortMapStatus[],
): Whereabouts | undefined {
  const found = statuses.flatMap((status): readonly Found[] => {
    const { networkInstanceId: id, displayName, bridge, bridgeAddress, appInterfaces } = status;
    const [gateway = ''] = bridgeAddress.split('/');
    return [
      ...(word !== '' && [bridge, gateway, bridgeAddress].includes(word)
        ? [{ id, sentence: `${bridge} (${bridgeAddress || 'no address'}) is the bridge of ${displayName}.` }]
        : []),
      ...appInterfaces.flatMap((app) => (isCalled(app, word) ? [{ id, sentence: appSentence(app, status) }] : [])),
      ...portMaps.flatMap((portMap) =>
        portMap.networkInstanceId === id && portMapNames(portMap).includes(word.toLowerCase())
          ? [{ id, sentence: portMapSentence(portMap, status) }]
          : [],
      ),
    ];
  });
  if (found.length === 0) return undefined;
  return {
    networkInstanceIds: [...new Set(found.map(({ id }) => id))],
    sentences: found.map(({ sentence }) => sentence),
  };
}

interface Found {
  readonly id: string;
  readonly sentence: string;
}

function isCalled({ appId, appName, macAddress, address, addresses }: AppInterface, word: string): boolean {
  const [name, ...others] = [appName, appId, macAddress, address, ...addresses];
  return word === name || others.some((each) => each !== '' && each.toLowerCase() === word.toLowerCase());
}

function appSentence(app: AppInterface, { displayName, bridge }: NetworkInstanceStatus): string {
  const { appName, address, macAddress } = app;
  const at = [app.interface, address, macAddress].filter((part) => part !== '').join(', ');
  return `${appName} (${at}) is behind ${displayName}, on ${bridge}.`;
}

function portMapNames({ protocol, externalPort }: PortMapStatus): readonly string[] {
  return [`${externalPort}/${protocol}`, `${protocol}/${externalPort}`];
}

function portMapSentence(portMap: PortMapStatus, { displayName, appInterfaces }: NetworkInstanceStatus): string {
  const { protocol, externalPort, appId, appAddress, appPort, openOn } = portMap;
  const app = appInterfaces.find((each) => each.appId === appId)?.appName ?? appId;
  const open = openOn === '' ? 'open nowhere now' : `open on ${openOn} now`;
  return `Port ${externalPort}/${protocol} leads to port ${appPort} of ${app} (${appAddress}) behind ${displayName}; it is ${open}.`;
}
