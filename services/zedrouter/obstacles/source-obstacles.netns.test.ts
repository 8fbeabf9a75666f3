import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { run } from '../../../lib/iproute-exec/run.js';
import { makeTestNamespace, type TestNamespace } from '../../../lib/iproute-exec/testing.js';
import { facts, wayOut } from '../testing/ship.js';
import { masqueradedAs } from './source-obstacles.js';

const APP = '10.77.0.2';
const FAR = '198.51.100.7';

let namespace: TestNamespace;

beforeEach(async () => {
  namespace = await makeTestNamespace();
  await namespace.addVeth('eth0', 'isp0');
  for (const line of ['link set lo up', 'link set eth0 up', 'link set isp0 up', `addr add ${APP}/32 dev lo`]) {
    await namespace.ip(line);
  }
});

afterEach(async () => {
  await namespace.remove();
});

/** As what a packet of an app leaves by eth0. */
async function seen(addresses: readonly string[]): Promise<readonly string[]> {
  const watched = addresses.map((address) => `oifname "eth0" ip saddr ${address} counter comment "${address}"`);
  const table = `table ip masquerading {
 chain leave {
 type nat hook postrouting priority srcnat;
 ip saddr ${APP} masquerade
 }
 chain watch {
 type filter hook postrouting priority 200;
 ${watched.join('\n ')}
 }
}
`;
  await run('nft', ['-f', '-'], { namespace: namespace.name, input: table });
  const ping = ['-c', '1', '-W', '1', '-I', APP, FAR];
  await run('ping', ping, { namespace: namespace.name, allowFailure: true });
  const { stdout } = await run('nft', ['list', 'chain', 'ip', 'masquerading', 'watch'], { namespace: namespace.name });
  return [...stdout.matchAll(/packets ([1-9]\d*) .*comment "(.*)"/g)].map(([, , address = '']) => address);
}

describe('the address that masquerade takes', () => {
  it.each<{ what: string; addresses: readonly string[]; gateway: string | undefined }>([
    { what: 'the only one', addresses: ['192.0.2.10/24'], gateway: '192.0.2.1' },
    { what: "the one of the gateway's subnet", addresses: ['192.168.100.2/24', '192.0.2.10/24'], gateway: '192.0.2.1' },
    { what: 'the first of that subnet', addresses: ['192.0.2.9/24', '192.0.2.10/24'], gateway: '192.0.2.1' },
    {
      what: 'the first one where the gateway is in no subnet',
      addresses: ['192.168.100.2/24', '192.0.2.10/32'],
      gateway: '10.0.0.1',
    },
    { what: 'the first one without a gateway', addresses: ['192.168.100.2/24', '192.0.2.10/24'], gateway: undefined },
  ])('is $what', async ({ addresses, gateway }) => {
    // A deprecated one is no worse.
    for (const [position, address] of addresses.entries()) {
      await namespace.ip(`addr add ${address} dev eth0${position === 0 ? ' valid_lft 900 preferred_lft 0' : ''}`);
    }
    await namespace.ip(`route add default ${gateway === undefined ? 'dev eth0' : `via ${gateway} dev eth0 onlink`}`);
    const known = addresses.map((text) => {
      const [address = '', length] = text.split('/');
      return { address, prefixLength: Number(length), isDeprecated: false };
    });
    const gateways = gateway === undefined ? [] : [gateway];
    const port = { ...facts('eth0', 2), addresses: known, gateways, routes: [wayOut(gateway, '192.0.2.10')] };
    expect(await seen(known.map(({ address }) => address))).toEqual([masqueradedAs(port)]);
  });
});
