import { parseArgs } from 'node:util';

import { createTestLab } from '../../lab/index.js';
import { fuzz } from './fuzz.js';
import { costOfWorst, costText, measured } from './worst.js';

/*
 * npm run fuzz: hostile requests for every method of a ship's services; fails where one gets a wrong answer. With
 * --worst: the requests that cost most, and what each cost.
 */

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    worst: { type: 'boolean', default: false },
  },
});

function numberOf(name: 'calls' | 'seed'): number {
  if (!/^\d{1,9}$/.test(values[name])) throw new Error(`--${name} ${values[name]}: want a number`);
  return Number(values[name]);
}

async function worst(): Promise<void> {
  await lab.startServices({ separate: true, logLevel: 'error', runBy: await measured(lab) });
  await lab.pushConfig(lab.configuration({ failbackHoldSeconds: 0 }));
  const costs = await costOfWorst(lab, (cost) => {
    console.log(costText(cost));
  });
  const [stalledMs, tookMiB] = [costs.map((cost) => cost.stalledMs), costs.map((cost) => cost.tookMiB)];
  console.log(`at most: stalled ${Math.max(...stalledMs).toFixed(0)} ms, took ${Math.max(...tookMiB).toFixed(0)} MiB`);
}

async function hostile(): Promise<void> {
  await lab.startServices({ separate: true, logLevel: 'error' });
  await lab.pushConfig(lab.configuration({ failbackHoldSeconds: 0 }));
  const { calls, statuses, violations, peakMiB } = await fuzz(lab, {
    calls: numberOf('calls'),
    seed: numberOf('seed'),
  });
  for (const violation of violations.slice(0, 50)) console.log(violation);
  for (const [name, count] of [...statuses].sort(([, a], [, b]) => b - a)) console.log(`${name}: ${count}`);
  for (const [name, mebibytes] of peakMiB) console.log(`${name}: at most ${mebibytes} MiB`);
  console.log(`${calls} calls, ${violations.length} wrong answers`);
  process.exitCode = violations.length > 0 ? 1 : 0;
}

const lab = await createTestLab();
try {
  await (values.worst ? worst() : hostile());
} finally {
  await lab.destroy();
}
