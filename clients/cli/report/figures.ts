import type { PortTariff } from '../../../gen/config/devmodel.js';
import type { AvailabilityPeriod, Outage } from '../../../gen/nim/v1/availability.js';
import type { SelectionCause } from '../../../gen/nim/v1/network_instance_test_status.js';
import type { TrafficCount, UsagePeriod } from '../../../gen/zedrouter/v1/usage.js';
import { durationInMs } from '../../../lib/configuration/index.js';
import { millisecondsOf } from '../../render/time.js';
import { costOf, type Carried } from './cost.js';

/** What a report is made of: what the services have kept. */
export interface ReportSources {
  /** Of the report, in milliseconds of the wall clock. */
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly availability: readonly AvailabilityPeriod[];
  readonly outages: readonly Outage[];
  /** From the beginning of the bills' months on that the report is in. */
  readonly usage: readonly UsagePeriod[];
  /** By logical label. */
  readonly tariffs: ReadonlyMap<string, PortTariff>;
}

/** Bytes from the IP header on, and packets. */
export interface Traffic {
  readonly upBytes: number;
  readonly upPackets: number;
  readonly downBytes: number;
  readonly downPackets: number;
}

export interface Cost {
  readonly amount: number;
  readonly currency: string;
}

export interface Downtime {
  readonly outages: number;
  readonly longestMs: number;
  /** Undefined: there was none. */
  readonly slowestDetectionMs: number | undefined;
}

export interface PortFigures extends Traffic, Downtime {
  readonly port: string;
  /** 0 to 1, of the time that is known; undefined: nothing is known. */
  readonly availability: number | undefined;
  readonly knownMs: number;
  readonly testBytes: number;
  /** Undefined: it has no tariff. */
  readonly cost: Cost | undefined;
}

export interface InstanceFigures extends Downtime {
  readonly id: string;
  readonly name: string;
  readonly availability: number | undefined;
  readonly knownMs: number;
  /** Share of the known time on ports of each priority, best first. */
  readonly priorities: readonly { readonly priority: number; readonly share: number }[];
  /** Moves by cause, the most frequent first. */
  readonly moves: readonly { readonly cause: SelectionCause; readonly count: number }[];
}

export interface TrafficFigures extends Traffic {
  readonly networkInstance: string;
  /** Empty: the network instance's tunnel, or nobody knows any more. */
  readonly app: string;
  readonly port: string;
  /** The port's cost by the share of its bytes; undefined: the port has no tariff. */
  readonly cost: Cost | undefined;
}

export interface ReportFigures {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly ports: readonly PortFigures[];
  readonly networkInstances: readonly InstanceFigures[];
  readonly traffic: readonly TrafficFigures[];
}

/** The figures of a report: pure. */
export function reportFigures(sources: ReportSources): ReportFigures {
  const { sinceMs, untilMs } = sources;
  const ports = portFigures(sources);
  return {
    ...{ sinceMs, untilMs, ports },
    networkInstances: instanceFigures(sources),
    traffic: trafficFigures(sources, new Map(ports.map((each) => [each.port, each]))),
  };
}

function portFigures(sources: ReportSources): readonly PortFigures[] {
  const { sinceMs, availability, outages, usage, tariffs } = sources;
  const times = new Map<string, { goodMs: number; badMs: number; testBytes: number }>();
  for (const { ports } of availability) {
    for (const { logicalLabel, working, untested, failing, unusable, testBytes } of ports) {
      const sums = times.get(logicalLabel) ?? { goodMs: 0, badMs: 0, testBytes: 0 };
      sums.goodMs += durationInMs(working) + durationInMs(untested);
      sums.badMs += durationInMs(failing) + durationInMs(unusable);
      sums.testBytes += Number(testBytes);
      times.set(logicalLabel, sums);
    }
  }
  const carried = new Map<string, Carried[]>();
  const traffic = new Map<string, Traffic>();
  for (const { begin, ports } of usage) {
    const beginMs = begin === undefined ? 0 : millisecondsOf(begin);
    for (const { logicalLabel, up, down } of ports) {
      const before = carried.get(logicalLabel) ?? [];
      before.push({ beginMs, bytes: Number(up?.bytes ?? 0n) + Number(down?.bytes ?? 0n) });
      carried.set(logicalLabel, before);
      if (beginMs >= sinceMs) traffic.set(logicalLabel, added(traffic.get(logicalLabel), up, down));
    }
  }
  return [...new Set([...times.keys(), ...traffic.keys()])].sort().map((port) => {
    const { goodMs = 0, badMs = 0, testBytes = 0 } = times.get(port) ?? {};
    const tariff = tariffs.get(port);
    const cost =
      tariff === undefined
        ? undefined
        : { amount: costOf(tariff, carried.get(port) ?? [], sinceMs), currency: tariff.currency };
    return {
      ...{ port, testBytes, cost, knownMs: goodMs + badMs, availability: shareOf(goodMs, goodMs + badMs) },
      ...(traffic.get(port) ?? NOTHING),
      ...downtimeOf(
        sources,
        outages.filter(({ subject }) => subject?.$case === 'port' && subject.value === port),
      ),
    };
  });
}

function instanceFigures(sources: ReportSources): readonly InstanceFigures[] {
  const { availability, outages } = sources;
  const all = new Map<string, MutableInstance>();
  for (const { networkInstances } of availability) {
    for (const each of networkInstances) {
      const sums = all.get(each.networkInstanceId) ?? {
        ...{ name: '', goodMs: 0, badMs: 0 },
        priorities: new Map<number, number>(),
        moves: new Map<SelectionCause, number>(),
      };
      all.set(each.networkInstanceId, sums);
      if (each.displayName !== '') sums.name = each.displayName;
      sums.goodMs += durationInMs(each.online);
      sums.badMs += durationInMs(each.failing) + durationInMs(each.withoutPort);
      for (const { priority, selected } of each.ports) {
        sums.priorities.set(priority, (sums.priorities.get(priority) ?? 0) + durationInMs(selected));
      }
      for (const { cause, count } of each.causes) sums.moves.set(cause, (sums.moves.get(cause) ?? 0) + count);
    }
  }
  return [...all]
    .map(([id, { name, goodMs, badMs, priorities, moves }]) => {
      const knownMs = goodMs + badMs;
      const own = outages.filter(({ subject }) => subject?.$case === 'networkInstance' && subject.value === id);
      return {
        ...{ id, name: name === '' ? id : name, knownMs, availability: shareOf(goodMs, knownMs) },
        priorities: [...priorities]
          .sort(([a], [b]) => a - b)
          .map(([priority, ms]) => ({ priority, share: shareOf(ms, knownMs) ?? 0 })),
        moves: [...moves].sort(([, a], [, b]) => b - a).map(([cause, count]) => ({ cause, count })),
        ...downtimeOf(sources, own),
      };
    })
    .sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

interface MutableInstance {
  name: string;
  goodMs: number;
  badMs: number;
  readonly priorities: Map<number, number>;
  readonly moves: Map<SelectionCause, number>;
}

function trafficFigures(
  { sinceMs, usage }: ReportSources,
  ports: ReadonlyMap<string, PortFigures>,
): readonly TrafficFigures[] {
  const rows = new Map<string, Omit<TrafficFigures, 'cost'>>();
  for (const { begin, apps } of usage) {
    if (begin !== undefined && millisecondsOf(begin) < sinceMs) continue;
    for (const { port, networkInstanceId, networkInstanceName, appId, appName, up, down } of apps) {
      const key = JSON.stringify([networkInstanceId, appId, port]);
      const names = { networkInstance: networkInstanceName, app: appName, port };
      rows.set(key, { ...names, ...added(rows.get(key), up, down) });
    }
  }
  const bytes = ({ upBytes, downBytes }: Traffic): number => upBytes + downBytes;
  return [...rows.values()]
    .map((row) => {
      const port = ports.get(row.port);
      const share = port === undefined ? 0 : Math.min(1, shareOf(bytes(row), bytes(port)) ?? 0);
      return {
        ...row,
        cost: port?.cost === undefined ? undefined : { ...port.cost, amount: port.cost.amount * share },
      };
    })
    .sort((a, b) => bytes(b) - bytes(a));
}

const NOTHING: Traffic = { upBytes: 0, upPackets: 0, downBytes: 0, downPackets: 0 };

function added(before: Traffic = NOTHING, up: TrafficCount | undefined, down: TrafficCount | undefined): Traffic {
  return {
    upBytes: before.upBytes + Number(up?.bytes ?? 0n),
    upPackets: before.upPackets + Number(up?.packets ?? 0n),
    downBytes: before.downBytes + Number(down?.bytes ?? 0n),
    downPackets: before.downPackets + Number(down?.packets ?? 0n),
  };
}

/** Outages as far as they are within the report. */
function downtimeOf({ sinceMs, untilMs }: ReportSources, outages: readonly Outage[]): Downtime {
  const lengths = outages.map(({ begin, end }) => {
    const from = Math.max(begin === undefined ? sinceMs : millisecondsOf(begin), sinceMs);
    const to = Math.min(end === undefined ? untilMs : millisecondsOf(end), untilMs);
    return Math.max(0, to - from);
  });
  const detections = outages.flatMap(({ detection }) => (detection === undefined ? [] : [durationInMs(detection)]));
  return {
    outages: outages.length,
    longestMs: Math.max(0, ...lengths),
    slowestDetectionMs: detections.length === 0 ? undefined : Math.max(...detections),
  };
}

function shareOf(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : part / whole;
}
