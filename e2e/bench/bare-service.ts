import type { ServiceDefinition } from '@grpc/grpc-js';

const bytesAsTheyAre = (bytes: Buffer): Buffer => bytes;

const bytesBothWays = {
  requestStream: false,
  requestSerialize: bytesAsTheyAre,
  requestDeserialize: bytesAsTheyAre,
  responseSerialize: bytesAsTheyAre,
  responseDeserialize: bytesAsTheyAre,
} as const;

/** What grpc-js does with nothing of ours in it: bytes in, bytes out. */
export const bareService = {
  /** Answers so many bytes as the first four of the request say. */
  echo: { ...bytesBothWays, path: '/bench.Bare/Echo', responseStream: false },
  /** Answers nothing at first, then what is published. */
  watch: { ...bytesBothWays, path: '/bench.Bare/Watch', responseStream: true },
  /** Sends so many bytes as the first four of the request say to all who watch. */
  publish: { ...bytesBothWays, path: '/bench.Bare/Publish', responseStream: false },
} as const satisfies ServiceDefinition;

/** A request of this size that asks for an answer of that size. */
export function bareRequest(requestBytes: number, answerBytes: number): Buffer {
  const request = Buffer.alloc(Math.max(4, requestBytes));
  request.writeUInt32BE(answerBytes);
  return request;
}
