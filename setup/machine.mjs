// What this machine can do, found out by trying.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const systemDirectories = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin'];

/** PATH with the directories of system tools, which a user's own PATH often lacks. */
export function pathWithSystemDirectories() {
  const own = (process.env.PATH ?? '').split(delimiter).filter((directory) => directory !== '');
  return [...own, ...systemDirectories.filter((directory) => !own.includes(directory))].join(delimiter);
}

/** Whether a command is on PATH. */
export function hasCommand(name) {
  return pathWithSystemDirectories()
    .split(delimiter)
    .some((directory) => {
      try {
        accessSync(join(directory, name), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function firstLine(text) {
  return text.trim().split('\n')[0] ?? '';
}

function attempt(file, args) {
  const result = spawnSync(file, args, {
    encoding: 'utf8',
    env: { ...process.env, PATH: pathWithSystemDirectories() },
    timeout: 10_000,
  });
  if (result.error !== undefined) return result.error.message;
  return result.status === 0 ? undefined : firstLine(result.stderr) || `exit code ${result.status}`;
}

/**
 * Why tests that need network namespaces and these commands cannot run here; undefined where they can.
 * A namespace is made, given an nft table and removed again.
 */
export function whyNoNamespaces(commands) {
  if (process.platform !== 'linux') return 'not Linux';
  if (process.getuid?.() !== 0) return 'not root';
  const missing = commands.filter((name) => !hasCommand(name));
  if (missing.length > 0) return `missing: ${missing.join(', ')}`;
  const namespace = `eve-uplink-probe-${process.pid}`;
  const refusal = attempt('ip', ['netns', 'add', namespace]);
  if (refusal !== undefined) return `no network namespaces (${refusal})`;
  try {
    const nftRefusal = attempt('ip', ['netns', 'exec', namespace, 'nft', 'add', 'table', 'inet', 'probe']);
    return nftRefusal === undefined ? undefined : `nft does not work here (${nftRefusal})`;
  } finally {
    attempt('ip', ['netns', 'delete', namespace]);
  }
}
