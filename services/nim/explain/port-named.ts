import { status } from '@grpc/grpc-js';

import type { Port } from '../../../lib/configuration/index.js';
import { RpcError } from '../../../lib/rpc/index.js';

type Names = Pick<Port, 'label' | 'interfaceName'>;

/** The port with this label, or else on this interface. */
export function findPort<P extends Names>(name: string, ports: readonly P[]): P | undefined {
  return ports.find(({ label }) => label === name) ?? ports.find(({ interfaceName }) => interfaceName === name);
}

/** That there is no port of that name, and which there are. */
export function noSuchPort(name: string, ports: readonly Names[]): string {
  const known = ports.map(({ label }) => label).join(', ');
  return `there is no port ${JSON.stringify(name)}; ports are ${known || 'none'}`;
}

/** The port with this label, or else on this interface. @throws RpcError NOT_FOUND */
export function portNamed(name: string, ports: readonly Port[]): Port {
  const port = findPort(name, ports);
  if (port !== undefined) return port;
  throw new RpcError(status.NOT_FOUND, noSuchPort(name, ports), { reason: 'PORT_UNKNOWN' });
}
