import { InvalidArgumentError, Option, type Command } from 'commander';

import { action } from '../terminal/index.js';
import { rateOf, timeOf } from './amounts.js';

/** `download`. */
export function addDownloadCommand(program: Command): void {
  program
    .command('download')
    .description('fetch an image over the ports that policy permits, and over no others')
    .argument('[url]', 'http:// or https://; or give --content-tree')
    .requiredOption('-o, --output <file>', 'where it goes; FILE.part and FILE.part.json are there until it is whole')
    .addOption(new Option('--operation <operation>', 'what it is for').choices(['base-image', 'app-image']))
    .option('--content-tree <uuid>', "take URL, datastore, size, sha256 and operation from the device's configuration")
    .option('--sha256 <hex>', 'what the file must hash to', sha256)
    .option('--limit <rate>', 'bytes per second at most: 500k, 2M', rate)
    .option('--ca <file>', 'trust the authorities in this PEM file, too')
    .option('--no-wait', 'end where no permitted port can be used, instead of waiting for one')
    .option('--wait-timeout <time>', 'wait so long at most for a permitted port: 30s, 10m, 2h', time)
    .option('--stall-timeout <time>', 'leave a port over which the source sends nothing for so long', time, 30_000)
    .option('--rounds <count>', 'give up after so many rounds over all permitted ports without a byte', count, 6)
    .option('--json', 'print for programs: one event a line')
    .action(action(async () => (await import('./run-download.js')).runDownload));
}

function sha256(text: string): string {
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new InvalidArgumentError('It is 64 hexadecimal digits.');
  return text.toLowerCase();
}

function rate(text: string): number {
  const bytesPerSecond = rateOf(text);
  if (bytesPerSecond === undefined) throw new InvalidArgumentError('It is a rate of 1k or more, like 500k or 2M.');
  return bytesPerSecond;
}

function time(text: string): number {
  const ms = timeOf(text);
  if (ms === undefined) throw new InvalidArgumentError('It is a time like 30s, 10m or 2h.');
  return ms;
}

function count(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1 on.');
  return Number(text);
}
