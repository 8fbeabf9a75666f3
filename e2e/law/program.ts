import { parseArgs } from 'node:util';

import { deviceFaultKinds, portFaultKinds, type FaultKind } from '../../lab/index.js';
import { inLabs, type NamedPlan } from './in-labs.js';
import { planFromText, planOf, planText, without, type Plan } from './plan.js';
import { outcomeText, summaryText, violationsIn } from './report.js';
import { shrink } from './shrink.js';

/*
 * npm run law: seeds, each a plan of faults on a ship of its own, and the number of those that break the law last.
 */

const USAGE = `npm run law -- [OPTION...]
  --seeds N        so many seeds (default 10)
  --from N         from this one on (default 1)
  --seed N         this one alone
  --plan TEXT      this plan, as an earlier run has printed it
  --without KINDS  plans without these kinds of faults (with commas)
  --parallel N     in so many labs side by side (default 2)
  --shrink         finds the least of each plan that breaks the law`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    plan: { type: 'string' },
    without: { type: 'string', default: '' },
    parallel: { type: 'string', default: '2' },
    shrink: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function numberOf(name: 'seeds' | 'from' | 'seed' | 'parallel'): number {
  const text = values[name] ?? '';
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} ${text}: want a number`);
  return Number(text);
}

function kindsLeftOut(): ReadonlySet<FaultKind> {
  const known: readonly FaultKind[] = [...portFaultKinds, ...deviceFaultKinds];
  const names = values.without.split(',').filter((name) => name !== '');
  const unknown = names.filter((name) => !known.some((kind) => kind === name));
  if (unknown.length > 0) throw new Error(`--without ${unknown.join()}: there are ${known.join(', ')}`);
  return new Set(known.filter((kind) => names.includes(kind)));
}

function plansAskedFor(): readonly NamedPlan[] {
  if (values.plan !== undefined) return [{ name: 'plan', plan: planFromText(values.plan) }];
  const leftOut = kindsLeftOut();
  const [first, count] = values.seed === undefined ? [numberOf('from'), numberOf('seeds')] : [numberOf('seed'), 1];
  return Array.from({ length: count }, (_, index) => ({
    name: `seed ${first + index}`,
    plan: without(planOf(first + index), leftOut),
  }));
}

async function shrunk(plan: Plan): Promise<Plan> {
  return shrink(plan, async (smaller) => {
    const breaks = violationsIn(await inLabs([{ name: 'smaller', plan: smaller }], 1)) > 0;
    console.log(`  ${breaks ? 'breaks it, too' : 'does not'}: ${planText(smaller)}`);
    return breaks;
  });
}

async function main(): Promise<void> {
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const outcomes = await inLabs(plansAskedFor(), numberOf('parallel'), (plan, outcome) => {
    console.log(outcomeText(plan, outcome));
  });
  for (const [{ name, plan }, outcome] of values.shrink ? outcomes : []) {
    if (outcome.kind !== 'ran' || outcome.result.violations.length === 0) continue;
    console.log(`${name}: looking for the least of it`);
    console.log(`${name}: the least is --plan '${planText(await shrunk(plan))}'`);
  }
  console.log(summaryText(outcomes));
  process.exitCode = violationsIn(outcomes) > 0 ? 1 : 0;
}

await main();
