import { seriesName, seriesParts, sum, type Counts } from '../../../lib/history/index.js';

/**
 * What apps and ports have sent and received, made of readings of counters that only grow: pure. A counter belongs to a
 * life: the kernel's boot and, of apps, the nft table; of ports, the link. In the same life what it has grown by was
 * sent since; in a new one, all that it says.
 */

/** Counted since a counter began. */
export interface Count {
  readonly bytes: number;
  readonly packets: number;
}

export type Direction = 'up' | 'down';

/** What the nft table has counted of one app's address over one port's interface. */
export interface AppCounter extends Count {
  readonly direction: Direction;
  /** The bridge of the network instance. */
  readonly bridge: string;
  readonly interfaceName: string;
  /** Empty: what the tunnel of a network instance sends outside, and receives. */
  readonly address: string;
}

/** What a port's link has counted. */
export interface PortCounter {
  /** Which boot, and which link. */
  readonly life: string;
  readonly up: Count;
  readonly down: Count;
}

export interface UsageReading {
  /** Which boot, and which nft table; undefined: there is none. */
  readonly appsLife: string | undefined;
  readonly apps: readonly AppCounter[];
  /** By logical label. */
  readonly ports: ReadonlyMap<string, PortCounter>;
}

/** Whose traffic a counter counts. */
export interface Owner {
  readonly networkInstanceId: string;
  readonly networkInstanceName: string;
  /** Empty: of the network instance as a whole. */
  readonly appId: string;
  readonly appName: string;
}

/** What names mean now. */
export interface Names {
  /** Logical labels by interface. */
  readonly portLabels: ReadonlyMap<string, string>;
  /** Undefined: not known (any more). */
  readonly ownerOf: (bridge: string, address: string) => Owner | undefined;
}

/** Up to where was counted. */
export interface UsageState {
  readonly appsLife: string | undefined;
  /** By `counterKey`: what the counter said, and in which series it counted. */
  readonly apps: ReadonlyMap<string, Count & { readonly series: string }>;
  readonly ports: ReadonlyMap<string, PortCounter>;
}

const APP = 'app';
const PORT = 'port';

export type UsageSeries =
  { readonly kind: 'port'; readonly port: string } | ({ readonly kind: 'app'; readonly port: string } & Owner);

/**
 * The series of what was sent and received over a port, and by whom. Counts: bytes up, packets up, bytes down, packets
 * down.
 */
export function usageSeries(series: UsageSeries): string {
  if (series.kind === 'port') return seriesName(PORT, series.port);
  const { port, networkInstanceId, networkInstanceName, appId, appName } = series;
  return seriesName(APP, port, networkInstanceId, networkInstanceName, appId, appName);
}

/** Undefined: it is none of ours. */
export function usageSeriesOf(name: string): UsageSeries | undefined {
  const [kind, port = '', ...owner] = seriesParts(name);
  if (kind === PORT) return { kind, port };
  if (kind !== APP) return undefined;
  const [networkInstanceId = '', networkInstanceName = '', appId = '', appName = ''] = owner;
  return { kind, port, networkInstanceId, networkInstanceName, appId, appName };
}

const NOBODY: Owner = { networkInstanceId: '', networkInstanceName: '', appId: '', appName: '' };

/** What stands for series for which there is no room: those of the same port that nobody is named for. */
export function coarserSeries(name: string): string {
  const series = usageSeriesOf(name);
  return series?.kind === 'app' ? usageSeries({ kind: 'app', port: series.port, ...NOBODY }) : name;
}

/** What was sent and received since `before`, and up to where was counted now. */
export function usageSince(
  before: UsageState | undefined,
  reading: UsageReading,
  names: Names,
): { readonly counts: Counts; readonly state: UsageState } {
  const apps = appsSince(before, reading, names);
  const ports = [...reading.ports].map(([label, counter]): Counts => {
    const known = before?.ports.get(label);
    // What a link had carried before it was known as a port is nobody's.
    if (known === undefined) return new Map();
    const isSame = known.life === counter.life;
    const [up, down] = [
      growth(isSame ? known.up : undefined, counter.up),
      growth(isSame ? known.down : undefined, counter.down),
    ];
    return countsOf(usageSeries({ kind: 'port', port: label }), up, down);
  });
  return {
    counts: sum([...apps.counts, ...ports]),
    state: {
      ...apps.state,
      // A link that is away comes back as it was, or counts anew.
      ports: new Map([...(before?.ports ?? []), ...reading.ports]),
    },
  };
}

function appsSince(
  before: UsageState | undefined,
  { appsLife, apps }: UsageReading,
  names: Names,
): { readonly counts: readonly Counts[]; readonly state: Pick<UsageState, 'appsLife' | 'apps'> } {
  // Without a table there is nothing to count, and what was counted before is known.
  if (appsLife === undefined) {
    return { counts: [], state: { appsLife: before?.appsLife, apps: before?.apps ?? new Map() } };
  }
  const known = before?.appsLife === appsLife ? before.apps : undefined;
  const state = new Map<string, Count & { readonly series: string }>();
  const counts = apps.map((counter): Counts => {
    const key = counterKey(counter);
    const last = known?.get(key);
    const series = seriesOf(counter, names) ?? last?.series ?? unknownSeries(counter, names);
    state.set(key, { bytes: counter.bytes, packets: counter.packets, series });
    const grown = growth(last, counter);
    return counter.direction === 'up' ? countsOf(series, grown, NOTHING) : countsOf(series, NOTHING, grown);
  });
  return { counts, state: { appsLife, apps: state } };
}

const NOTHING: Count = { bytes: 0, packets: 0 };

function counterKey({ direction, bridge, interfaceName, address }: AppCounter): string {
  return `${direction} ${bridge} ${interfaceName} ${address}`;
}

function seriesOf({ bridge, interfaceName, address }: AppCounter, names: Names): string | undefined {
  const port = names.portLabels.get(interfaceName);
  const owner = names.ownerOf(bridge, address);
  return port === undefined || owner === undefined ? undefined : usageSeries({ kind: 'app', port, ...owner });
}

function unknownSeries({ interfaceName }: AppCounter, names: Names): string {
  return usageSeries({ kind: 'app', port: names.portLabels.get(interfaceName) ?? interfaceName, ...NOBODY });
}

/** A counter that has gone back began anew (an element that was deleted, a driver that was reset). */
function growth(before: Count | undefined, now: Count): Count {
  if (before === undefined || now.bytes < before.bytes || now.packets < before.packets) return now;
  return { bytes: now.bytes - before.bytes, packets: now.packets - before.packets };
}

function countsOf(series: string, up: Count, down: Count): Counts {
  const values = [up.bytes, up.packets, down.bytes, down.packets];
  return values.every((value) => value === 0) ? new Map() : new Map([[series, values]]);
}
