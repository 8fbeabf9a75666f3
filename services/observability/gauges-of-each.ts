import type { Meters, Sample } from './meters.js';

/** Things of one kind, such as ports, each with labels that tell it from the others. */
export interface Subjects<T> {
  readonly labelNames: readonly string[];
  /** Those that there are now. */
  readonly all: () => Iterable<T>;
  readonly labelsOf: (subject: T) => Readonly<Record<string, string>>;
}

/** Adds a gauge of each subject: `read` says what is so of one, with the labels in `more` beside its own. */
export type AddGaugeOfEach<T> = (
  name: string,
  help: string,
  more: readonly string[],
  read: (subject: T) => readonly Sample[],
) => void;

/** What adds gauges of these subjects. */
export function gaugesOfEach<T>(meters: Meters, { labelNames, all, labelsOf }: Subjects<T>): AddGaugeOfEach<T> {
  return (name, help, more, read) => {
    meters.gauge({ name, help }, [...labelNames, ...more], () =>
      Array.from(all()).flatMap((subject) =>
        read(subject).map(({ labels, value }) => ({ labels: { ...labelsOf(subject), ...labels }, value })),
      ),
    );
  };
}
