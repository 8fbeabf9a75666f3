import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { makeTestNamespace, type TestNamespace } from '../iproute-exec/testing.js';
import { Rtnetlink } from './rtnetlink.js';

let namespace: TestNamespace;

beforeAll(async () => {
  namespace = await makeTestNamespace();
  await namespace.addVeth('eth0', 'far0');
  await namespace.ip('addr add 192.0.2.7/24 dev eth0');
});

afterAll(async () => {
  await namespace.remove();
});

describe('the addresses of a link', () => {
  it('are those of that link alone', () => {
    const kernel = new Rtnetlink(namespace.name);
    expect(kernel.addresses(kernel.link('eth0')?.index)).toMatchObject([{ address: '192.0.2.7', prefixLength: 24 }]);
    expect(kernel.addresses(kernel.link('far0')?.index)).toEqual([]);
  });

  it('are none where the link is gone', () => {
    expect(new Rtnetlink(namespace.name).addresses(4_711)).toEqual([]);
  });
});
