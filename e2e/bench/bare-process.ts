import { once } from 'node:events';

import { Child } from './child.js';

/** The bare service, serving in a process of its own. */
export async function startBareProcess(socketPath: string): Promise<Child> {
  const child = new Child('bench-bare-server.js', socketPath);
  await once(child.process, 'message');
  return child;
}
