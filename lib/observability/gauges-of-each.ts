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

/**
 * What adds gauges of network instances. NIM's and zedrouter's carry the same labels, so that a query can join them.
 */
export function gaugesOfNetworkInstances<
  T extends { readonly displayName: string; readonly networkInstanceId: string },
>(meters: Meters, all: () => Iterable<T>): AddGaugeOfEach<T> {
  return gaugesOfEach(meters, {
    labelNames: ['network_instance', 'network_instance_id'],
    all,
    labelsOf: ({ displayName, networkInstanceId }) => ({
      network_instance: displayName,
      network_instance_id: networkInstanceId,
    }),
  });
}

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
