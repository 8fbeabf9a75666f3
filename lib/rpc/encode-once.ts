import type { ServiceDefinition } from '@grpc/grpc-js';

import { oncePer } from '../once/index.js';

/**
 * The definition with methods that encode a message object once, however many it is sent to. So a message is not to be
 * changed after it has been handed over.
 */
export function encodingOnce(definition: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => {
      const responseSerialize = oncePer((message: object): Buffer => method.responseSerialize(message));
      return [name, { ...method, responseSerialize }];
    }),
  );
}
