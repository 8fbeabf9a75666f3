import { Option, type Command } from 'commander';
import { action } from '../../terminal/action.js';
import { lengthOfTimeMs, versionNumber } from '../../terminal/arguments.js';
import { addTlsOptions } from '../../terminal/options.js';
import { defaultAuthor } from '../author.js';
import { formats } from './formats.js';

const FILE_ARGUMENT = 'EdgeDevConfig as protobuf JSON, YAML of the same, or binary; - is standard input';

const YES = 'do not ask, and do what is hardly meant: another device, no port or network instance left';
const CONFIRM_WITHIN = 'let the version before return unless `config confirm` comes in this time, as 5m';

/** `config` and what belongs to it. */
export function addConfigCommands(program: Command): void {
  const config = program.command('config').description('the device configuration');

  addTlsOptions(config.command('push'))
    .description(
      'validate a configuration and put it in force; all problems are told at once, and nothing applied if any',
    )
    .argument('<file>', FILE_ARGUMENT)
    .option('--dry-run', 'validate only')
    .option('-y, --yes', YES)
    .option('--confirm-within <time>', CONFIRM_WITHIN, lengthOfTimeMs)
    .option('--expected-version <version>', 'apply only if this is the version in force', versionNumber)
    .option('--author <name>', 'who pushes it; kept with the configuration', defaultAuthor())
    .option('--json', 'print for programs')
    .action(action(async () => (await import('./push.js')).push));

  addTlsOptions(config.command('get'))
    .description('print the configuration in force, or a former version that is kept')
    .argument('[version]', 'a former one', versionNumber)
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
    .argument('<file>', FILE_ARGUMENT)
    .option('--json', 'print for programs')
    .action(action(async () => (await import('./diff.js')).diff));

  addTlsOptions(config.command('confirm'))
    .description('confirm a configuration that was pushed with --confirm-within: it stays')
    .option('--expected-version <version>', 'only if this is the version in force', versionNumber)
    .option('--json', 'print for programs')
    .action(action(async () => (await import('./confirm.js')).confirm));

  addTlsOptions(config.command('rollback'))
    .description('put the content of a former version in force again, as a new version')
    .argument('[version]', 'which; without it the one before', versionNumber)
    .option('--dry-run', 'validate only')
    .option('-y, --yes', YES)
    .option('--confirm-within <time>', CONFIRM_WITHIN, lengthOfTimeMs)
    .option('--author <name>', 'who does it; kept with the configuration', defaultAuthor())
    .option('--json', 'print for programs')
    .action(action(async () => (await import('./rollback.js')).rollback));

  addTlsOptions(config.command('history'))
    .description('the version in force and the former ones that are kept')
    .option('--json', 'print for programs')
    .action(action(async () => (await import('./history.js')).history));

  addTlsOptions(config.command('warnings'))
    .description('what the configuration in force says and what does not come about')
    .option('--json', 'print for programs')
    .action(action(async () => (await import('./warnings.js')).warnings));
}
