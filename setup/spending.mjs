// npm run spending -- [--seeds N] [--days N]: whether any sequence of outcomes spends more than the budget, in virtual
// time. Default: 20 seeds, 30 days.
import { parseArgs } from 'node:util';
import { main, runInView } from './commands.mjs';
import { prepare } from './prepare.mjs';

await main(async () => {
  const { values } = parseArgs({
    options: { seeds: { type: 'string', default: '20' }, days: { type: 'string', default: '30' } },
  });
  await prepare(['packages', 'generate']);
  process.env.SPENDING_SEEDS = values.seeds;
  process.env.SPENDING_DAYS = values.days;
  const jest = ['node_modules/.bin/jest', '--selectProjects', 'unit', '--testTimeout', '600000'];
  return runInView(process.execPath, [...jest, '--', 'services/nim/probing/tester/spending']);
});
