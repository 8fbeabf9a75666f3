import type * as PromClient from 'prom-client';
import type { Registry } from 'prom-client';

/** A name with its unit, and what it says. */
export interface MeterDescription {
  readonly name: string;
  readonly help: string;
}

/** One series of a meter as it is now. Without labels there is one series only. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What may be measured over and over: how long something took, in seconds. */
export interface DurationMeter {
  observe(labels: Readonly<Record<string, string>>, durationMs: number): void;
}

/**
 * Where services say what can be measured of them. What is so now is read when somebody scrapes: it costs nothing in
 * between, and the series of a port or a network instance go with it.
 */
export class Meters {
  readonly #client: typeof PromClient;
  readonly #registry: Registry;
  #scrapes = 0;

  constructor(client: typeof PromClient, registry: Registry) {
    this.#client = client;
    this.#registry = registry;
  }

  /** What is so now. `read` is called for each scrape; a series that it leaves out is gone. */
  gauge(description: MeterDescription, labelNames: readonly string[], read: () => Iterable<Sample>): void {
    const gauge = new this.#client.Gauge({
      ...this.#configuration(description, labelNames),
      collect: () => {
        replaceSeries(gauge, read(), (labels, value) => {
          gauge.set(labels, value);
        });
      },
    });
  }

  /**
   * What has been counted by now, by whoever counts it. `read` is called for each scrape; a series that it leaves out
   * is gone.
   */
  counter(description: MeterDescription, labelNames: readonly string[], read: () => Iterable<Sample>): void {
    const counter = new this.#client.Counter({
      ...this.#configuration(description, labelNames),
      collect: () => {
        replaceSeries(counter, read(), (labels, value) => {
          counter.inc(labels, value);
        });
      },
    });
  }

  /** How long something takes: a histogram in seconds, its buckets up to the given milliseconds. */
  duration(description: MeterDescription, labelNames: readonly string[], bucketsMs: readonly number[]): DurationMeter {
    const histogram = new this.#client.Histogram({
      ...this.#configuration(description, labelNames),
      buckets: bucketsMs.map(seconds),
    });
    return {
      observe: (labels, durationMs) => {
        histogram.observe({ ...labels }, seconds(durationMs));
      },
    };
  }

  /** The same value for all the meters of one scrape, which `read` is asked for once. */
  oncePerScrape<T>(read: () => T): () => T {
    let known: { readonly scrape: number; readonly value: T } | undefined;
    return () => {
      if (known?.scrape !== this.#scrapes) known = { scrape: this.#scrapes, value: read() };
      return known.value;
    };
  }

  /**
   * All meters as Prometheus reads them. One after the other: with 500 network instances they take some 60 ms, which
   * nothing that is urgent shall have to wait for.
   */
  async text(): Promise<string> {
    this.#scrapes += 1;
    const parts: string[] = [];
    for (const { name } of this.#registry.getMetricsAsArray()) {
      await new Promise((resolve) => setImmediate(resolve));
      parts.push(await this.#registry.getSingleMetricAsString(name));
    }
    return `${parts.join('\n\n')}\n`;
  }

  #configuration(description: MeterDescription, labelNames: readonly string[]) {
    return { ...description, labelNames: [...labelNames], registers: [this.#registry] };
  }
}

interface SeriesHolder {
  reset(): void;
  remove(labels: Record<string, string>): void;
}

function replaceSeries(
  holder: SeriesHolder,
  samples: Iterable<Sample>,
  put: (labels: Record<string, string>, value: number) => void,
): void {
  holder.reset();
  // Without labels, a reset leaves a series of 0.
  holder.remove({});
  for (const { labels = {}, value } of samples) put({ ...labels }, value);
}

/** Prometheus counts in seconds. */
export function seconds(ms: number): number {
  return ms / 1_000;
}
