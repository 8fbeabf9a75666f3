import { outageIn, type Outage } from './outage.js';

/** What tests of a port had taken, and in which month. */
export interface SpentBytes {
  readonly monthBeganMs: number;
  readonly spentBytes: number;
}

/** Up to where was counted. */
export interface AvailabilityState {
  /** By logical label. */
  readonly spent: ReadonlyMap<string, SpentBytes>;
  /** Outages that have not ended. */
  readonly lasting: readonly Outage[];
}

/** As JSON, which `availabilityStateIn` reads. */
export function availabilityStateJson({ spent, lasting }: AvailabilityState): unknown {
  return { spent: [...spent].map(([label, each]) => [label, each.monthBeganMs, each.spentBytes]), lasting };
}

/** Undefined where it is none. */
export function availabilityStateIn(json: unknown): AvailabilityState | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const [spent, lasting] = ['spent', 'lasting'].map((name): unknown => Reflect.get(json, name));
  if (!Array.isArray(spent) || !Array.isArray(lasting)) return undefined;
  return {
    spent: new Map(
      spent.flatMap((entry): (readonly [string, SpentBytes])[] => {
        const [label, monthBeganMs, spentBytes] = Array.isArray(entry) ? (entry as unknown[]) : [];
        if (typeof label !== 'string' || typeof monthBeganMs !== 'number' || typeof spentBytes !== 'number') return [];
        return [[label, { monthBeganMs, spentBytes }]];
      }),
    ),
    lasting: lasting.flatMap((each) => {
      const outage = outageIn(each);
      return outage === undefined ? [] : [outage];
    }),
  };
}
