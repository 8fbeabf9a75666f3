import { describe, expect, it } from '@jest/globals';

import { addressBytes, checked, libc, loadLibc } from './libc.js';

describe('libc', () => {
  it('says what to do where koffi is missing', () => {
    const missing = (): never => {
      throw new Error("Cannot find module 'koffi'");
    };
    expect(() => loadLibc(missing)).toThrow(/Cannot find module 'koffi'.*npm ci/);
    expect(() => loadLibc(missing)).toThrow(expect.objectContaining({ code: 'ENOSYS' }));
  });

  it('is loaded once', () => {
    expect(libc()).toBe(libc());
  });
});

describe('checked', () => {
  it("gives the system's own word for what failed", () => {
    const failing = (): number => checked(libc().close(-1), 'closing what is not open');
    expect(failing).toThrow(expect.objectContaining({ code: 'EBADF', message: 'closing what is not open: EBADF' }));
    expect(checked(0, 'nothing')).toBe(0);
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
