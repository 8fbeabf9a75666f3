/** What a test says of a device: ports by label with their priority, and network instances by name. */
export interface DeviceSketch {
  readonly ports: Readonly<Record<string, number>>;
  readonly networkInstances: Readonly<
    Record<string, { readonly uuid: string; readonly port?: string; readonly allowed?: readonly number[] }>
  >;
}

/** The sketch as EdgeDevConfig in protobuf JSON. The interface of a port is named as its label. */
export function deviceConfigJson({ ports, networkInstances }: DeviceSketch): object {
  return {
    id: { uuid: 'aaaaaaaa-0000-4000-8000-000000000000', version: '1' },
    deviceIoList: Object.entries(ports).map(([label, fallBackPriority]) => ({
      ptype: 'PhyIoNetEth',
      phylabel: label,
      logicallabel: label,
      phyaddrs: { ifname: label },
      usage: 'PhyIoUsageMgmtAndApps',
      usagePolicy: { fallBackPriority },
    })),
    systemAdapterList: Object.keys(ports).map((label) => ({ name: label, uplink: true, lowerLayerName: label })),
    networkInstances: Object.entries(networkInstances).map(([displayname, { uuid, port, allowed }], position) => ({
      uuidandversion: { uuid, version: '1' },
      displayname,
      instType: 'ZnetInstLocal',
      activate: true,
      port: { name: port ?? 'uplink' },
      ipType: 'IPV4',
      ip: {
        subnet: `10.77.${position}.0/24`,
        gateway: `10.77.${position}.1`,
        dhcpRange: { start: `10.77.${position}.2`, end: `10.77.${position}.254` },
      },
      ...(allowed === undefined ? {} : { allowedPriorities: { priorities: allowed } }),
    })),
  };
}
