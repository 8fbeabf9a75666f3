import { rm } from 'node:fs/promises';

import { removeLabRecord } from './lab-record.js';
import { removeNamespaces } from './leftovers.js';
import type { Topology } from './topology.js';

/** Removes what there is of a lab, whether or not it ever came up. Answers when all of it is gone. */
export async function removeLab(
  topology: Topology,
  folders: { readonly runDir: string; readonly stateDir: string } | undefined,
): Promise<void> {
  await removeNamespaces(Object.values(topology.namespaces));
  const resolverFolders = Object.values(topology.namespaces).map((namespace) => `/etc/netns/${namespace}`);
  const labFolders = folders === undefined ? [] : [folders.runDir, folders.stateDir];
  await Promise.all([...resolverFolders, ...labFolders].map((folder) => rm(folder, { recursive: true, force: true })));
  await removeLabRecord(topology.prefix);
}
