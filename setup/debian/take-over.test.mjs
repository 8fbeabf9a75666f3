import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '../tree.mjs';

const sources = (service) =>
  readdirSync(join(root, 'services', service), { recursive: true })
    .filter((name) => name.endsWith('.ts') && !name.includes('.test.') && !name.includes('testing'))
    .map((name) => readFileSync(join(root, 'services', service, name), 'utf8'))
    .join('\n');

/** Names that a service joins to its directory for what lasts. */
const stateFiles = (service) =>
  [...sources(service).matchAll(/(?:join\(stateDir, '|`\$\{stateDir\}\/)([\w.-]+)/g)].map(([, name]) => name);

/** What take-over gives to a service's user: the beginnings of names. */
function takenOver(service) {
  const script = readFileSync(join(root, 'deploy', 'systemd', 'take-over'), 'utf8');
  const [, part] = new RegExp(`^if is_ours ${service}; then(.*?)fi$`, 'ms').exec(script) ?? [undefined, ''];
  return [...part.matchAll(/"\$state"\/([\w.-]+)\*/g)].map(([, beginning]) => beginning);
}

describe('take-over', () => {
  it.each(['zedagent', 'nim', 'zedrouter'])('gives %s every file that it keeps', (service) => {
    const files = stateFiles(service);
    expect(files.length).toBeGreaterThan(1);
    const beginnings = takenOver(service);
    expect(files.filter((file) => !beginnings.some((beginning) => file.startsWith(beginning)))).toEqual([]);
  });
});
