import { describe, expect, it, jest } from '@jest/globals';
import { createLogger } from '../../lib/observability/index.js';
import { warnOfMissingTools } from './warn-of-missing-tools.js';

describe('warnOfMissingTools', () => {
  function linesFor(missing: Parameters<typeof warnOfMissingTools>[1]): readonly unknown[] {
    const logger = createLogger({ service: 'zedrouter', level: 'silent' });
    const warn = jest.spyOn(logger, 'warn');
    warnOfMissingTools(logger, missing);
    return warn.mock.calls;
  }

  it('says nothing where none is missing', () => {
    expect(linesFor([])).toEqual([]);
  });

  it('names the commands and the packages in one line', () => {
    const missing = [
      { command: 'nft', debianPackage: 'nftables' },
      { command: 'dnsmasq', debianPackage: 'dnsmasq-base' },
    ];
    expect(linesFor(missing)).toEqual([
      [
        { event: 'tools-missing', commands: ['nft', 'dnsmasq'], packages: ['nftables', 'dnsmasq-base'] },
        expect.stringMatching(/^nft, dnsmasq not installed.*apt install nftables dnsmasq-base$/),
      ],
    ]);
  });
});
