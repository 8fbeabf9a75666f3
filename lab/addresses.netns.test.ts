import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { Lab } from './lab.js';
import { createTestLab } from './test-lab.js';
import { portNames } from './topology.js';
import { waitUntil } from '../lib/clock/index.js';

const LEASE_SECONDS = 4;
let lab: Lab;

beforeAll(async () => {
  lab = await createTestLab({ leaseSeconds: LEASE_SECONDS });
});

afterAll(async () => {
  await lab.destroy();
});

const withinTwoLeases = { timeoutMs: 2_000 * LEASE_SECONDS, everyMs: 50 };

describe('a lease', () => {
  it('ends in the kernel when nobody renews it, and takes route and name servers along', async () => {
    await lab.stopDhcp('eth0');
    const gone = async (): Promise<boolean> => (await lab.portAddress('eth0')) === undefined;
    expect(await waitUntil(gone, withinTwoLeases)).toBe(true);
    const forgotten = async (): Promise<boolean> => !(await readdir(join(lab.runDir, 'dns'))).includes('eth0');
    expect(await waitUntil(forgotten, withinTwoLeases)).toBe(true);
    const { stdout } = await lab.exec('device', ['ip', 'route', 'show', 'dev', 'eth0']);
    expect(stdout).toBe('');
    await lab.startDhcp('eth0');
    expect(await lab.waitForLease('eth0')).toBe(lab.isp('eth0').leaseAddress);
  });

  it('is renewed again and again, and the address stays', async () => {
    const addresses = new Set<string | undefined>();
    const deadlineMs = performance.now() + 2_000 * LEASE_SECONDS;
    await waitUntil(async () => {
      addresses.add(await lab.portAddress('wwan0'));
      return performance.now() > deadlineMs;
    }, withinTwoLeases);
    expect([...addresses]).toEqual([lab.isp('wwan0').leaseAddress]);
  });

  it('that ended while the cable was out comes back with the carrier', async () => {
    await lab.pullCable('eth0');
    const gone = async (): Promise<boolean> => (await lab.portAddress('eth0')) === undefined;
    expect(await waitUntil(gone, withinTwoLeases)).toBe(true);
    await lab.plugCable('eth0');
    await lab.waitForLease('eth0');
  });

  it('may be for another address next time, and the old one is gone', async () => {
    const before = lab.isp('wwan0').leaseAddress;
    await lab.renumber('wwan0', '203.0.113.99');
    expect(await lab.waitForLease('wwan0')).toBe('203.0.113.99');
    const { stdout } = await lab.exec('device', ['ip', '-4', 'address', 'show', 'dev', 'wwan0']);
    expect(stdout).not.toContain(before);
    expect(lab.isp('wwan0').publicAddress).toBe('203.0.113.99');
  });
});

describe('a port', () => {
  it('can vanish from the device, and come back', async () => {
    const names = async (): Promise<string> => (await lab.exec('device', ['ip', '-br', 'link'])).stdout;
    expect(await names()).toContain('sat0');
    await lab.removePort('sat0');
    expect(await names()).not.toContain('sat0');
    await lab.returnPort('sat0');
    await lab.waitForLease('sat0');
  });

  it('has its address again after it was flushed and renewed', async () => {
    await lab.flushAddress('eth0');
    expect(await lab.portAddress('eth0')).toBeUndefined();
    await lab.renewAddress('eth0');
    await lab.waitForLease('eth0');
  });
});

describe('two ISPs with the same subnet', () => {
  it.each([false, true])('hand it out side by side (very same address: %s)', async (sameAddress) => {
    const own = await createTestLab({ sameSubnet: true, sameAddress });
    try {
      const addresses = await Promise.all(portNames.map((name) => own.portAddress(name)));
      expect(addresses).toEqual(['192.168.1.10', sameAddress ? '192.168.1.10' : '192.168.1.20', '100.64.0.30']);
    } finally {
      await own.destroy();
    }
  });
});
