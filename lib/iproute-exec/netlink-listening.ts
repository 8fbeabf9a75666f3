import { readFile } from 'node:fs/promises';

/**
 * Whether a process has joined a netlink multicast group: it then hears every event from now on. `ip monitor` and `nft monitor` say
 * nothing when they begin, and an event before they listen is lost.
 */
export async function listensToNetlink(pid: number): Promise<boolean> {
  try {
    return hasListener(await readFile(`/proc/${pid}/net/netlink`, 'utf8'), pid);
  } catch {
    return false;
  }
}

/** The columns are: sk, Eth, Pid (the port id, which is the process id for a process's first socket), Groups (a bit mask), ... */
export function hasListener(table: string, pid: number): boolean {
  return table.split('\n').some((row) => {
    const [, , portId, groups] = row.trim().split(/\s+/);
    return portId === String(pid) && groups !== undefined && Number.parseInt(groups, 16) !== 0;
  });
}
