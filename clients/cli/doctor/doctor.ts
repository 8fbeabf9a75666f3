import type { Command } from 'commander';

import { exitCodes } from '../../terminal/exit-codes.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { print, printJson } from '../../terminal/output.js';
import { diagnose, diagnosesText } from './diagnose.js';
import { readMachine } from '../machine/read-machine.js';

/** `doctor` */
export async function doctor({ json }: { readonly json?: boolean }, command: Command): Promise<void> {
  const diagnoses = diagnose(await readMachine(connectionOptionsOf(command).runDir));
  if (json === true) printJson(diagnoses);
  else print(diagnosesText(diagnoses));
  if (diagnoses.some(({ verdict }) => verdict === 'bad')) process.exitCode = exitCodes.failed;
}
