import { spawnSync } from 'node:child_process';
import type { Argv } from './argv.js';
import { childEnvironment } from './environment.js';

/**
 * The same command, ended by the kernel when this process dies in whatever way. For children that do not read their stdin and would
 * otherwise stay until their next write. Where setpriv is missing or cannot do this (busybox has one too), the command as it is.
 */
export function diesWithParent(argv: Argv): Argv {
  works ??= spawnSync('setpriv', [...options, 'true'], { env: childEnvironment(), stdio: 'ignore' }).status === 0;
  return works ? { file: 'setpriv', args: [...options, argv.file, ...argv.args] } : argv;
}

const options = ['--pdeathsig', 'KILL'];

/** Asked once: what is installed does not change under a running service. */
let works: boolean | undefined;
