import { describe, expect, it } from '@jest/globals';
import { syntaxCulprit } from './syntax-culprit.js';

const commands = ['rule add pref xx lookup 5', 'link set dev eth0 badword', 'route add 300.1.1.1/24 dev eth0'];

describe('syntaxCulprit', () => {
  it.each<[string, number | undefined]>([
    ['Error: argument "xx" is wrong: preference value is invalid\n', 0],
    ['Error: either "dev" is duplicate, or "badword" is a garbage.', 1],
    ['Error: any valid prefix is expected rather than "300.1.1.1/24".', 2],
    ['Error: argument "eth0" is wrong: two commands have it', undefined],
    ['Error: argument "eth1" is wrong: none has it', undefined],
    ['Command line is not complete. Try option "help"', undefined],
    ['', undefined],
  ])('%s', (stderr, index) => {
    expect(syntaxCulprit(commands, stderr)).toBe(index);
  });
});
