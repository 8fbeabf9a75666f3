import { Argument, type Command } from 'commander';

import { action } from '../../terminal/action.js';
import { each, lengthOfTimeMs, operationWord, priorityList, versionNumber } from '../../terminal/arguments.js';
import { defaultAuthor } from '../author.js';
import { addTlsOptions } from '../../terminal/options.js';
import { operationNames } from '../../terminal/operation-names.js';
import { addPatchOptions } from './patch-options.js';

/** `policy show`, `policy set`, `policy grant`, `policy revoke` and `policy grants`. */
export function addPolicyCommands(program: Command): void {
  const policy = program
    .command('policy')
    .description('who may use which port: what the configuration says, and what operators put over it');

  addTlsOptions(policy.command('show'))
    .description('print the policy in force, and where each part of it comes from')
    .option('--json', 'print for programs')
    .action(action(async () => (await import('./show.js')).show));

  const set = addTlsOptions(policy.command('set')).description(
    'change the policy at once, all of it or nothing; what changes, and what would move, is told first',
  );
  addPatchOptions(set)
    .option('--dry-run', 'only tell what would change and what would move')
    .option('-y, --yes', 'do not ask on a terminal')
    .option('--expected-version <version>', 'apply only if this policy version is in force', versionNumber)
    .option('--author <name>', 'who changes it; kept with each override', defaultAuthor())
    .option('--reason <text>', 'why; kept with each override')
    .option('--json', 'print for programs')
    .action(action(async () => (await import('./set.js')).set));

  addTlsOptions(policy.command('grant'))
    .description('permit an operation more priorities for a while; it ends by itself')
    .addArgument(operationArgument())
    .requiredOption('--priority <priorities>', 'which: 2, or 1,2, or 1-3; may stand several times', each(priorityList))
    .option('--network-instance <name>', 'for app-traffic: only this network instance, by name or UUID')
    .requiredOption('--for <time>', 'for how long: 90s, 30m, 2h, 1d or 1h30m', lengthOfTimeMs)
    .requiredOption('--reason <text>', 'why; others read it who wonder about the bill')
    .option('--author <name>', 'who grants it', defaultAuthor())
    .option('--json', 'print for programs')
    .action(action(async () => (await import('./grant.js')).grant));

  addTlsOptions(policy.command('revoke'))
    .description('end a grant before its time')
    .argument('<id>', 'as policy grants shows it')
    .option('--author <name>', 'who ends it', defaultAuthor())
    .option('--reason <text>', 'why')
    .option('--json', 'print for programs')
    .action(action(async () => (await import('./revoke.js')).revoke));

  addTlsOptions(policy.command('grants'))
    .description('list the grants that are live now, the one that ends first first')
    .option('--json', 'print for programs')
    .action(action(async () => (await import('./grants.js')).grants));
}

/** `<operation>`, by its short name. */
export function operationArgument(): Argument {
  return new Argument('<operation>', [...operationNames.keys()].join(', ')).argParser(operationWord);
}
