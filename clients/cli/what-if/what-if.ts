import type { Command } from 'commander';

import {
  AssumedPortState,
  EvaluateResponse,
  type AssumedGrant,
  type AssumedPort,
} from '../../../gen/nim/v1/network_interface_manager.js';
import { call } from '../../../lib/rpc/index.js';
import { pointingAt, readConfigFile } from '../config/file.js';
import { ask, withConnection } from '../../connection/clients.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { print, printJson } from '../../terminal/output.js';
import { patchFrom, type PatchOptions } from '../policy/patch-options.js';
import { messageToJson } from '../../terminal/json.js';
import { whatIfText } from '../../render/what-if-text.js';

export interface WhatIfOptions extends PatchOptions {
  readonly config?: string;
  readonly grant?: readonly AssumedGrant[];
  readonly down?: readonly string[];
  readonly failing?: readonly string[];
  readonly working?: readonly string[];
  readonly json?: boolean;
}

/** `what-if` */
export async function whatIf(options: WhatIfOptions, command: Command): Promise<void> {
  const draft = options.config === undefined ? undefined : await readConfigFile(options.config);
  const request = {
    config: draft?.config,
    policy: patchFrom(options),
    grants: [...(options.grant ?? [])],
    ports: [
      ...assumed(options.down, AssumedPortState.ASSUMED_PORT_STATE_DOWN),
      ...assumed(options.failing, AssumedPortState.ASSUMED_PORT_STATE_FAILING),
      ...assumed(options.working, AssumedPortState.ASSUMED_PORT_STATE_WORKING),
    ],
  };
  const answer = await withConnection('nim', connectionOptionsOf(command), (nim) =>
    ask(nim, (client, callOptions) => call(client, 'evaluate', request, callOptions)),
  ).catch((problem: unknown) => {
    throw draft === undefined ? problem : pointingAt(draft, problem);
  });
  if (options.json === true)
    printJson(await messageToJson('org.lfedge.eve.nim.v1.EvaluateResponse', EvaluateResponse, answer));
  else print(whatIfText(answer));
}

function assumed(ports: readonly string[] = [], state: AssumedPortState): readonly AssumedPort[] {
  return ports.map((port) => ({ port, state }));
}
