import { describe, expect, it } from '@jest/globals';

import { ReadBuffers } from './read-buffers.js';

describe('ReadBuffers', () => {
  it('uses a buffer again when every byte that was read into it is back, and not before', () => {
    const buffers = new ReadBuffers();
    const buffer = buffers.take();
    const chunk = buffers.filled(buffer, 100_000);
    buffers.give(chunk.subarray(0, 60_000));
    expect(buffers.take().buffer).not.toBe(buffer.buffer);
    buffers.give(chunk.subarray(60_000));
    expect(buffers.take().buffer).toBe(buffer.buffer);
  });

  it('does not take what is not its own', () => {
    const buffers = new ReadBuffers();
    const other = Buffer.allocUnsafeSlow(512 * 1024);
    buffers.give(other);
    expect(buffers.take().buffer).not.toBe(other.buffer);
  });
});
