import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLab } from './create.js';
import type { LabOptions } from './lab-options.js';
import type { Lab } from './lab.js';

/** A lab of its own for one test file: its prefix and folders are shared with no other run. */
export function createTestLab(
  options: Omit<LabOptions, 'prefix' | 'runDir' | 'stateDir'> & { readonly prefix?: string } = {},
): Promise<Lab> {
  const word = randomBytes(4).toString('hex');
  const folder = join(tmpdir(), `eve-uplink-lab-${word}`);
  return createLab({ prefix: `evl-${word}-`, ...options, runDir: folder, stateDir: `${folder}-state` });
}
