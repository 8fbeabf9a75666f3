import { readFile } from 'node:fs/promises';

import type { Command } from 'commander';
import { pino } from 'pino';

import { NetworkOperation } from '../../gen/evecommon/uplink.js';
import { PortAuthorizationServiceClient } from '../../gen/nim/v1/port_authorization.js';
import { systemClock } from '../../lib/clock/index.js';
import { call, connectTo, readRpcError } from '../../lib/rpc/index.js';
import { ask, withConnection } from '../connection/index.js';
import {
  addressOf,
  connectionOptionsOf,
  exitCodes,
  operationNames,
  print,
  untilInterrupted,
} from '../terminal/index.js';
import { CallProblem, CommandProblem } from '../terminal/problem.js';
import { download } from './download.js';
import { DownloadError, messageOf, type DownloadFailure } from './download-error.js';
import { Permissions } from './permission/permissions.js';
import { PortTurns } from './permission/port-turns.js';
import { showBar, showJson, showLines, type Show } from './progress/show.js';
import { contentTreeDownload, type ContentTreeDownload } from './source/content-tree.js';
import { urlSource } from './source/url-source.js';
import { trusting } from './trust.js';

/** As commander hands them over. */
export interface DownloadOptions {
  readonly output: string;
  readonly operation?: 'base-image' | 'app-image';
  readonly contentTree?: string;
  readonly sha256?: string;
  readonly limit?: number;
  readonly ca?: string;
  readonly wait: boolean;
  readonly waitTimeout?: number;
  readonly stallTimeout: number;
  readonly rounds: number;
  readonly json?: boolean;
}

const CONNECT_TIMEOUT_MS = 15_000;

const exitCodeOf: Readonly<Record<DownloadFailure, number>> = {
  'not-permitted': exitCodes.denied,
  unreachable: exitCodes.unreachable,
  'wrong-content': exitCodes.wrongContent,
  local: exitCodes.localTrouble,
  interrupted: exitCodes.interrupted,
  unsupported: exitCodes.failed,
  'no-service': exitCodes.noService,
};

/** `download` */
export async function runDownload(url: string | undefined, options: DownloadOptions, command: Command): Promise<void> {
  const signal = untilInterrupted();
  const show = showFor(options);
  try {
    await fetchWhatIsAsked(url, options, command, show, signal);
  } catch (error) {
    show.end();
    if (!(error instanceof DownloadError)) throw error;
    if (options.json === true) print(JSON.stringify({ kind: 'ended', failure: error.failure, message: error.message }));
    process.stderr.write(`${error.message}\n`);
    process.exitCode = exitCodeOf[error.failure];
  }
}

async function fetchWhatIsAsked(
  url: string | undefined,
  options: DownloadOptions,
  command: Command,
  show: Show,
  signal: AbortSignal,
): Promise<void> {
  const wanted = await whatIsWanted(url, options, command);
  const trust = trustIn(wanted.source.certificateAuthorities);
  const address = addressOf('nim', connectionOptionsOf(command));
  const client = connectTo(PortAuthorizationServiceClient, address);
  const permissions = new Permissions(client, wanted.operation, {
    clock: systemClock,
    logger: pino({ level: 'silent' }),
  });
  try {
    await permissions.ask().catch((error: unknown) => {
      const problem = readRpcError(error);
      // It is there, and waits for a configuration as we do.
      if (problem.reason !== 'CONFIGURATION_UNKNOWN') throw new CallProblem('nim', address, problem);
    });
    await download(
      {
        ...wanted,
        file: options.output,
        limitBytesPerSecond: options.limit,
        waitMs: options.wait ? (options.waitTimeout ?? Number.POSITIVE_INFINITY) : 0,
        rounds: options.rounds,
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
        stallTimeoutMs: options.stallTimeout,
      },
      { permissions, trust, clock: systemClock, turns: new PortTurns(), onEvent: show.onEvent, signal },
    );
    show.end();
  } finally {
    await permissions.close();
    client.close();
  }
}

/** From the command line, or from the configuration. */
async function whatIsWanted(
  url: string | undefined,
  options: DownloadOptions,
  command: Command,
): Promise<ContentTreeDownload> {
  const { contentTree, operation, sha256, ca } = options;
  const authorities = ca === undefined ? [] : [await readAuthorities(ca)];
  if ((url === undefined) === (contentTree === undefined)) {
    throw new CommandProblem('Say what to fetch: a URL, or --content-tree UUID, and not both', exitCodes.usage);
  }
  if (contentTree !== undefined) {
    const found = await configuredTree(contentTree, authorities, command);
    const configured = operation === undefined || operationNames.get(operation) === found.operation;
    if (!configured)
      throw new CommandProblem(
        'The configuration says what a content tree is for: leave --operation out',
        exitCodes.usage,
      );
    if (sha256 !== undefined && found.sha256 !== undefined && sha256 !== found.sha256) {
      throw new CommandProblem(
        `The configuration says that the sha256 is ${found.sha256}: leave --sha256 out`,
        exitCodes.usage,
      );
    }
    return { ...found, sha256: found.sha256 ?? sha256 };
  }
  if (operation === undefined) {
    throw new CommandProblem('Say what it is for: --operation base-image or --operation app-image', exitCodes.usage);
  }
  return {
    source: urlSource(url ?? '', authorities),
    operation: operationNames.get(operation) ?? NetworkOperation.NETWORK_OPERATION_UNSPECIFIED,
    sha256,
    maxBytes: undefined,
  };
}

/** zedagent is asked at its socket in the run-dir: --address is that of NIM. */
async function configuredTree(
  uuid: string,
  authorities: readonly string[],
  command: Command,
): Promise<ContentTreeDownload> {
  const { runDir } = connectionOptionsOf(command);
  const { deviceConfig } = await withConnection('zedagent', { runDir }, (zedagent) =>
    ask(zedagent, (client, callOptions) => call(client, 'getConfig', {}, callOptions)),
  );
  if (deviceConfig?.config === undefined) throw new CommandProblem('zedagent answered without a configuration');
  return contentTreeDownload(deviceConfig.config, uuid, authorities);
}

async function readAuthorities(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandProblem(`Cannot read ${file}: ${messageOf(error)}`);
  }
}

function trustIn(authorities: readonly string[]): ReturnType<typeof trusting> {
  try {
    return trusting(authorities);
  } catch (error) {
    throw new CommandProblem(
      `The authorities to trust (--ca, or the datastore's) are no certificates in PEM form: ${messageOf(error)}`,
    );
  }
}

function showFor({ json }: DownloadOptions): Show {
  const tell = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  if (json === true) return showJson(print, systemClock);
  return process.stderr.isTTY ? showBar(print, tell, process.stderr, systemClock) : showLines(print, tell, systemClock);
}
