import { Command, Option } from 'commander';
import { logLevels } from '../lib/observability/index.js';
import { addOperatorCommands } from '../clients/cli/index.js';
import { addDownloadCommand } from '../clients/downloader/index.js';
import { addConnectionOptions, EXIT_CODES_HELP } from '../clients/terminal/index.js';
import { serveCommand } from './serve-command.js';
import { VERSION } from './version.js';

/** What start.ts answers without loading a room. */
const FURTHER_HELP = `
The manual page: eve-uplink man | man -l -
Completion for your shell: eve-uplink complete bash, zsh or fish prints the script`;

/** The eve-uplink command with all its subcommands; `further` are those that only the source tree has. */
export function createProgram(...further: readonly Command[]): Command {
  const program = new Command('eve-uplink')
    .description('Active/standby uplinks for the network instances of an edge device')
    .version(VERSION)
    .addOption(new Option('--log-level <level>', 'how much the services log').choices(logLevels).default('info'))
    .showHelpAfterError('(--help tells more)')
    .addHelpText('after', EXIT_CODES_HELP)
    .addHelpText('after', FURTHER_HELP);
  addConnectionOptions(program);
  addOperatorCommands(program);
  addDownloadCommand(program);
  for (const command of [serveCommand(), ...further]) program.addCommand(command.copyInheritedSettings(program));
  return program;
}
