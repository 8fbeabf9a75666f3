import { describe, expect, it } from '@jest/globals';

import { inNamespace, problemOfNamespace } from './in-namespace.js';
import { addressBytes, checked, libc, loadLibc, whyNoLibc } from './libc.js';

describe('libc', () => {
  it('says in one line what to do where koffi is missing', () => {
    const answer = loadLibc(() => {
      throw new Error("Cannot find module 'koffi'\nRequire stack:\n- here");
    });
    expect(answer).toMatchObject({
      code: 'ENOSYS',
      message: expect.stringMatching(/Cannot find module 'koffi'\. .*npm ci$/),
    });
  });

  it('says so on a machine with the other byte order', () => {
    expect(loadLibc(undefined, 'BE')).toMatchObject({ code: 'ENOSYS', message: expect.stringContaining('big-endian') });
  });

  it('is loaded once, and then nothing is in the way', () => {
    expect(libc()).toBe(libc());
    expect(whyNoLibc()).toBeUndefined();
  });
});

describe('checked', () => {
  it("gives the system's own word for what failed", () => {
    const failing = (): number => checked(libc().close(-1), 'closing what is not open');
    expect(failing).toThrow(
      expect.objectContaining({ code: 'EBADF', errno: 9, message: 'closing what is not open: EBADF' }),
    );
    expect(checked(0, 'nothing')).toBe(0);
  });
});

describe('inNamespace', () => {
  it('just runs the work where no namespace is named', () => {
    expect(inNamespace(undefined, () => 7)).toBe(7);
  });

  it.each(['device', 'eve-uplink-isp_eth0.1', 'evi-1'])('takes the name %s', (name) => {
    expect(problemOfNamespace(name)).toBeUndefined();
  });

  it.each(['', '-all', '.', '..', '.hidden', '../x', 'a/b', 'a b', 'a\nb', 'x'.repeat(129)])(
    'refuses the name %j',
    (name) => {
      expect(() => inNamespace(name, () => 7)).toThrow(
        expect.objectContaining({ code: 'EINVAL', message: expect.stringContaining('is no name') }),
      );
    },
  );

  it('says that there is no such namespace', () => {
    expect(() => inNamespace('evl-missing', () => 7)).toThrow(
      expect.objectContaining({ code: 'ENOENT', message: 'Cannot open network namespace "evl-missing"' }),
    );
  });
});

describe('addressBytes', () => {
  it.each([
    ['192.0.2.1', 'c0000201'],
    ['2001:db8::1', '20010db8000000000000000000000001'],
    ['fe80::1%eth0', 'fe800000000000000000000000000001'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
  ])('%s', (address, hex) => {
    expect(addressBytes(address).toString('hex')).toBe(hex);
  });

  it.each(['', 'ship.example', '192.0.2', '2001:db8::1::'])('refuses %j', (address) => {
    expect(() => addressBytes(address)).toThrow(/no IP address/);
  });
});
