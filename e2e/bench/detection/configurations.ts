import { Adapter } from '../../../gen/config/devcommon.js';
import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import { NetworkInstanceConfig } from '../../../gen/config/netinst.js';
import { internetAddresses, portNames, type Lab, type PortName } from '../../../lab/index.js';

/** The network instance that is measured; the lab's app1 is behind it. */
export const MEASURED = 'default';

/** The ship's, going back at once: between two runs nobody shall wait for a hold. */
export function ship(lab: Lab): EdgeDevConfig {
  return lab.configuration({ failbackHoldSeconds: 0 });
}

/** Only ports of these priorities may carry the network instance. */
export function shipOver(lab: Lab, priorities: readonly number[]): EdgeDevConfig {
  return lab.configuration({ failbackHoldSeconds: 0, allowedPriorities: { default: priorities } });
}

/** eth0 and wwan0 are equally good. */
export function equalCosts(lab: Lab): EdgeDevConfig {
  return withPriorities(shipOver(lab, [0]), { eth0: 0, wwan0: 0, sat0: 9 });
}

/**
 * The network instance names a label that the operator gave to eth0 and to the dearer wwan0: EVE's case of a user
 * label.
 */
export function userLabel(lab: Lab): EdgeDevConfig {
  const config = ship(lab);
  for (const adapter of config.systemAdapterList) if (adapter.name !== 'sat0') adapter.sharedLabels = ['crew'];
  for (const networkInstance of config.networkInstances) {
    if (networkInstance.displayname === MEASURED) networkInstance.port = Adapter.fromPartial({ name: 'crew' });
  }
  return config;
}

/** Of RFC 2544: the internet is told to swallow what goes there. */
export const SILENT_NETWORK = '198.18.0.0/24';

/** Many network instances with a target each, over every port: one that answers, or one that keeps silent. */
export function manyTargets(lab: Lab, count: number, targets: 'answers' | 'silence'): EdgeDevConfig {
  const config = ship(lab);
  const [pattern] = config.networkInstances;
  for (let index = 0; index < count; index += 1) {
    const network = `10.200.${index}`;
    config.networkInstances.push(
      NetworkInstanceConfig.fromPartial({
        ...pattern,
        uuidandversion: { uuid: `0b000000-0000-4000-8000-${String(index).padStart(12, '0')}`, version: '1' },
        displayname: `target-${index}`,
        ip: { subnet: `${network}.0/24`, gateway: `${network}.1` },
        test: {
          target: targets === 'answers' ? `tcp://${internetAddresses.controller}:80` : `tcp://198.18.0.${index + 1}:80`,
          interval: { seconds: 120n, nanos: 0 },
          timeout: { seconds: 60n, nanos: 0 },
        },
      }),
    );
  }
  return config;
}

/** Other priorities for the ports. */
export function withPriorities(config: EdgeDevConfig, priorities: Readonly<Record<PortName, number>>): EdgeDevConfig {
  for (const io of config.deviceIoList) {
    const name = portNames.find((port) => port === io.logicallabel);
    if (name !== undefined && io.usagePolicy !== undefined) io.usagePolicy.fallBackPriority = priorities[name];
  }
  return config;
}
