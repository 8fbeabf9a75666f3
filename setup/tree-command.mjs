// The eve-uplink command of the source tree: prepares the tree, then runs what is bundled.
import { main } from './commands.mjs';
import { prepare } from './prepare.mjs';

const needsSystemTools = process.argv[2] === 'lab';

await main(async () => {
  await prepare(['packages', 'generate', 'bundle', ...(needsSystemTools ? ['tools'] : [])]);
  await import('../dist/eve-uplink.js');
});
