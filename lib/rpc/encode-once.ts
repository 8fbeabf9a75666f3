import type { ServiceDefinition } from '@grpc/grpc-js';

/**
 * The definition with methods that encode a message object once, however many it is sent to. So a message is not to be
 * changed after it has been handed over.
 */
export function encodingOnce(definition: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => {
      const encode = method.responseSerialize;
      const encoded = new WeakMap<object, Buffer>();
      const responseSerialize = (message: object): Buffer => {
        const known = encoded.get(message);
        if (known !== undefined) return known;
        const bytes = encode(message);
        encoded.set(message, bytes);
        return bytes;
      };
      return [name, { ...method, responseSerialize }];
    }),
  );
}
