import { run } from 'iproute-exec';

import { PORTS } from './ship.js';

/** A device with the ship's ports, one ISP behind all of them, and an app that is not plugged into a bridge yet. */
export interface DeviceAppIsp {
  /** Names of network namespaces. */
  readonly device: string;
  readonly app: string;
  readonly isp: string;
  /** Puts the app into the first network instance's bridge. */
  plugApp(): Promise<void>;
  remove(): Promise<void>;
}

/** Makes them as namespaces whose names begin with `prefix`; what is left of earlier ones goes. */
export async function makeDeviceAppIsp(prefix: string): Promise<DeviceAppIsp> {
  const [device, app, isp] = [`${prefix}-device`, `${prefix}-app`, `${prefix}-isp`];
  const remove = async (): Promise<void> => {
    for (const name of [device, app, isp]) await run('ip', ['netns', 'del', name], { allowFailure: true });
  };
  await remove();
  for (const name of [device, app, isp]) await run('ip', ['netns', 'add', name]);
  const ports = [...PORTS.values()].flatMap(({ interfaceName, addresses, gateways }, index) => [
    `link add name ${interfaceName} netns ${device} index ${100 + index} type veth peer name ${interfaceName} netns ${isp} index ${200 + index}`,
    `-n ${device} link set dev ${interfaceName} up`,
    `-n ${isp} link set dev ${interfaceName} up`,
    `-n ${device} addr add ${addresses[0]?.address ?? ''}/24 dev ${interfaceName}`,
    `-n ${isp} addr add ${gateways[0] ?? ''}/24 dev ${interfaceName}`,
  ]);
  const links = [
    ...ports,
    `link add name app netns ${device} index 300 type veth peer name eth0 netns ${app} index 301`,
    `-n ${app} link set dev eth0 up`,
    `-n ${app} addr add 10.77.0.2/24 dev eth0`,
    `-n ${app} route add default via 10.77.0.1`,
  ];
  for (const words of links) await run('ip', words.split(' '));
  return {
    device,
    app,
    isp,
    plugApp: async () => {
      await run('ip', ['-n', device, 'link', 'set', 'dev', 'app', 'master', 'bn1', 'up']);
    },
    remove,
  };
}
