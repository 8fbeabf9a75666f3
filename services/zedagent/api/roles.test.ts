import type { ServiceDefinition } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';

import { DeviceConfigServiceService } from '../../../gen/zedagent/v1/device_config.js';
import { PolicyServiceService } from '../../../gen/zedagent/v1/policy.js';
import type { Caller } from '../../../lib/rpc/index.js';
import { requireRole } from './roles.js';

const observer: Caller = {
  kind: 'certificate',
  commonName: 'bridge',
  organizationalUnits: ['observer'],
  validUntilMs: Number.POSITIVE_INFINITY,
};
const paths = [DeviceConfigServiceService, PolicyServiceService].flatMap((service) =>
  Object.values(service as ServiceDefinition).map(({ path }) => path),
);

/** By the names that methods have: what does not only ask changes something. */
const isAsking = (path: string): boolean => /\/(Get|List|Watch)\w+$/.test(path);

describe('an observer', () => {
  it.each(paths.filter(isAsking))('may call %s', (path) => {
    requireRole(observer, path);
  });

  it.each(paths.filter((path) => !isAsking(path)))('may not call %s', (path) => {
    expect(() => {
      requireRole(observer, path);
    }).toThrow(/controller/);
  });

  it('may not call a method that nobody has thought of, and may ask for health and reflection', () => {
    expect(() => {
      requireRole(observer, '/org.lfedge.eve.zedagent.v1.DeviceConfigService/EraseEverything');
    }).toThrow(/controller/);
    requireRole(observer, '/grpc.health.v1.Health/Check');
    requireRole(observer, '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo');
  });
});
