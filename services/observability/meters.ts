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
 * Where services say what can be measured of them. What is so now is read when somebody scrapes: it costs nothing in between, and
 * the series of a port or a network instance go with it.
 */
export class Meters {
  readonly #client: typeof PromClient;
  readonly #registry: Registry;

  constructor(client: typeof PromClient, registry: Registry) {
    this.#client = client;
    this.#registry = registry;
  }

  /** What is so now. `read` is called for each scrape; a series that it leaves out is gone. */
  gauge(description: MeterDescription, labelNames: readonly string[], read: () => Iterable<Sample>): void {
    const gauge = new this.#client.Gauge({
      ...description,
      labelNames: [...labelNames],
      registers: [this.#registry],
      collect: () => {
        gauge.reset();
        // Without labels, a reset leaves a series of 0.
        gauge.remove({});
        for (const { labels = {}, value } of read()) gauge.set({ ...labels }, value);
      },
    });
  }

  /** What has been counted by now, by whoever counts it. `read` is called for each scrape; a series that it leaves out is gone. */
  counter(description: MeterDescription, labelNames: readonly string[], read: () => Iterable<Sample>): void {
    const counter = new this.#client.Counter({
      ...description,
      labelNames: [...labelNames],
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        counter.remove({});
        for (const { labels = {}, value } of read()) counter.inc({ ...labels }, value);
      },
    });
  }

  /** How long something takes: a histogram in seconds, its buckets up to the given milliseconds. */
  duration(description: MeterDescription, labelNames: readonly string[], bucketsMs: readonly number[]): DurationMeter {
    const histogram = new this.#client.Histogram({
      ...description,
      labelNames: [...labelNames],
      buckets: bucketsMs.map(seconds),
      registers: [this.#registry],
    });
    return {
      observe: (labels, durationMs) => {
        histogram.observe({ ...labels }, seconds(durationMs));
      },
    };
  }
}

/** Prometheus counts in seconds. */
export function seconds(ms: number): number {
  return ms / 1_000;
}
