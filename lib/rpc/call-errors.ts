import type { Meters } from '../observability/index.js';
import type { RpcError } from './errors.js';

/**
 * Counts calls that were answered with an error, over all servers of this process; no more series than methods times
 * codes.
 */
export class CallErrors {
  /** By path of the method, then by name of the code. */
  readonly #counts = new Map<string, Map<string, number>>();

  constructor(meters: Meters) {
    meters.counter(
      { name: 'eve_uplink_rpc_errors_total', help: 'Calls that were answered with an error.' },
      ['service', 'method', 'code'],
      () => this.#samples(),
    );
  }

  /** `path`: `/package.Service/Method` */
  note(path: string, { codeName }: RpcError): void {
    const counts = this.#counts.get(path) ?? new Map<string, number>();
    this.#counts.set(path, counts.set(codeName, (counts.get(codeName) ?? 0) + 1));
  }

  *#samples() {
    for (const [path, counts] of this.#counts) {
      const [, service = '', method = ''] = path.split('/');
      for (const [code, value] of counts) yield { labels: { service, method, code }, value };
    }
  }
}
