import { watch, type FSWatcher } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { isIP, isIPv4 } from 'node:net';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { isInterfaceName } from '../../../lib/configuration/index.js';
import type { Logger } from '../../../lib/observability/index.js';

/** A resolv.conf of a DHCP client has some hundred bytes; a file of another size is not one. */
const LONGEST_FILE_BYTES = 16 * 1024;

/** glibc takes three (resolv.conf(5)); some leases name more. */
const MOST_SERVERS = 8;

/** What a lease names. */
export interface ServersOfLease {
  readonly nameServers: readonly string[];
  /** Time servers, IPv4 (DHCP option 42). */
  readonly ntpServers: readonly string[];
}

const NO_SERVERS: ServersOfLease = { nameServers: [], ntpServers: [] };

/**
 * The servers in a file of resolv.conf syntax with lines `ntp ADDRESS` beside, in order, each once; what is no address
 * is left out.
 */
export function serversIn(text: string): ServersOfLease {
  const lines = text.split('\n');
  const named = (pattern: RegExp, isAddress: (server: string) => boolean): readonly string[] =>
    [...new Set(lines.map((line) => pattern.exec(line)?.[1] ?? '').filter(isAddress))].slice(0, MOST_SERVERS);
  return {
    nameServers: named(/^\s*nameserver\s+([^\s#;]+)/, (server) => isIP(server) !== 0),
    ntpServers: named(/^\s*ntp\s+([^\s#;]+)/, (server) => isIPv4(server)),
  };
}

/**
 * Name servers and time servers of the DHCP leases, from `DIRECTORY/INTERFACE`, which the DHCP client's hook writes.
 * They are kept in memory, so a reading of the kernel never waits for a disk; the directory is watched. The name
 * servers go with the lease. The time servers stay until another lease names others: apps were told of them, and
 * telling them anew in the midst of a failover would help nobody.
 */
export class LeaseServers {
  readonly #directory: string;
  readonly #logger: Logger;
  readonly #onChange: () => void;
  readonly #servers = new Map<string, ServersOfLease>();
  readonly #turns = new Map<string, number>();
  #interfaceNames: ReadonlySet<string> = new Set();
  #watching: { readonly watcher: FSWatcher; readonly identity: string } | undefined;
  #closed = false;

  constructor(options: { readonly directory: string; readonly logger: Logger; readonly onChange: () => void }) {
    this.#directory = options.directory;
    this.#logger = options.logger;
    this.#onChange = options.onChange;
  }

  /** Of an interface; none where there has been no lease. */
  of(interfaceName: string): ServersOfLease {
    return this.#servers.get(interfaceName) ?? NO_SERVERS;
  }

  /** Whose files to read from now on. */
  follow(interfaceNames: Iterable<string>): void {
    this.#interfaceNames = new Set([...interfaceNames].filter(isInterfaceName));
  }

  /** Reads all files anew, and sees to it that the directory is there and watched. Never fails. */
  async refresh(): Promise<void> {
    try {
      await this.#watch();
    } catch (error) {
      this.#logger.warn(
        { event: 'lease-watch-failed', err: error, directory: this.#directory },
        'cannot watch the name servers of DHCP leases',
      );
    }
    await Promise.all([...this.#interfaceNames].map((name) => this.#read(name)));
  }

  close(): void {
    this.#closed = true;
    this.#stopWatching();
  }

  async #watch(): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    const { ino, birthtimeMs } = await stat(this.#directory);
    const identity = `${ino} ${birthtimeMs}`;
    if (this.#closed || this.#watching?.identity === identity) return;
    this.#stopWatching();
    const watcher = watch(this.#directory, { persistent: false }, (_event, fileName) => {
      this.#onEvent(fileName ?? undefined);
    });
    watcher.on('error', (error) => {
      this.#logger.warn(
        { event: 'lease-watch-failed', err: error, directory: this.#directory },
        'lost the watch on the name servers of DHCP leases',
      );
      this.#stopWatching();
    });
    this.#watching = { watcher, identity };
  }

  #stopWatching(): void {
    this.#watching?.watcher.close();
    this.#watching = undefined;
  }

  #onEvent(fileName: string | undefined): void {
    // The directory itself was moved or removed: one made in its place is another one, and this watch is deaf to it.
    if (fileName === basename(this.#directory)) this.#stopWatching();
    for (const name of fileName === undefined ? this.#interfaceNames : [fileName]) {
      if (this.#interfaceNames.has(name)) void this.#read(name);
    }
  }

  /** Reads one file; of several readings of it only the one begun last counts. Never fails. */
  async #read(interfaceName: string): Promise<void> {
    const turn = (this.#turns.get(interfaceName) ?? 0) + 1;
    this.#turns.set(interfaceName, turn);
    try {
      const content = await this.#contentOf(interfaceName);
      if (this.#closed || this.#turns.get(interfaceName) !== turn) return;
      const before = this.of(interfaceName);
      const named = serversIn(content);
      const now = content === '' ? { ...named, ntpServers: before.ntpServers } : named;
      if (isDeepStrictEqual(before, now)) return;
      this.#servers.set(interfaceName, now);
      this.#onChange();
    } catch (error) {
      this.#logger.warn(
        { event: 'lease-unreadable', err: error, interface: interfaceName },
        'cannot read the name servers of a DHCP lease',
      );
    }
  }

  async #contentOf(interfaceName: string): Promise<string> {
    try {
      const file = await open(join(this.#directory, interfaceName), 'r');
      try {
        const buffer = Buffer.alloc(LONGEST_FILE_BYTES);
        const { bytesRead } = await file.read(buffer, 0, LONGEST_FILE_BYTES, 0);
        return buffer.toString('utf8', 0, bytesRead);
      } finally {
        await file.close();
      }
    } catch (error) {
      if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return '';
      throw error;
    }
  }
}
