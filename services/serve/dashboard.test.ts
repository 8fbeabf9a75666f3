import { readFile } from 'node:fs/promises';

import { describe, expect, it } from '@jest/globals';
import * as promClient from 'prom-client';

import { VirtualClock } from '../../lib/clock/index.js';
import { Meters } from '../../lib/observability/index.js';
import { nimMetrics } from '../nim/metrics/index.js';
import { Publisher } from '../nim/publish/index.js';
import { CallErrors } from '../../lib/rpc/index.js';
import { zedagentMetrics } from '../zedagent/metrics/metrics.js';
import { zedrouterMetrics } from '../zedrouter/metrics/metrics.js';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}

interface Dashboard {
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
  readonly panels: readonly Panel[];
}

async function readDashboard(): Promise<Dashboard> {
  const url = new URL('../../deploy/grafana/eve-uplink.json', import.meta.url);
  return JSON.parse(await readFile(url, 'utf8')) as Dashboard;
}

function expressionsOf({ panels, annotations }: Dashboard): readonly string[] {
  return [...panels.flatMap(({ targets = [] }) => targets), ...annotations.list].map(({ expr }) => expr);
}

/** The metrics that an expression names, without what a histogram adds to its name. */
function metricsIn(expressions: readonly string[]): ReadonlySet<string> {
  const names = expressions.flatMap((expression) => expression.match(/\beve_uplink_[a-z_]+/g) ?? []);
  return new Set(names.map((name) => name.replace(/_seconds_(bucket|sum|count)$/, '_seconds')));
}

/** Everything of ours that a process with all services offers, by name. */
function offered(): ReadonlyMap<string, readonly string[]> {
  const registry = new promClient.Registry();
  const meters = new Meters(promClient, registry);
  nimMetrics(meters, { publisher: new Publisher(new VirtualClock()), readTraffic: () => undefined });
  zedrouterMetrics(
    meters,
    () => [],
    () => [],
  );
  zedagentMetrics(
    meters,
    () => {
      throw new Error('not read here');
    },
    () => ({ wallMs: 0, boottimeMs: 0, bootId: '' }),
  );
  new CallErrors(meters);
  return new Map(
    registry
      .getMetricsAsArray()
      .map((metric) => [metric.name, (metric as unknown as { labelNames: readonly string[] }).labelNames]),
  );
}

describe('the Grafana dashboard', () => {
  it('names only metrics that we offer, and leaves none of them out', async () => {
    const named = metricsIn(expressionsOf(await readDashboard()));
    expect([...named].sort()).toEqual([...offered().keys()].sort());
  });

  it('groups and selects by labels that its metrics have', async () => {
    const labels = offered();
    for (const expression of expressionsOf(await readDashboard())) {
      for (const [, name = '', selector = ''] of expression.matchAll(/\b(eve_uplink_[a-z_]+)\{([^}]*)\}/g)) {
        const known = labels.get(name.replace(/_seconds_(bucket|sum|count)$/, '_seconds'));
        const selected = [...selector.matchAll(/([a-z_]+)(?:=~|!=|!~|=)/g)].map(([, label = '']) => label);
        expect(['instance', ...(known ?? [])]).toEqual(expect.arrayContaining(selected));
      }
      for (const [, list = ''] of expression.matchAll(/\bby \(([^)]*)\)/g)) {
        const all = new Set([
          'instance',
          'le',
          ...[...metricsIn([expression])].flatMap((name) => labels.get(name) ?? []),
        ]);
        for (const label of list.split(',')) expect(all).toContain(label.trim());
      }
    }
  });

  it('takes its data source from a variable, and lays its panels side by side', async () => {
    const dashboard = await readDashboard();
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36);
    expect(dashboard.templating.list).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'datasource', type: 'datasource' })]),
    );
    for (const { targets = [] } of dashboard.panels) {
      for (const { datasource } of targets) expect(datasource.uid).toBe('${datasource}');
    }
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(dashboard.panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  it('has names with units: what counts up ends in _total, times are in seconds', () => {
    const names = [...offered().keys()];
    expect(names.length).toBeGreaterThan(25);
    for (const name of names) expect(name).toMatch(/^eve_uplink_[a-z_]+[a-z]$/);
    expect(names.filter((name) => /_(ms|milliseconds|kb|mb)$/.test(name))).toEqual([]);
  });
});
