import { Client, credentials, Metadata, status, type ClientReadableStream, type ServiceError } from '@grpc/grpc-js';

import { monotonicMs, waitUntil } from '../../lab/index.js';

const SUBSCRIBERS = 1_000;
/** A subscriber is a process with a connection of its own; so many processes do not fit here, so some share one. */
const CONNECTIONS = 20;

/** What a stream is opened with; bytes come out as they are, so that reading them costs both sides the same. */
export interface Subscription {
  readonly address: string;
  readonly path: string;
  readonly request: Buffer;
  /** A stream tells its state at once, or nothing. */
  readonly beginsWithState: boolean;
}

interface Received {
  readonly bytes: Buffer;
  readonly atMs: number;
}

/** A thousand subscribers of one stream. */
export class FanOut {
  readonly #clients: readonly Client[];
  readonly #streams: ClientReadableStream<Buffer>[] = [];
  /** By subscriber, since the last change. */
  readonly #received: Received[][] = [];
  #connected = 0;

  private constructor(address: string) {
    // A pool of its own for each, or all clients would share one connection.
    const options = { 'grpc.use_local_subchannel_pool': 1 };
    this.#clients = Array.from(
      { length: CONNECTIONS },
      () => new Client(address, credentials.createInsecure(), options),
    );
  }

  /** Subscribes, and waits until every stream is open and has told its state. */
  static async open(subscription: Subscription): Promise<FanOut> {
    const fanOut = new FanOut(subscription.address);
    for (let index = 0; index < SUBSCRIBERS; index += 1) fanOut.#subscribe(subscription, index);
    const open = (): boolean =>
      fanOut.#connected === SUBSCRIBERS &&
      (!subscription.beginsWithState || fanOut.#received.every((messages) => messages.length > 0));
    if (!(await waitUntil(open, { timeoutMs: 30_000, everyMs: 20 }))) throw new Error('not all streams opened');
    return fanOut;
  }

  /**
   * Causes a change and waits until every subscriber has the bytes that mean it: milliseconds until the first and the
   * last had them.
   */
  async spread(
    change: () => Promise<number>,
    means: (bytes: Buffer) => boolean,
  ): Promise<{ readonly firstMs: number; readonly lastMs: number; readonly bytes: number }> {
    for (const messages of this.#received) messages.length = 0;
    const changedMs = await change();
    // The same bytes mean the same, and reading them costs more than receiving them: it waits until all have come.
    const known = new Map<string, boolean>();
    const isIt = ({ bytes }: Received): boolean => {
      const text = bytes.toString('latin1');
      const answer = known.get(text) ?? means(bytes);
      known.set(text, answer);
      return answer;
    };
    const everybody = (has: (messages: readonly Received[]) => boolean): Promise<boolean> =>
      waitUntil(() => this.#received.every(has), { timeoutMs: 10_000, everyMs: 20 });
    if (
      !(await everybody((messages) => messages.length > 0)) ||
      !(await everybody((messages) => messages.some(isIt)))
    ) {
      throw new Error('not all subscribers have seen the change');
    }
    const seen = this.#received.flatMap((messages) => messages.find(isIt) ?? []);
    const times = seen.map(({ atMs }) => atMs - changedMs);
    return { firstMs: Math.min(...times), lastMs: Math.max(...times), bytes: seen[0]?.bytes.length ?? 0 };
  }

  close(): void {
    for (const stream of this.#streams) stream.cancel();
    for (const client of this.#clients) client.close();
  }

  #subscribe({ path, request }: Subscription, index: number): void {
    const client = this.#clients[index % CONNECTIONS];
    const messages: Received[] = [];
    this.#received.push(messages);
    const stream = client?.makeServerStreamRequest(
      path,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      request,
      new Metadata(),
    );
    if (stream === undefined) return;
    stream.on('metadata', () => {
      this.#connected += 1;
    });
    stream.on('data', (bytes: Buffer) => {
      messages.push({ bytes, atMs: monotonicMs() });
    });
    stream.on('error', (error: ServiceError) => {
      if (error.code !== status.CANCELLED) throw error;
    });
    this.#streams.push(stream);
  }
}
