import { readdir, readlink, stat } from 'node:fs/promises';

import { run } from 'iproute-exec';

import { waitUntil } from '../lib/clock/index.js';

const NAMESPACE_FOLDER = '/run/netns';

/**
 * Ends every process in these network namespaces and removes the namespaces: what is left of a run that crashed, or
 * what a run leaves at its end. Namespaces that do not exist are no matter. Nothing else is touched: a process is known
 * by the namespace that it is in, never by its name.
 */
export async function removeNamespaces(namespaces: readonly string[]): Promise<void> {
  const present = new Set(await readdir(NAMESPACE_FOLDER).catch(() => []));
  const ours = namespaces.filter((namespace) => present.has(namespace));
  if (ours.length === 0) return;
  await endProcessesIn(ours);
  await run('ip', ['-force', '-batch', '-'], {
    input: ours.map((namespace) => `netns delete ${namespace}\n`).join(''),
  });
}

async function endProcessesIn(namespaces: readonly string[]): Promise<void> {
  const pids = await processesIn(namespaces);
  for (const pid of pids) kill(pid, 'SIGTERM');
  const gone = async (): Promise<boolean> => (await processesIn(namespaces)).length === 0;
  if (await waitUntil(gone, { timeoutMs: 1_000 })) return;
  for (const pid of await processesIn(namespaces)) kill(pid, 'SIGKILL');
  if (!(await waitUntil(gone, { timeoutMs: 5_000 }))) {
    throw new Error(
      `processes in ${namespaces.join(', ')} survive SIGKILL: ${(await processesIn(namespaces)).join(', ')}`,
    );
  }
}

/** Process ids by the identity of their network namespace, as `ip netns pids` finds them. */
export async function processesIn(namespaces: readonly string[]): Promise<readonly number[]> {
  const wanted = new Set(
    await Promise.all(
      namespaces.map(async (namespace) => `net:[${(await stat(`${NAMESPACE_FOLDER}/${namespace}`)).ino}]`),
    ),
  );
  // Were this process's own namespace among them, the lab would end itself and everything around it.
  wanted.delete(await readlink('/proc/self/ns/net'));
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const namespace = await readlink(`/proc/${pid}/ns/net`).catch(() => undefined);
      return namespace !== undefined && wanted.has(namespace) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
