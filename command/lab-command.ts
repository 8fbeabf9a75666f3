import { Command } from 'commander';

import type { LabRunOptions } from '../lab/run-lab.js';
import { action } from '../clients/terminal/index.js';

/** `eve-uplink lab`: a ship on your desk. */
export function labCommand(): Command {
  const lab = new Command('lab')
    .description('a ship in network namespaces: real services, real failures, measured outages (needs root)')
    .option('--prefix <prefix>', 'of the names of its network namespaces', 'eve-uplink-')
    .option('--separate', 'run the three services as processes of their own', false)
    .option('--keep', 'stay up after the tour, until Ctrl-C', false)
    .action(
      action(async () => {
        const { tour } = await loadLab();
        return async (_options: unknown, command: Command) => {
          process.exitCode = await tour(optionsOf(command));
        };
      }),
    );
  lab
    .command('up')
    .description('bring it up without the tour, and stay until Ctrl-C or `lab down`')
    .action(
      action(async () => {
        const { stayUp } = await loadLab();
        return (_options: unknown, command: Command) => stayUp(optionsOf(command));
      }),
    );
  lab
    .command('down')
    .description('take a lab down that runs elsewhere, or clean up after one that crashed')
    .action(
      action(async () => {
        const { takeDown } = await loadLab();
        return (_options: unknown, command: Command) => takeDown(optionsOf(command).prefix);
      }),
    );
  lab
    .command('exec')
    .argument('<host>', 'device, isp-eth0, isp-wwan0, isp-sat0, internet, app1 or app2')
    .argument('<command...>', 'what to run there, after --')
    .description('run a command in one of its hosts: lab exec app1 -- ip route')
    .action(
      action(async () => {
        const { execute } = await loadLab();
        return async (host: string, argv: readonly string[], _options: unknown, command: Command) => {
          process.exitCode = await execute(optionsOf(command).prefix, host, argv);
        };
      }),
    );
  return lab;
}

/** Only those who use the lab need it in memory. */
function loadLab() {
  return import('../lab/run-lab.js');
}

function optionsOf(command: Command): LabRunOptions {
  return command.optsWithGlobals<LabRunOptions>();
}
