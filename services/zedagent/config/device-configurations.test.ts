import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

import { Policy } from '../../../gen/zedagent/v1/policy.js';
import { PushConfigRequest } from '../../../gen/zedagent/v1/device_config.js';
import { configFromFileContent, type Problem } from '../../../lib/configuration/index.js';
import { RpcError } from '../../../lib/rpc/index.js';
import { atOnce } from '../../../lib/slices/index.js';
import { pushConfig } from './push-config.js';

const FOLDER = 'services/zedagent/testing/configurations';
const NOTHING_IN_FORCE = { deviceConfig: undefined, policy: Policy.fromPartial({}), changes: [] };
const NOW = { wallMs: 0, boottimeMs: 0, bootId: 'this' };

const lines = (word: string, told: readonly Problem[]): readonly string[] =>
  told.map(({ field, description }) => `${word} ${field.replace(/^config\./, '')}: ${description}`);

/** What a push of a file to a new device is told, a line each. */
function told(name: string): string {
  const config = configFromFileContent(readFileSync(`${FOLDER}/${name}.yaml`), `${name}.yaml`);
  try {
    const push = pushConfig(NOTHING_IN_FORCE, PushConfigRequest.fromPartial({ config, author: 'test' }), NOW);
    return lines('warned', atOnce(push).answer.warnings).join('\n');
  } catch (error) {
    if (error instanceof RpcError) return lines('refused', error.violations).join('\n');
    throw error;
  }
}

const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.slice(0, -'.yaml'.length));

/** The shapes in which devices of EVE are configured. */
describe('a device configuration', () => {
  it('stands in the folder', () => {
    expect(names.length).toBeGreaterThan(0);
  });

  it.each(names)('%s is told in full what does not come about', (name) => {
    expect(told(name)).toBe(readFileSync(`${FOLDER}/${name}.told.txt`, 'utf8').trimEnd());
  });
});
