import { parseArgs } from 'node:util';

import { outcomeText, soak, soakText } from './soak.js';

/* npm run soak: mixes of faults on one ship, for so many minutes; fails at the first that is not endured. */

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '1' },
  },
});

function numberOf(name: 'minutes' | 'seed' | 'from'): number {
  if (!/^\d{1,6}(\.\d)?$/.test(values[name])) throw new Error(`--${name} ${values[name]}: want a number`);
  return Number(values[name]);
}

const outcomes = await soak({
  ...{ seed: numberOf('seed'), from: numberOf('from'), forMs: numberOf('minutes') * 60_000 },
  onMix: (outcome) => {
    console.log(outcomeText(outcome));
  },
});
console.log(soakText(outcomes));
process.exitCode = outcomes.some(({ violations }) => violations.length > 0) ? 1 : 0;
