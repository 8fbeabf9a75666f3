import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where Debian and Alpine keep ip, nft, conntrack and dnsmasq; a service's PATH may lack these. */
const systemDirectories = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * The environment of every child: a PATH that has the system directories, messages in English because some are parsed,
 * and a HOME that is no directory, so that no tool finds files of ours. Nothing else of ours is handed on.
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

/** A command that is not installed, and the Debian package that brings it. */
export interface MissingTool {
  readonly command: string;
  readonly debianPackage: string;
}

/** What the dataplane runs, and the Debian packages that bring it. */
const debianPackages = { ip: 'iproute2', nft: 'nftables', dnsmasq: 'dnsmasq-base' } as const;

/**
 * Which of the commands that the dataplane needs are not installed. `find`: the path of a command, where there is one.
 */
export function missingTools(find: (command: string) => string | undefined = findExecutable): readonly MissingTool[] {
  return Object.entries(debianPackages)
    .filter(([command]) => find(command) === undefined)
    .map(([command, debianPackage]) => ({ command, debianPackage }));
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
