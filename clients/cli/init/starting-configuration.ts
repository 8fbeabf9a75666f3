/** An interface that leads somewhere. */
export interface Uplink {
  readonly name: string;
  /** Of its default route; lower is better. */
  readonly metric: number;
}

export interface StartingIds {
  readonly device: string;
  readonly network: string;
  readonly networkInstance: string;
}

/** A subnet for the apps that is none of the ports': the first of these that is free. */
export function freeSubnet(taken: (address: string) => boolean): string {
  const candidates = Array.from({ length: 200 }, (_, index) => `10.${77 + (index % 170)}.0`);
  return candidates.find((each) => !taken(`${each}.1`)) ?? '10.77.0';
}

/**
 * A commented EdgeDevConfig as YAML: these uplinks in the order of their metrics, one network instance over all of
 * them, and what else there is as comments. Pure.
 */
export function startingConfiguration(uplinks: readonly Uplink[], ids: StartingIds, subnet: string): string {
  const ordered = [...uplinks].sort((a, b) => a.metric - b.metric || a.name.localeCompare(b.name));
  return `# A configuration to begin with (EdgeDevConfig, as protobuf JSON in YAML). Try it with
#   eve-uplink config push --dry-run FILE
# Every field: docs/configuration.md.
id:
  uuid: ${ids.device}
  version: '1'
deviceName: device

networks:
  - id: ${ids.network}
    type: V4
    ip:
      # The host's network manager gives ports their addresses; this says what to expect.
      dhcp: Client
      # Name servers, where the DHCP client tells us none:
      # dns: [192.0.2.53]

systemAdapterList:
${ordered.map(({ name }) => adapterText(name, ids.network)).join('\n')}

deviceIoList:
${ordered.map(portText).join('\n')}

networkInstances:
  - uuidandversion:
      uuid: ${ids.networkInstance}
      version: '1'
    displayname: default
    instType: ZnetInstLocal
    activate: true
    # Every port that is an uplink. A port's name stands for that port alone.
    port:
      name: uplink
    ipType: IPV4
    ip:
      subnet: ${subnet}.0/24
      gateway: ${subnet}.1
      dhcpRange:
        start: ${subnet}.2
        end: ${subnet}.254
    # Only ports of these priorities; left out: all that the operation APP_TRAFFIC may use.
    # allowedPriorities:
    #   priorities: [0, 1]
    # What is asked over each port; left out: the controller.
    # test:
    #   target: https://example.com/

# Which operations may use which priorities; left out: every operation every port.
# operationPolicies:
#   - operation: NETWORK_OPERATION_APP_IMAGE_DOWNLOAD
#     allowed:
#       priorities: [0]

# An app: its interface gets this address in the bridge of its network instance.
# apps:
#   - uuidandversion:
#       uuid: 0aa90000-0000-4000-8000-000000000001
#       version: '1'
#     displayname: app1
#     activate: true
#     interfaces:
#       - name: eth0
#         networkId: ${ids.networkInstance}
#         addr: ${subnet}.10
#         macAddress: '02:16:3e:00:00:01'
#         acls:
#           # It may reach every address; without an entry it reaches nothing.
#           - id: 1
#             matches:
#               - type: ip
#                 value: 0.0.0.0/0
`;
}

function adapterText(name: string, network: string): string {
  return `  - name: ${name}
    uplink: true
    networkUUID: ${network}
    lowerLayerName: ${name}`;
}

function portText({ name, metric }: Uplink, priority: number): string {
  return `  # Priority ${priority}: its default route has metric ${metric}.
  - ptype: ${/^(ww|ppp)/.test(name) ? 'PhyIoNetWWAN' : 'PhyIoNetEth'}
    phylabel: ${name}
    phyaddrs:
      ifname: ${name}
    logicallabel: ${name}
    assigngrp: ${name}
    usage: PhyIoUsageMgmtAndApps
    usagePolicy:
      fallBackPriority: ${priority}`;
}
