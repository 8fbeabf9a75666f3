import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readSysctl, writeSysctl } from './sysctl.js';
import { makeTestNamespace, type TestNamespace } from './testing.js';

let namespace: TestNamespace;

beforeAll(async () => {
  namespace = await makeTestNamespace();
  await namespace.addVeth('eth0.1', 'peer');
});

afterAll(async () => {
  await namespace.remove();
});

describe('sysctl', () => {
  it('sets a parameter of a named namespace, for an interface with a dot', async () => {
    const path = ['net', 'ipv4', 'conf', 'eth0.1', 'ignore_routes_with_linkdown'];
    const options = { namespace: namespace.name };
    expect(await readSysctl(path, options)).toBe('0');
    await writeSysctl(path, '1', options);
    expect(await readSysctl(path, options)).toBe('1');
  });

  it('reads and sets one of our own', async () => {
    const path = ['net', 'ipv4', 'ip_local_port_range'];
    const range = await readSysctl(path);
    expect(range).toMatch(/^\d+\s+\d+$/);
    await writeSysctl(path, range.replace(/\s+/, ' '));
    expect(await readSysctl(path)).toBe(range);
  });

  it.each<[readonly string[], string]>([
    [['net', 'ipv4', 'conf', 'missing', 'forwarding'], '1'],
    [['net', 'ipv4', 'ip_forward'], 'nonsense'],
    [['net', 'ipv4', 'ip_forward'], '1\n'],
    [['net', '..', 'kernel', 'hostname'], 'x'],
    [['net', 'ipv4/ip_forward'], '1'],
    [['net', '', 'x'], '1'],
    [['net', 'ipv4', 'ip_forward=1 -w x'], '1'],
    [['net'], '1'],
  ])('rejects %j = %j, here and in a namespace', async (path, value) => {
    await expect(writeSysctl(path, value)).rejects.toMatchObject({ name: 'CommandError' });
    await expect(writeSysctl(path, value, { namespace: namespace.name })).rejects.toMatchObject({
      name: 'CommandError',
    });
  });
});
