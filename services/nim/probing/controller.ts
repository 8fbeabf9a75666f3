import { readFile } from 'node:fs/promises';

import { targetKey, type ProbeTarget } from '../../../lib/configuration/index.js';
import { controllerPingTarget } from './probe/index.js';

/** Where the device's controller is, and how it proves itself. */
export interface ControllerOptions {
  /** `https://controller.example` */
  readonly url: string;
  /** PEM file of the authority that signs its certificate; undefined: whom this machine trusts. */
  readonly certificateAuthorityFile?: string | undefined;
}

export interface Controller {
  readonly target: ProbeTarget;
  readonly targetKey: string;
  readonly certificateAuthority: string | undefined;
}

/** What the controller's ping asks. @throws Error that says what is wrong with the options */
export async function readController(options: ControllerOptions): Promise<Controller> {
  const parsed = controllerPingTarget(options.url);
  if (parsed.kind === 'invalid') throw new Error(`the controller's URL ${options.url} ${parsed.problem}`);
  const { certificateAuthorityFile: file } = options;
  const certificateAuthority = file === undefined ? undefined : await readAuthority(file);
  return { target: parsed.target, targetKey: targetKey(parsed.target), certificateAuthority };
}

async function readAuthority(file: string): Promise<string> {
  const text = await readFile(file, 'utf8');
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new Error(`${file} holds no certificate in PEM form`);
}
