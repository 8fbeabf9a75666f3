import { writeFileSync } from 'node:fs';

import { pages } from './index.js';

for (const { file, text } of pages) writeFileSync(file, text());
