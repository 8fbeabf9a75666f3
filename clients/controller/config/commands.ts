import { hostname, userInfo } from 'node:os';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { action } from '../action.js';
import { addTlsOptions } from '../connection/options.js';
import { formats } from './formats.js';

function versionNumber(text: string): bigint {
  if (!/^\d{1,19}$/.test(text))
    throw new InvalidArgumentError('It is a whole number; 0 means "only if there is none yet".');
  return BigInt(text);
}

/** Who pushes, unless told: the user and the machine. */
function defaultAuthor(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return hostname();
  }
}

const fileArgument = 'EdgeDevConfig as protobuf JSON, YAML of the same, or binary; - is standard input';

/** `config push`, `config get` and `config diff`. */
export function addConfigCommands(program: Command): void {
  const config = program.command('config').description('the device configuration');

  addTlsOptions(config.command('push'))
    .description(
      'validate a configuration and put it in force; all problems are told at once, and nothing applied if any',
    )
    .argument('<file>', fileArgument)
    .option('--dry-run', 'validate only')
    .option('--expected-version <version>', 'apply only if this is the version in force', versionNumber)
    .option('--author <name>', 'who pushes it; kept with the configuration', defaultAuthor())
    .option('--json', 'print for programs')
    .action(action(async () => (await import('./push.js')).push));

  addTlsOptions(config.command('get'))
    .description('print the configuration in force')
    .addOption(
      new Option('--format <format>', 'how to write it; only binary keeps fields that this version does not know')
        .choices(formats)
        .default('json'),
    )
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .option('--json', 'same as --format json')
    .action(action(async () => (await import('./get.js')).get));

  addTlsOptions(config.command('diff'))
    .description('show how a file differs from the configuration in force')
    .argument('<file>', fileArgument)
    .option('--json', 'print for programs')
    .action(action(async () => (await import('./diff.js')).diff));
}
