/** What can stand in the way of a network instance on this host, as a closed set. */
export type ObstacleKind =
  | 'forward-dropped'
  | 'input-dropped'
  | 'packets-lost'
  | 'setting-refused'
  | 'name-service-down'
  | 'name-port-taken'
  | 'state-not-kept'
  | 'bridge-taken'
  | 'port-not-joined'
  | 'other-source';

/** Something on this host that keeps a network instance from working, whatever else its status says. */
export interface Obstacle {
  readonly kind: ObstacleKind;
  /** What it is: a chain, a kernel setting, a process's work. */
  readonly subject: string;
  /** What it does, in a sentence. */
  readonly detail: string;
  /** What to do about it. */
  readonly remedy: string;
}

export function sameObstacle(a: Obstacle, b: Obstacle): boolean {
  return a.kind === b.kind && a.subject === b.subject && a.detail === b.detail && a.remedy === b.remedy;
}
