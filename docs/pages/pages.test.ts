import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { ourDescriptorSet, PROJECT_ROOT, registryOf } from '../../proto/descriptor-sets.js';
import { apiCalls } from './api-calls.js';
import { pages } from './index.js';

describe('pages made of tables in code', () => {
  it.each(pages)('$file is as `npm run docs` writes it', ({ file, text }) => {
    expect(readFileSync(join(PROJECT_ROOT, file), 'utf8')).toBe(text());
  });

  it('show one call of every method that the services have', () => {
    const packages = /^org\.lfedge\.eve\.(zedagent|nim|zedrouter)\.v1$/;
    const methods = [...registryOf(ourDescriptorSet()).files]
      .filter(({ proto }) => packages.test(proto.package))
      .flatMap(({ services }) => services)
      .flatMap(({ typeName, methods: own }) => own.map(({ name }) => `${typeName}/${name}`));
    expect(methods.length).toBeGreaterThan(20);
    const shown = apiCalls.map(({ method }) => method).filter((method) => !method.startsWith('grpc.'));
    expect([...shown].sort()).toEqual([...methods].sort());
  });
});
