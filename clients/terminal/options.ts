import type { Command } from 'commander';
import { DEFAULT_RUN_DIR, type ConnectionOptions } from './addresses.js';

/** Options that every client command has, wherever on the command line they stand. */
export function addConnectionOptions(program: Command): Command {
  return program
    .option('--run-dir <dir>', 'where the services keep their sockets', DEFAULT_RUN_DIR)
    .option('--address <address>', 'ask this address (unix:/path or host:port) instead of the socket in the run-dir');
}

/** Options for the network listener of zedagent, which speaks mutual TLS. */
export function addTlsOptions(command: Command): Command {
  return command
    .option('--tls-cert <file>', "this client's certificate")
    .option('--tls-key <file>', 'its key')
    .option('--server-ca <file>', "the authority that signed the server's certificate");
}

/** What was given of them. */
export function connectionOptionsOf(command: Command): ConnectionOptions {
  return command.optsWithGlobals<ConnectionOptions>();
}
