import { isForwarder } from '../desired/forwarders.js';
import type { Failure } from '../apply/apply.js';
import type { Obstacle } from './obstacle.js';

/**
 * What stands in the way of the network instance with this bridge, by what could not be applied. `nameServices`: its
 * own and those that it asks.
 */
export function failureObstacles(
  failures: readonly Failure[],
  bridge: string,
  nameServices: ReadonlySet<string>,
): readonly Obstacle[] {
  return failures.flatMap(({ operation, message }): readonly Obstacle[] => {
    switch (operation.kind) {
      case 'sysctl': {
        const { path, value } = operation;
        const subject = path.replaceAll('/', '.');
        const detail = `it cannot be set to ${value}: ${message}`;
        return [{ kind: 'setting-refused', subject, detail, remedy: `sysctl -w ${subject}=${value}` }];
      }
      case 'bridge-add': {
        const { name } = operation.bridge;
        if (name !== bridge) return [];
        const remedy = `ip link delete ${name}, or rename it, or restart zedrouter, which then takes another name`;
        return [{ kind: 'bridge-taken', subject: name, detail: message, remedy }];
      }
      case 'name-service-start':
      case 'name-service-reload':
        return nameServices.has(operation.bridge) ? [nameServiceObstacle(operation.bridge, message)] : [];
      default:
        return [];
    }
  });
}

/** Ids that are in force and could not be saved, and why. */
export function idsObstacle(why: string | undefined): readonly Obstacle[] {
  if (why === undefined) return [];
  return [
    {
      kind: 'state-not-kept',
      subject: 'zedrouter-numbers.json',
      detail: `numbers of ports and network instances cannot be saved, so a reboot may change tables and leases: ${why}`,
      remedy: 'make room or permission for it in the state directory (df, ls -ld); saving is tried again by itself',
    },
  ];
}

function nameServiceObstacle(bridge: string, message: string): Obstacle {
  if (!isForwarder(bridge) && /address already in use/i.test(message)) {
    return {
      kind: 'name-port-taken',
      subject: `port 53 on ${bridge}`,
      detail: message,
      remedy: `find who listens there (ss -lntup 'sport = :53') and have it leave out ${bridge} or listen elsewhere`,
    };
  }
  return {
    kind: 'name-service-down',
    subject: `dnsmasq of ${bridge}`,
    detail: message,
    remedy: 'it is started again by itself; where that does not help, the log of dnsmasq says why',
  };
}
