import { describe, expect, it } from '@jest/globals';
import { missingTools } from './environment.js';

describe('missingTools', () => {
  it.each([
    ['nothing where all are installed', ['ip', 'nft', 'dnsmasq'], []],
    [
      'what is not, with its package',
      ['ip'],
      [
        { command: 'nft', debianPackage: 'nftables' },
        { command: 'dnsmasq', debianPackage: 'dnsmasq-base' },
      ],
    ],
  ])('names %s', (_what, installed, expected) => {
    expect(missingTools((command) => (installed.includes(command) ? `/usr/sbin/${command}` : undefined))).toEqual(
      expected,
    );
  });
});
