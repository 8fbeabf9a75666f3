import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import { PortAuthorizationServiceClient } from '../../../gen/nim/v1/port_authorization.js';
import { systemClock } from '../../../lib/clock/index.js';
import { createLogger } from '../../../lib/observability/index.js';
import { connectTo } from '../../../lib/rpc/index.js';
import { download, type DownloadRequest } from '../download.js';
import { DownloadError } from '../download-error.js';
import type { DownloadEvent, DownloadResult } from '../events.js';
import { Permissions } from '../permission/permissions.js';
import { PortTurns } from '../permission/port-turns.js';
import { trusting } from '../trust.js';
import { ScriptedPermissions } from './scripted-permissions.js';

/** A directory, a scripted NIM, and downloads over the ports of a network namespace. */
export class DownloadRig {
  readonly directory: string;
  readonly nim: ScriptedPermissions;
  readonly permissions: Permissions;
  readonly events: DownloadEvent[] = [];
  readonly #namespace: string;
  readonly #client: PortAuthorizationServiceClient;
  #leaving = new AbortController();

  private constructor(namespace: string, directory: string, nim: ScriptedPermissions) {
    this.#namespace = namespace;
    this.directory = directory;
    this.nim = nim;
    this.#client = connectTo(PortAuthorizationServiceClient, `unix:${nim.socketPath}`);
    this.permissions = new Permissions(this.#client, NetworkOperation.NETWORK_OPERATION_APP_IMAGE_DOWNLOAD, {
      clock: systemClock,
      logger: createLogger({ service: 'test', level: 'silent' }),
    });
  }

  static async start(namespace: string): Promise<DownloadRig> {
    const directory = await mkdtemp(join(tmpdir(), 'evn-download-'));
    return new DownloadRig(namespace, directory, await ScriptedPermissions.start(directory));
  }

  get file(): string {
    return join(this.directory, 'image');
  }

  /** Starts a download with the little patience of a test. */
  download(
    request: Pick<DownloadRequest, 'source'> & Partial<DownloadRequest>,
    turns = new PortTurns(),
  ): Promise<DownloadResult> {
    return download(
      {
        file: this.file,
        sha256: undefined,
        maxBytes: undefined,
        limitBytesPerSecond: undefined,
        waitMs: Number.POSITIVE_INFINITY,
        rounds: 2,
        connectTimeoutMs: 2_000,
        stallTimeoutMs: 1_000,
        ...request,
      },
      {
        permissions: this.permissions,
        clock: systemClock,
        trust: trusting(request.source.certificateAuthorities),
        turns,
        onEvent: (event) => this.events.push(event),
        signal: this.#leaving.signal,
        namespace: this.#namespace,
      },
    );
  }

  /** Ends the downloads that run, as Ctrl-C does. Others may be started afterwards. */
  interrupt(): void {
    this.#leaving.abort();
    this.#leaving = new AbortController();
  }

  async close(): Promise<void> {
    this.interrupt();
    await this.permissions.close();
    this.#client.close();
    await this.nim.stop();
    await rm(this.directory, { recursive: true });
  }
}

/** What a download that is expected to fail fails with. @throws where it succeeds, or fails otherwise */
export async function failure(downloading: Promise<unknown>): Promise<DownloadError> {
  const error = await downloading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DownloadError) return error;
  throw new Error(`no DownloadError: ${String(error)}`, { cause: error });
}
