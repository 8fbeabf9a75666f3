/*
 * The command eve-uplink: puts services, clients and lab together as subcommands (program.ts), and loads a room only
 * when its subcommand is used. Exit codes stand in clients/terminal. Nobody imports this room. Here stands the entry
 * of the source tree; product.ts is that of what is installed, which has no lab.
 */
import { labCommand } from './lab-command.js';
import { start } from './start.js';

await start(labCommand());
