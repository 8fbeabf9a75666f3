import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where Debian and Alpine keep ip, nft, conntrack and dnsmasq; a service's PATH may lack these. */
const systemDirectories = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * The environment of every child: a PATH that has the system directories, messages in English because some are parsed, and a HOME that
 * is no directory, so that no tool finds files of ours. Nothing else of ours is handed on.
 */
export function childEnvironment(): NodeJS.ProcessEnv {
  return { PATH: searchPath().join(delimiter), LC_ALL: 'C', HOME: '/dev/null' };
}

/** The path of an executable that childEnvironment's PATH finds; undefined where there is none. */
export function findExecutable(name: string): string | undefined {
  return searchPath()
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

/** Which of the tools that the dataplane needs are not installed. */
export function missingTools(): Promise<readonly string[]> {
  return Promise.resolve(['ip', 'nft', 'dnsmasq'].filter((tool) => findExecutable(tool) === undefined));
}

function searchPath(): readonly string[] {
  const given = (process.env.PATH ?? '').split(delimiter).filter((directory) => directory.startsWith('/'));
  return [...new Set([...given, ...systemDirectories])];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
