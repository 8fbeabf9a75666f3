/**
 * What may be a word of a line for `ip -batch`. Its lines are split at blanks, quotes group, `#` starts a comment, a backslash at the
 * end joins lines and a newline begins another command; so all of these are refused rather than quoted.
 */
const word = /^[\x21\x24-\x26\x28-\x5b\x5d-\x7e]+$/;

/** A command of ours has some 100 characters; writes stay whole because lines are short (write-pass.ts). */
const maxCommandLength = 1_000;

/**
 * The objects that a line may begin with. `netns`, `vrf` and `monitor` are out: they run programs, or never end. Abbreviations are out
 * as well, because what they stand for depends on the version of ip.
 */
const objects = new Set([
  'addr',
  'address',
  'link',
  'maddress',
  'mroute',
  'neigh',
  'neighbor',
  'neighbour',
  'nexthop',
  'ntable',
  'route',
  'rule',
  'tunnel',
  'tuntap',
]);

/** Why this command must not be written to `ip -batch`; undefined where it may. */
export function problemOfIpCommand(command: readonly string[]): string | undefined {
  const [object, action] = command;
  if (object === undefined) return 'the command is empty';
  if (!objects.has(object)) return `${printable(object)} is not one of the objects: ${[...objects].join(', ')}`;
  if (command.join(' ').length > maxCommandLength) return `the command is longer than ${maxCommandLength} characters`;
  if (action === 'save' || action === 'restore' || action === 'showdump') return `${action} is binary`;
  for (const [index, argument] of command.entries()) {
    if (argument === '') return `argument ${index} is empty`;
    if (!word.test(argument)) {
      return `argument ${index} (${printable(argument)}) has a blank, quote, backslash, #, control or non-ASCII character`;
    }
    if (argument === 'help') return `argument ${index} is "help"`;
  }
  return undefined;
}

/** Why this is no name for a network namespace; undefined where it is one. They are files in /run/netns. */
export function problemOfNamespace(namespace: string): string | undefined {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(namespace)) return undefined;
  return `${printable(namespace)} is no name of a network namespace`;
}

/** A word as an error message may carry it. */
export function printable(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
