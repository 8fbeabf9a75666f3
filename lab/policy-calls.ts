import { join } from 'node:path';

import type { NetworkOperation } from '../gen/evecommon/uplink.js';
import { PolicyServiceClient } from '../gen/zedagent/v1/policy.js';
import { call, connectTo } from '../lib/rpc/index.js';

const options = { timeoutMs: 5_000 };

/** What an operator does to the policy of a device while it runs. */
export class PolicyCalls {
  readonly #client: PolicyServiceClient;

  constructor(runDir: string) {
    this.#client = connectTo(PolicyServiceClient, `unix:${join(runDir, 'zedagent.sock')}`);
  }

  /** The operation may use ports of these priorities and no others, grants aside. */
  async allow(operation: NetworkOperation, priorities: readonly number[]): Promise<void> {
    const value = { priorities: [...priorities] };
    await call(
      this.#client,
      'updatePolicy',
      {
        patch: {
          ports: [],
          operations: [{ operation, allowedChange: { $case: 'allowed', value } }],
          networkInstances: [],
        },
        expectedPolicyVersion: undefined,
        dryRun: false,
        author: 'lab',
        reason: 'a test',
      },
      options,
    );
  }

  /** Permits an operation a priority more for a while. @returns the id of the grant */
  async grant(operation: NetworkOperation, priority: number, lifetimeSeconds: number): Promise<string> {
    const { grant } = await call(
      this.#client,
      'createGrant',
      {
        ...{ operation, priorities: [priority], networkInstance: '', reason: 'a test', author: 'lab' },
        lifetime: { seconds: BigInt(lifetimeSeconds), nanos: 0 },
      },
      options,
    );
    return grant?.id ?? '';
  }

  async revoke(id: string): Promise<void> {
    await call(this.#client, 'revokeGrant', { id, author: 'lab', reason: 'a test' }, options);
  }

  close(): Promise<void> {
    this.#client.close();
    return Promise.resolve();
  }
}
