import type { Obstacle } from '../../gen/zedrouter/v1/network_router.js';

/** What stands in the way on the host, and what to do about it; a line each. */
export function obstacleLines(obstacles: readonly Obstacle[]): readonly string[] {
  return obstacles.map(({ subject, detail, remedy }) => `obstructed by ${subject}: ${detail}; remedy: ${remedy}`);
}
