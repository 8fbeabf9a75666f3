import { CommandError } from './command-error.js';
import { findExecutable } from './environment.js';
import { run } from './run.js';

/** Where wireguard-go puts its sockets, one an interface; only root may enter (its ipc/uapi_linux.go). */
const SOCKETS = '/var/run/wireguard';

/** The socket of the wireguard-go that made the interface of that name, by which it is configured. */
export function wireGuardGoSocket(name: string): string {
  return `${SOCKETS}/${name}.sock`;
}

/**
 * Starts a wireguard-go that outlives this process; answers once its interface and its socket are there. The interface
 * is down, and without a key. It ends with its interface.
 * @throws CommandError where it is not installed, or cannot make the interface.
 */
export async function startWireGuardGo(name: string, namespace?: string): Promise<void> {
  if (findExecutable('wireguard-go') === undefined) {
    const reason = 'is not installed, and the kernel has no WireGuard; on Debian: apt-get install wireguard-go';
    throw new CommandError({ command: 'wireguard-go', exitCode: null, stderr: '', reason });
  }
  await run('wireguard-go', [name], { detached: true, ...(namespace === undefined ? {} : { namespace }) });
}
