import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import type { PriorityLimit } from '../model.js';

/** An operation in the words of messages. */
export function formatOperation(operation: NetworkOperation): string {
  switch (operation) {
    case NetworkOperation.NETWORK_OPERATION_CONTROLLER:
      return 'controller traffic';
    case NetworkOperation.NETWORK_OPERATION_LOG_UPLOAD:
      return 'log upload';
    case NetworkOperation.NETWORK_OPERATION_BASE_IMAGE_DOWNLOAD:
      return 'base image download';
    case NetworkOperation.NETWORK_OPERATION_APP_IMAGE_DOWNLOAD:
      return 'app image download';
    case NetworkOperation.NETWORK_OPERATION_APP_TRAFFIC:
      return 'app traffic';
    case NetworkOperation.NETWORK_OPERATION_UNSPECIFIED:
    case NetworkOperation.UNRECOGNIZED:
      return 'an unknown operation';
  }
}

/** `base image download, log upload`; `every operation` where the list is empty, which is what that means. */
export function formatOperations(operations: readonly NetworkOperation[]): string {
  return operations.length === 0 ? 'every operation' : operations.map(formatOperation).join(', ');
}

/** `0, 1`; three and more in a row as `0-2, 7`; `no priority` where there is none. Ascending, as it comes. */
export function formatPriorities(priorities: readonly number[]): string {
  if (priorities.length === 0) return 'no priority';
  const runs: { first: number; last: number }[] = [];
  for (const priority of priorities) {
    const run = runs.at(-1);
    if (run !== undefined && priority === run.last + 1) run.last = priority;
    else runs.push({ first: priority, last: priority });
  }
  return runs
    .map(({ first, last }) => {
      if (first === last) return String(first);
      return last - first === 1 ? `${first}, ${last}` : `${first}-${last}`;
    })
    .join(', ');
}

/** A limit in words. */
export function formatLimit(limit: PriorityLimit): string {
  return limit.kind === 'every-priority' ? 'every priority' : formatPriorities(limit.priorities);
}
