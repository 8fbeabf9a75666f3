import type { SecureContext } from 'node:tls';

import type { AuthorizedPort, PortAuthorizations } from '../../gen/nim/v1/port_authorization.js';
import { ReadBuffers } from '../../lib/uplink-socket/index.js';
import { whenAborted, type Clock } from '../../lib/clock/index.js';
import { readRpcError } from '../../lib/rpc/index.js';
import { DownloadError } from './download-error.js';
import type { DownloadEvent, DownloadResult, PortShown } from './events.js';
import { PortFailure } from './exchange/port-failure.js';
import { PartFile } from './part/part-file.js';
import { choosePort } from './permission/choose.js';
import { PermissionWatch, StoppedTransfer } from './permission/permission-watch.js';
import { PortFailures } from './permission/port-failures.js';
import type { Permissions } from './permission/permissions.js';
import type { PortTurns } from './permission/port-turns.js';
import { whyNone } from './permission/verdict.js';
import { RateLimit } from './rate-limit.js';
import type { Source } from './source/source.js';
import { transfer } from './transfer.js';
import { trusting } from './trust.js';

/** What to fetch, and how patiently. */
export interface DownloadRequest {
  readonly source: Source;
  readonly file: string;
  /** Hexadecimal, lower case. Undefined: what comes is not checked against anything. */
  readonly sha256: string | undefined;
  /** More is not accepted. */
  readonly maxBytes: number | undefined;
  readonly limitBytesPerSecond: number | undefined;
  /** How long to wait, in all, while no permitted port can be used: 0, or up to Infinity. */
  readonly waitMs: number;
  /** After so many rounds over all permitted ports that brought nothing, the source is given up. */
  readonly rounds: number;
  readonly connectTimeoutMs: number;
  /** A source that sends next to nothing for so long is left for another port. */
  readonly stallTimeoutMs: number;
}

/** What a download works with. */
export interface DownloadParts {
  readonly permissions: Permissions;
  readonly trust: SecureContext;
  readonly clock: Clock;
  /** Shared by the downloads of a process, so that they take turns on equal ports. */
  readonly turns: PortTurns;
  readonly onEvent: (event: DownloadEvent) => void;
  /** Aborts to end the download; what has come is kept. */
  readonly signal: AbortSignal;
  /** Network namespace of the ports; undefined: this process's own. */
  readonly namespace?: string | undefined;
}

/**
 * Less than this is no progress: a source that breaks off after each few bytes is given up like one that sends none.
 */
const PROGRESS_BYTES = 64 * 1024;
/** Progress is told so often. */
const TELL_EVERY_MS = 100;
/** The whole file came and was the wrong one: it is fetched anew so often, over another port where there is one. */
const MOST_WRONG_FILES = 2;
/** A wait that nothing ends is looked at so often. */
const NO_CHANGE_MS = 60_000;
/** A port that was denied though it is in the list is asked for again after this. */
const DENIED_FOR_MS = 1_000;

/**
 * Fetches a file over ports that NIM permits, in their order of preference. Asks before each connection; a permission
 * that ends stops the transfer at once, and it goes on where it was as soon as a port may be used. The file appears
 * when it is whole and checked.
 * @throws DownloadError
 */
export async function download(request: DownloadRequest, parts: DownloadParts): Promise<DownloadResult> {
  const readBuffers = new ReadBuffers();
  const { file, source, sha256 } = request;
  const part = await PartFile.open(file, { url: source.url.href, sha256 }, parts);
  const run = new Download(request, parts, part, readBuffers);
  try {
    return await run.run();
  } catch (error) {
    if (error instanceof DownloadError && error.failure === 'wrong-content') await part.discard();
    else await part.keep();
    throw error;
  } finally {
    await part.close();
  }
}

class Download {
  readonly #request: DownloadRequest;
  readonly #parts: DownloadParts;
  readonly #part: PartFile;
  readonly #readBuffers: ReadBuffers;
  readonly #failures: PortFailures;
  readonly #rateLimit: RateLimit | undefined;
  readonly #portBytes = new Map<string, number>();
  readonly #begunAtMs: number;
  /** Ports that were denied while this list, which is older, still had them. */
  readonly #denied = new Map<string, { readonly detail: string; readonly list: PortAuthorizations | undefined }>();
  #waitedMs = 0;
  /** Something of the part, or of what was asked for since it began, is of a request that went on with a part. */
  #isResumed: boolean;
  #wrongFiles = 0;
  #toldAtMs = 0;
  #toldWaiting = '';

  constructor(request: DownloadRequest, parts: DownloadParts, part: PartFile, readBuffers: ReadBuffers) {
    this.#request = request;
    this.#parts = parts;
    this.#part = part;
    this.#readBuffers = readBuffers;
    this.#failures = new PortFailures(parts.clock);
    const { limitBytesPerSecond } = request;
    this.#rateLimit = limitBytesPerSecond === undefined ? undefined : new RateLimit(limitBytesPerSecond, parts.clock);
    this.#begunAtMs = parts.clock.monotonicMs();
    this.#isResumed = part.foundBytes > 0;
  }

  async run(): Promise<DownloadResult> {
    const { source, file } = this.#request;
    this.#tell({ kind: 'begun', source: source.text, file, resumedBytes: this.#part.foundBytes });
    const sinceBegun = (): number => this.#parts.clock.monotonicMs() - this.#begunAtMs;
    let fetchedMs: number;
    do {
      while (!this.#part.isComplete) await this.#step();
      fetchedMs = sinceBegun();
    } while (!(await this.#isRight()));
    await this.#part.finish();
    const result = {
      file,
      sizeBytes: this.#part.offset,
      sha256: await this.#part.digest(),
      portBytes: this.#portBytes,
      fetchedMs,
      tookMs: sinceBegun(),
    };
    this.#tell({ kind: 'done', result });
    return result;
  }

  /** One try over one port, or one wait for a port. */
  async #step(): Promise<void> {
    const { permissions, turns, signal } = this.#parts;
    if (signal.aborted) throw interrupted();
    const { latest } = permissions;
    if (latest === undefined) {
      await this.#wait('nim', permissions.problem ?? 'it has no configuration yet');
      return;
    }
    if (latest.ports.length === 0) {
      const { isDenied, detail } = whyNone(latest);
      await this.#wait(isDenied ? 'permission' : 'port', detail);
      return;
    }
    const ports = latest.ports.filter(({ logicalLabel }) => this.#denied.get(logicalLabel)?.list !== latest);
    if (ports.length === 0) {
      const details = [...this.#denied].map(([label, { detail }]) => `${label}: ${detail}`);
      await this.#wait('permission', details.join(', '), DENIED_FOR_MS);
      this.#denied.clear();
      return;
    }
    const port = choosePort(
      ports,
      (label) => this.#failures.isLeftOut(label),
      (label) => turns.of(label),
    );
    if (port === undefined) await this.#endRound(ports);
    else await this.#try(port);
  }

  async #try(port: AuthorizedPort): Promise<void> {
    const { turns, signal } = this.#parts;
    const shown = shownPort(port);
    this.#tell({ kind: 'connecting', port: shown });
    const endTurn = turns.begin(port.logicalLabel);
    const watch = new PermissionWatch(port, { ...this.#parts, isLeftOut: (label) => this.#failures.isLeftOut(label) });
    const stopListening = whenAborted(signal, () => {
      watch.stop(interrupted());
    });
    let receivedBytes = 0;
    try {
      await this.#transfer(port, watch, (bytes) => (receivedBytes += bytes));
    } catch (error) {
      if (receivedBytes >= PROGRESS_BYTES) this.#failures.progressed(port.logicalLabel);
      await this.#part.flush();
      await this.#takeFailure(error, port, receivedBytes);
    } finally {
      stopListening();
      watch.end();
      endTurn();
    }
  }

  /**
   * Through a proxy that shows certificates of its own for the servers behind it, whom the configuration names, too.
   */
  #trustThrough(authorities: readonly string[]): SecureContext {
    if (authorities.length === 0) return this.#parts.trust;
    return trusting([...this.#request.source.certificateAuthorities, ...authorities]);
  }

  async #transfer(port: AuthorizedPort, watch: PermissionWatch, onBytes: (bytes: number) => void): Promise<void> {
    const { namespace, clock } = this.#parts;
    const { proxies } = port;
    const trust = this.#trustThrough(proxies?.certificateAuthorities ?? []);
    const { source, sha256, maxBytes, connectTimeoutMs, stallTimeoutMs } = this.#request;
    const [label, shown] = [port.logicalLabel, shownPort(port)];
    await transfer({
      ...{ source, trust, clock, maxBytes, connectTimeoutMs, stallTimeoutMs },
      uplink: { interfaceName: port.interface, namespace, dnsServers: port.dnsServers, proxies },
      part: this.#part,
      readBuffers: this.#readBuffers,
      rateLimit: this.#rateLimit,
      hasChecksum: sha256 !== undefined,
      signal: watch.signal,
      authorize: () => watch.authorize(),
      onAnew: (why, discardedBytes) => {
        this.#tell({ kind: 'anew', why, discardedBytes });
      },
      onBody: (isResumed) => {
        this.#toldWaiting = '';
        const { offset: fromBytes, sizeBytes } = this.#part;
        // A request without a range begins with nothing.
        this.#isResumed = isResumed;
        this.#tell({ kind: 'transferring', port: shown, fromBytes, sizeBytes });
      },
      onBytes: (bytes) => {
        onBytes(bytes);
        this.#waitedMs = 0;
        this.#portBytes.set(label, (this.#portBytes.get(label) ?? 0) + bytes);
        this.#tellProgress(shown);
      },
    });
  }

  async #takeFailure(error: unknown, port: AuthorizedPort, receivedBytes: number): Promise<void> {
    const [label, shown] = [port.logicalLabel, shownPort(port)];
    if (error instanceof PortFailure) {
      this.#tell({ kind: 'failed', port: shown, why: error.message, receivedBytes });
      this.#failures.failed(label, error);
      return;
    }
    if (!(error instanceof StoppedTransfer)) throw error;
    const { reason } = error;
    this.#tell({ kind: 'stopped', port: shown, reason, receivedBytes });
    switch (reason.kind) {
      case 'unconfirmed':
        await this.#untilConfirmed(label, reason.detail);
        break;
      case 'forbidden':
      case 'grant-ended':
        // The list that says so may not have come yet.
        this.#denied.set(label, { detail: reason.detail, list: this.#parts.permissions.latest });
        break;
      case 'port-lost':
      case 'better-port':
        break;
    }
  }

  /** NIM is away: nothing is sent before it says yes again. */
  async #untilConfirmed(label: string, detail: string): Promise<void> {
    const { permissions, signal } = this.#parts;
    for (;;) {
      if (signal.aborted) throw interrupted();
      try {
        await permissions.authorize(label);
        return;
      } catch (error) {
        await this.#wait('nim', `${detail} (${readRpcError(error).message})`, 1_000);
      }
    }
  }

  /** Every permitted port failed. @throws DownloadError where that is enough */
  async #endRound(ports: readonly AuthorizedPort[]): Promise<void> {
    const { waitMs, why, allRefused } = this.#failures.endRound(ports.map(({ logicalLabel }) => logicalLabel));
    if (allRefused || this.#failures.rounds >= this.#request.rounds) {
      throw new DownloadError(
        'unreachable',
        `The source cannot be fetched: ${why}. What has come is kept; ask again to go on`,
      );
    }
    await this.#wait('retry', `${why}; trying again in ${(waitMs / 1000).toFixed(0)} s`, waitMs);
  }

  /** Waits for a change of what is permitted. @throws DownloadError where that takes too long */
  async #wait(what: 'permission' | 'port' | 'nim' | 'retry', detail: string, forMs = NO_CHANGE_MS): Promise<void> {
    const { permissions, clock, signal } = this.#parts;
    const leftMs = this.#request.waitMs - this.#waitedMs;
    // Between rounds, the number of rounds is the limit.
    if (what !== 'retry' && leftMs <= 0) throw waitedEnough(what, detail);
    const text = `${what} ${detail}`;
    if (text !== this.#toldWaiting) this.#tell({ kind: 'waiting', for: what, detail });
    this.#toldWaiting = text;
    const begunMs = clock.monotonicMs();
    await permissions.changed(what === 'retry' ? forMs : Math.min(leftMs, forMs), signal);
    if (what !== 'retry') this.#waitedMs += clock.monotonicMs() - begunMs;
  }

  /**
   * @returns whether the file is the one that was asked for; where it is not, it may be fetched anew @throws
   * DownloadError
   */
  async #isRight(): Promise<boolean> {
    const { sha256 } = this.#request;
    await this.#part.flush();
    const found = await this.#part.digest();
    if (sha256 === undefined || found === sha256) return true;
    this.#wrongFiles += 1;
    const why = `its sha256 is ${found}, and ${sha256} was asked for`;
    const otherPorts = (this.#parts.permissions.latest?.ports ?? []).filter(
      ({ logicalLabel }) => !this.#portBytes.has(logicalLabel),
    );
    if (this.#wrongFiles >= MOST_WRONG_FILES || (!this.#isResumed && otherPorts.length === 0)) {
      throw new DownloadError('wrong-content', `The file is the wrong one: ${why}. It was thrown away`);
    }
    // Answered to a request for a part, which may have been done carelessly, or brought by one port that may lie: one
    // fresh request, over another port where there is one.
    if (otherPorts.length > 0)
      for (const label of this.#portBytes.keys()) this.#failures.failed(label, new PortFailure(why));
    this.#tell({ kind: 'anew', why, discardedBytes: this.#part.offset });
    await this.#part.restart();
    return false;
  }

  #tellProgress(port: PortShown): void {
    const nowMs = this.#parts.clock.monotonicMs();
    if (nowMs - this.#toldAtMs < TELL_EVERY_MS) return;
    this.#toldAtMs = nowMs;
    this.#tell({ kind: 'progress', port, receivedBytes: this.#part.offset, sizeBytes: this.#part.sizeBytes });
  }

  #tell(event: DownloadEvent): void {
    this.#parts.onEvent(event);
  }
}

function shownPort({ logicalLabel: label, priority, grantId }: AuthorizedPort): PortShown {
  return { label, priority, grantId: grantId === '' ? undefined : grantId };
}

function interrupted(): DownloadError {
  return new DownloadError(
    'interrupted',
    'Interrupted; what has come is kept. The same command goes on where this one stopped',
  );
}

function waitedEnough(what: 'permission' | 'port' | 'nim', detail: string): DownloadError {
  switch (what) {
    case 'permission':
      return new DownloadError('not-permitted', `Policy permits no port for this download: ${detail}`);
    case 'port':
      return new DownloadError('unreachable', `No permitted port has link, address and a default route: ${detail}`);
    case 'nim':
      return new DownloadError('no-service', `NIM does not say which ports are permitted: ${detail}`);
  }
}
