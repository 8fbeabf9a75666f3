import { listTableText, run } from 'iproute-exec';

import type { GetDataplaneResponse } from '../../../gen/zedrouter/v1/network_router.js';
import { NFT_FAMILY, NFT_TABLE, PROTOCOL } from '../../../lib/dataplane-layout/index.js';

/** What is ours in the kernel, as `ip` and `nft` print it: for people. */
export async function dataplaneText(namespace: string | undefined): Promise<GetDataplaneResponse> {
  const place = namespace === undefined ? {} : { namespace };
  const [rules, routes, nft] = await Promise.all([
    run('ip', ['rule', 'show'], place),
    run('ip', ['route', 'show', 'table', 'all', 'proto', String(PROTOCOL)], place),
    listTableText(NFT_FAMILY, NFT_TABLE, place),
  ]);
  return { rules: ours(rules.stdout), routes: routes.stdout, nft };
}

/** `ip rule show protocol` shows every rule, so the choice is made here. */
function ours(rules: string): string {
  return rules
    .split('\n')
    .filter((line) => line.trimEnd().endsWith(` proto ${PROTOCOL}`))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
