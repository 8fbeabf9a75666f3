#!/usr/bin/env node
// The eve-uplink command: prepares this tree where need be, then runs what is bundled.
import { main } from './commands.mjs';
import { prepare } from './prepare.mjs';

const needsSystemTools = process.argv[2] === 'lab';

await main(async () => {
  await prepare(['packages', 'generate', 'bundle', ...(needsSystemTools ? ['tools'] : [])]);
  process.setSourceMapsEnabled(true);
  await import('../dist/eve-uplink.js');
});
