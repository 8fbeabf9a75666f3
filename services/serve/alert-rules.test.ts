import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

const FILE = 'deploy/prometheus/eve-uplink.rules.yml';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const { groups } = parse(readFileSync(FILE, 'utf8')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);

/** Where Debian's package `prometheus` is installed. */
const HAS_PROMTOOL = spawnSync('promtool', ['--version']).status === 0;

describe('the alert rules', () => {
  it('ask for metrics that there are', () => {
    const known = new Set(readFileSync('docs/operation.md', 'utf8').match(/(?<=^\| `)eve_uplink_\w+/gm));
    const named = rules.flatMap(({ expr }) => expr.match(/eve_uplink_\w+/g) ?? []);
    expect(named.length).toBeGreaterThanOrEqual(rules.length);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it('have a name of their own, and say what to do', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { annotations } of rules) {
      expect(annotations).toEqual({ summary: expect.any(String), description: expect.any(String) });
    }
  });

  (HAS_PROMTOOL ? it : it.skip)('are right by promtool', () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', FILE], { encoding: 'utf8' });
    expect({ status, said: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, said: '' });
  });
});
