import { describe, expect, it } from '@jest/globals';
import { problemOfIpCommand, problemOfNamespace } from './words.js';

describe('problemOfIpCommand', () => {
  it.each([
    ['rule add pref 10000 from 10.77.0.0/24 lookup 501'],
    ['link set dev eth0.1 alias bn1:ni-4f'],
    ['address add fd00::1/64 dev eth0@if3'],
    ['route replace unreachable default metric 4278198272 table 501 proto 177'],
  ])('takes %s', (text) => {
    expect(problemOfIpCommand(text.split(' '))).toBeUndefined();
  });

  it.each<[string, string[], RegExp]>([
    ['no words', [], /empty/],
    ['an empty word', ['link', 'set', ''], /argument 2 is empty/],
    ['a newline: another command', ['link', 'set', 'x\nlink'], /argument 2 .* control/],
    ['a carriage return', ['link', 'set', 'x\r'], /argument 2/],
    ['NUL', ['link', 'set', 'x\0'], /argument 2/],
    ['a blank', ['link', 'set', 'a b'], /argument 2 .* blank/],
    ['a tab', ['link', 'set', 'a\tb'], /argument 2/],
    ['a single quote', ['link', 'set', "a'b"], /quote/],
    ['a double quote', ['link', 'set', 'a"b'], /quote/],
    ['a backslash: continues the line', ['link', 'set', 'a\\'], /backslash/],
    ['a comment', ['link', 'set', '#x'], /#/],
    ['a letter beyond ASCII', ['link', 'set', 'ä'], /non-ASCII/],
    ['help, which ends ip', ['link', 'help'], /help/],
    ['netns, which runs programs', ['netns', 'exec', 'x', 'sh'], /not one of the objects/],
    ['vrf, which runs programs', ['vrf', 'exec', 'x', 'sh'], /not one of the objects/],
    ['monitor, which never ends', ['monitor'], /not one of the objects/],
    ['an option', ['-force', 'link'], /not one of the objects/],
    ['an abbreviation', ['r', 'add'], /not one of the objects/],
    ['binary output', ['route', 'save'], /binary/],
    ['a monster', ['link', 'set', 'x'.repeat(5_000)], /longer/],
  ])('refuses %s', (_, command, problem) => {
    expect(problemOfIpCommand(command)).toMatch(problem);
  });
});

describe('problemOfNamespace', () => {
  it.each(['device', 'eve-uplink-isp_eth0.1', 'evi-1'])('takes %s', (name) => {
    expect(problemOfNamespace(name)).toBeUndefined();
  });

  it.each(['', '-all', '.', '..', '../x', 'a/b', 'a b', 'a\nb', 'x'.repeat(200)])('refuses %j', (name) => {
    expect(problemOfNamespace(name)).toMatch(/is no name/);
  });
});
