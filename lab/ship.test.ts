import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { EdgeDevConfig } from '../gen/config/devconfig.js';
import { configFromFileContent, interpret } from '../lib/configuration/index.js';
import { SHIP_FILE } from './demo/configuration.js';
import { packageRoot } from './package-root.js';
import { shipConfiguration } from './ship.js';
import { drawTopology } from './topology.js';

const topology = drawTopology({ prefix: 'evl-' });

describe('the ship', () => {
  it('has the same configuration in ship.yaml as in the lab', async () => {
    const content = await readFile(join(packageRoot(), SHIP_FILE));
    const fromFile = configFromFileContent(content, SHIP_FILE);
    expect(EdgeDevConfig.encode(fromFile).finish()).toEqual(
      EdgeDevConfig.encode(shipConfiguration(topology, { failbackHoldSeconds: 3, drainSeconds: 0 })).finish(),
    );
  });

  it('has a valid configuration: three ports by priority, two network instances, port maps', () => {
    const answer = interpret(shipConfiguration(topology));
    if (answer.kind === 'invalid') throw new Error(JSON.stringify(answer.problems));
    const { ports, networkInstances, apps } = answer.model;
    expect(ports.map(({ label, priority }) => `${label} ${priority}`)).toEqual(['eth0 0', 'wwan0 1', 'sat0 2']);
    expect(networkInstances.map(({ name, allowedPriorities }) => [name, allowedPriorities])).toEqual([
      ['default', undefined],
      ['business', { kind: 'priorities', priorities: [0, 1] }],
    ]);
    expect(apps.flatMap(({ interfaces }) => interfaces.flatMap(({ portMaps }) => portMaps)).length).toBe(7);
  });

  it('takes options', () => {
    const config = shipConfiguration(topology, {
      failbackHoldSeconds: 7,
      allowedPriorities: { default: [2], business: 'every' },
    });
    expect(config.networkInstances.map(({ allowedPriorities }) => allowedPriorities?.priorities)).toEqual([
      [2],
      undefined,
    ]);
    expect(config.networkInstances[0]?.test?.failbackHold?.seconds).toBe(7n);
  });
});
