import type { Command } from 'commander';

import { EXIT_CODES_HELP } from '../clients/terminal/index.js';

/**
 * The manual page of a command with all its subcommands, made of what `--help` is made of; roff, man(7). Pure: the same
 * command gives the same page.
 */
export function manPage(program: Command): string {
  const name = program.name();
  return [
    `.TH ${name.toUpperCase()} 1 "" "${name} ${program.version() ?? ''}" "User Commands"`,
    '.SH NAME',
    `${roff(name)} \\- ${roff(program.description())}`,
    '.SH SYNOPSIS',
    `.B ${roff(name)}`,
    roff(program.usage()),
    '.SH OPTIONS',
    ...optionLines(program),
    '.SH COMMANDS',
    ...subcommands(program).flatMap(([path, command]) => commandLines(path, command)),
    '.SH EXIT STATUS',
    '.nf',
    ...EXIT_CODES_HELP.trim().split('\n').slice(1).map(roff),
    '.fi',
    '.SH FILES',
    ...definition('/etc/default/eve-uplink', 'options of the services'),
    ...definition('/run/eve-uplink', "the services' sockets; dns/INTERFACE has the name servers of a lease"),
    ...definition('/var/lib/eve-uplink', 'the configuration, policy, events'),
    '',
  ].join('\n');
}

/** Every subcommand that does something by itself, with the words that call it. */
function subcommands(command: Command, path: readonly string[] = []): readonly (readonly [string, Command])[] {
  return command.commands.flatMap((each) => {
    const own = [...path, each.name()];
    const inside = subcommands(each, own);
    return inside.length > 0 ? inside : [[own.join(' '), each] as const];
  });
}

function commandLines(path: string, command: Command): readonly string[] {
  return [`.SS "${roff(`${path} ${command.usage()}`)}"`, roff(command.description()), ...optionLines(command)];
}

function optionLines(command: Command): readonly string[] {
  return command.options
    .filter(({ hidden }) => !hidden)
    .flatMap(({ flags, description }) => definition(flags, description));
}

function definition(term: string, text: string): readonly string[] {
  return ['.TP', `.B ${roff(term)}`, roff(text)];
}

/** Text as it is: roff reads backslashes, a dash as a hyphen, and a line that begins with a dot or an apostrophe. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');
}
