import { createHash } from 'node:crypto';

import { expect, it } from '@jest/globals';
import fc from 'fast-check';

import { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import { configFromJson } from '../../../lib/configuration/index.js';
import { randomConfigJson } from '../../../lib/configuration/testing/random-config.js';
import { atOnce } from '../../../lib/slices/index.js';
import { encodedConfig } from './encoded-config.js';

it('is what the generated code makes of a configuration, unknown fields included', () => {
  fc.assert(
    fc.property(randomConfigJson, fc.boolean(), fc.integer({ min: 0, max: 70 }), (json, unknown, copies) => {
      const config = configFromJson(json);
      const [app] = config.apps;
      if (app !== undefined) config.apps.push(...Array<typeof app>(copies).fill(app));
      if (unknown) config._unknownFields = { [(4242 << 3) | 2]: [Buffer.from([1, 7])] };
      const whole = EdgeDevConfig.encode(config).finish();
      const { bytes, sha256 } = atOnce(encodedConfig(config));
      expect(Buffer.from(bytes).equals(whole)).toBe(true);
      expect(sha256).toBe(createHash('sha256').update(whole).digest('hex'));
    }),
    { numRuns: 50 },
  );
});
