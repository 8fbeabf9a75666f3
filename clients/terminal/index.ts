/*
 * The frame of every command: options, exit codes, output, actions that load on demand, the words of arguments. Light
 * by design: `--help` loads it. `problem.ts` (how failures are told) knows gRPC and is imported by its own path, on
 * demand.
 */
export { action, reportProblem } from './action.js';
export { addressOf, type ConnectionOptions, type ServiceName } from './addresses.js';
export { exitCodes, EXIT_CODES_HELP } from './exit-codes.js';
export { operationNames } from './operation-names.js';
export { addConnectionOptions, addTlsOptions, connectionOptionsOf } from './options.js';
export { print, printJson, untilInterrupted } from './output.js';
