import { status } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';

import { LargeRequests } from './large-requests.js';

it('lets one after the other have its turn, in order, and turns away whoever would wait behind too many', async () => {
  const requests = new LargeRequests();
  const order: number[] = [];
  const endFirst = await requests.turn();
  const waiting = Array.from({ length: 8 }, async (_, index) => {
    const end = await requests.turn();
    order.push(index);
    // Ending twice ends no other's turn.
    end();
    end();
  });
  await expect(requests.turn()).rejects.toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
    reason: 'TOO_MANY_LARGE_REQUESTS',
  });
  expect(order).toEqual([]);
  endFirst();
  await Promise.all(waiting);
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  (await requests.turn())();
});
