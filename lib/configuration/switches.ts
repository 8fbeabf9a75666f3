import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import type { NetworkInstanceConfig } from '../../gen/config/netinst.js';
import type { DeviceModel, NetworkInstance, Port, Problem } from './model.js';
import type { Problems } from './problems.js';

/** A switch that is to be there. */
export interface SwitchInstance extends NetworkInstance {
  readonly kind: 'switch';
}

export function isActiveSwitch(instance: NetworkInstance): instance is SwitchInstance {
  return instance.kind === 'switch' && instance.active;
}

/** The ports that carry the label a network instance names. */
export function portsLabelled(ports: readonly Port[], { portLabel }: NetworkInstance): readonly Port[] {
  return portLabel === undefined ? [] : ports.filter(({ labels }) => labels.includes(portLabel));
}

/**
 * A switch has one port, or none: with two, frames would go round where both lead into one network, which spanning tree
 * is for.
 */
export function checkSwitchPorts({ ports, networkInstances }: DeviceModel, problems: Problems): void {
  for (const [index, instance] of networkInstances.entries()) {
    if (!isActiveSwitch(instance)) continue;
    const labels = portsLabelled(ports, instance).map(({ label }) => label);
    if (labels.length < 2) continue;
    problems.add(
      `networkInstances[${index}].port.name`,
      `a switch has one port, and ${labels.join(', ')} have this label: name one of them by its own label ` +
        '(several ports need spanning tree, which is not built)',
    );
  }
}

/** What of a network instance is for those that have addresses of their own. */
const OF_ROUTERS: readonly (readonly [string, (config: NetworkInstanceConfig) => boolean])[] = [
  [
    'ip',
    ({ ip }) => ip !== undefined && [ip.subnet, ip.gateway, ip.domain, ip.ntp, ...ip.dns].some((each) => each !== ''),
  ],
  ['dns', ({ dns }) => dns.length > 0],
  ['propagateConnectedRoutes', ({ propagateConnectedRoutes }) => propagateConnectedRoutes],
  ['staticRoutes', ({ staticRoutes }) => staticRoutes.length > 0],
];

/** What is in order in the active switches of a configuration, and means nothing there. */
export function switchNotices({ networkInstances }: EdgeDevConfig, model: DeviceModel): readonly Problem[] {
  return networkInstances.flatMap((config, index) => {
    const instance = model.networkInstances[index];
    if (instance === undefined || !isActiveSwitch(instance)) return [];
    const at = `networkInstances[${index}]`;
    return [
      ...OF_ROUTERS.flatMap(([field, isSet]) =>
        isSet(config)
          ? [
              {
                field: `${at}.${field}`,
                description: 'means nothing of a switch: its apps have their addresses elsewhere',
              },
            ]
          : [],
      ),
      ...(config.test === undefined
        ? []
        : [{ field: `${at}.test`, description: 'means nothing of a switch: it goes by the link of its port' }]),
    ];
  });
}
