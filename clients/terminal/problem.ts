import { status } from '@grpc/grpc-js';
import { readRpcError, type RpcError } from '../../lib/rpc/index.js';
import { exitCodes } from './exit-codes.js';
import type { ServiceName } from './addresses.js';

/** What the operator reads, and what a script acts upon. */
export interface Problem {
  readonly lines: readonly string[];
  readonly exitCode: number;
}

/** An operator's mistake or a local trouble (a file that cannot be read), said in full by its message. */
export class CommandProblem extends Error {
  constructor(
    message: string,
    readonly exitCode: number = exitCodes.failed,
  ) {
    super(message);
    this.name = 'CommandProblem';
  }
}

/** A call to a service failed. */
export class CallProblem extends Error {
  constructor(
    readonly service: ServiceName,
    readonly address: string,
    override readonly cause: RpcError,
  ) {
    super(`${service}: ${cause.message}`);
    this.name = 'CallProblem';
  }
}

const UNIX_PREFIX = 'unix:';

function unreachable(service: ServiceName, address: string, message: string): readonly string[] {
  if (!address.startsWith(UNIX_PREFIX)) return [`Nobody answers at ${address}: ${message}`];
  const socket = address.slice(UNIX_PREFIX.length);
  const start = `Start it with: eve-uplink serve ${service}   (or all three: eve-uplink serve all)`;
  if (message.includes('ENOENT')) return [`${service} is not running: there is no socket ${socket}`, start];
  if (message.includes('ECONNREFUSED')) return [`${service} is not running: nobody listens on ${socket}`, start];
  if (message.includes('EACCES')) {
    return [`No permission to use ${socket}: be root, or a member of the group that owns it`];
  }
  return [`${service} does not answer at ${socket}: ${message}`, start];
}

/** What to show for a call that failed: a summary line, then each violation as `path: description`. */
function describeCall(service: ServiceName, address: string, error: RpcError): Problem {
  switch (error.code) {
    case status.UNAVAILABLE:
      return { lines: unreachable(service, address, error.message), exitCode: exitCodes.noService };
    case status.DEADLINE_EXCEEDED:
      return { lines: [`${service} did not answer in time at ${address}`], exitCode: exitCodes.noService };
    case status.PERMISSION_DENIED:
    case status.UNAUTHENTICATED:
      return { lines: [`Denied by ${service}: ${error.message}`], exitCode: exitCodes.denied };
    default: {
      const violations = error.violations.map(({ field, description }) =>
        field === '' ? `  ${description}` : `  ${field}: ${description}`,
      );
      return { lines: [error.message, ...violations], exitCode: exitCodes.failed };
    }
  }
}

/** What to show for whatever a command failed with. */
export function describeProblem(error: unknown): Problem {
  if (error instanceof CallProblem) return describeCall(error.service, error.address, error.cause);
  if (error instanceof CommandProblem) return { lines: error.message.split('\n'), exitCode: error.exitCode };
  const { message } = readRpcError(error);
  return { lines: [message], exitCode: exitCodes.failed };
}
