import type { Failure } from '../apply/apply.js';
import type { Obstacle } from './obstacle.js';

/** What stands in the way of the network instance with this bridge, by what could not be applied. */
export function failureObstacles(failures: readonly Failure[], bridge: string): readonly Obstacle[] {
  return failures.flatMap(({ operation, message }): readonly Obstacle[] => {
    switch (operation.kind) {
      case 'sysctl': {
        const { path, value } = operation;
        const subject = path.replaceAll('/', '.');
        const detail = `it cannot be set to ${value}: ${message}`;
        return [{ kind: 'setting-refused', subject, detail, remedy: `sysctl -w ${subject}=${value}` }];
      }
      case 'name-service-start':
      case 'name-service-reload':
        return operation.bridge === bridge ? [nameServiceObstacle(bridge, message)] : [];
      default:
        return [];
    }
  });
}

function nameServiceObstacle(bridge: string, message: string): Obstacle {
  if (/address already in use/i.test(message)) {
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
