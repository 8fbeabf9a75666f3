import type { Count, PortCounter, UsageState } from './usage.js';

type JsonCount = readonly [bytes: number, packets: number];

/** As JSON, which `usageStateIn` reads. */
export function usageStateJson({ appsLife, apps, ports }: UsageState): unknown {
  const count = ({ bytes, packets }: Count): JsonCount => [bytes, packets];
  return {
    ...(appsLife === undefined ? {} : { appsLife }),
    apps: [...apps].map(([key, one]) => [key, one.bytes, one.packets, one.series]),
    ports: [...ports].map(([label, { life, up, down }]) => [label, life, ...count(up), ...count(down)]),
  };
}

/** Undefined where it is none. */
export function usageStateIn(json: unknown): UsageState | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const [appsLife, apps, ports] = ['appsLife', 'apps', 'ports'].map((name): unknown => Reflect.get(json, name));
  if (!Array.isArray(apps) || !Array.isArray(ports)) return undefined;
  if (appsLife !== undefined && typeof appsLife !== 'string') return undefined;
  const knownApps = apps.flatMap((entry): (readonly [string, Count & { series: string }])[] => {
    const [key, bytes, packets, series] = listOf(entry);
    const isOne = typeof key === 'string' && isCount(bytes) && isCount(packets) && typeof series === 'string';
    return isOne ? [[key, { bytes, packets, series }]] : [];
  });
  const knownPorts = ports.flatMap((entry): (readonly [string, PortCounter])[] => {
    const [label, life, ...counts] = listOf(entry);
    const [upBytes, upPackets, downBytes, downPackets] = counts.filter(isCount);
    if (typeof label !== 'string' || typeof life !== 'string' || upBytes === undefined) return [];
    if (upPackets === undefined || downBytes === undefined || downPackets === undefined) return [];
    const up = { bytes: upBytes, packets: upPackets };
    return [[label, { life, up, down: { bytes: downBytes, packets: downPackets } }]];
  });
  return { appsLife, apps: new Map(knownApps), ports: new Map(knownPorts) };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
