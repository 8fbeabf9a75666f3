import type { EvaluateRequest, EvaluateResponse } from '../../gen/nim/v1/network_interface_manager.js';
import { call } from '../../lib/rpc/index.js';
import { ask, withConnection } from '../connection/clients.js';
import type { ConnectionOptions } from '../terminal/addresses.js';
import { CallProblem } from '../terminal/problem.js';

/** What NIM foresees, if it can be asked. */
export type Foreseen =
  { readonly kind: 'known'; readonly answer: EvaluateResponse } | { readonly kind: 'unknown'; readonly why: string };

/** What would move. Without NIM a change can be made all the same. */
export async function foresee(
  connection: ConnectionOptions,
  draft: Pick<EvaluateRequest, 'config' | 'policy'>,
): Promise<Foreseen> {
  if (connection.address !== undefined) return { kind: 'unknown', why: 'NIM listens on the device alone' };
  const request = { ...draft, grants: [], ports: [] };
  try {
    const answer = await withConnection('nim', connection, (nim) =>
      ask(nim, (client, callOptions) => call(client, 'evaluate', request, callOptions)),
    );
    return { kind: 'known', answer };
  } catch (error) {
    if (error instanceof CallProblem) return { kind: 'unknown', why: error.message };
    throw error;
  }
}

/** The same in lines. */
export function foreseenLines(foreseen: Foreseen): readonly string[] {
  return foreseen.kind === 'known' ? foreseen.answer.lines : [`What would move is not known: ${foreseen.why}`];
}
