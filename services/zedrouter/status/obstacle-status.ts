import { ObstacleKind, type Obstacle as ObstacleMessage } from '../../../gen/zedrouter/v1/network_router.js';
import type { Obstacle } from '../obstacles/obstacle.js';

const KINDS: Readonly<Record<Obstacle['kind'], ObstacleKind>> = {
  'forward-dropped': ObstacleKind.OBSTACLE_KIND_FORWARD_DROPPED,
  'input-dropped': ObstacleKind.OBSTACLE_KIND_INPUT_DROPPED,
  'packets-lost': ObstacleKind.OBSTACLE_KIND_PACKETS_LOST,
  'setting-refused': ObstacleKind.OBSTACLE_KIND_SETTING_REFUSED,
  'name-service-down': ObstacleKind.OBSTACLE_KIND_NAME_SERVICE_DOWN,
  'name-port-taken': ObstacleKind.OBSTACLE_KIND_NAME_PORT_TAKEN,
  'state-not-kept': ObstacleKind.OBSTACLE_KIND_STATE_NOT_KEPT,
  'bridge-taken': ObstacleKind.OBSTACLE_KIND_BRIDGE_TAKEN,
  'port-not-joined': ObstacleKind.OBSTACLE_KIND_PORT_NOT_JOINED,
  'other-source': ObstacleKind.OBSTACLE_KIND_OTHER_SOURCE,
};

/** As metrics name it, e.g. `forward-dropped`. */
export function obstacleName(kind: ObstacleKind): string {
  return Object.entries(KINDS).find(([, value]) => value === kind)?.[0] ?? 'other';
}

export function obstacleStatus({ kind, subject, detail, remedy }: Obstacle): ObstacleMessage {
  return { kind: KINDS[kind], subject, detail, remedy };
}
