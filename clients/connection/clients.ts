import { readFileSync } from 'node:fs';
import { credentials, type ChannelCredentials, type Client } from '@grpc/grpc-js';
import { NetworkInterfaceManagerServiceClient } from '../../gen/nim/v1/network_interface_manager.js';
import { PortAuthorizationServiceClient } from '../../gen/nim/v1/port_authorization.js';
import { DeviceConfigServiceClient } from '../../gen/zedagent/v1/device_config.js';
import { PolicyServiceClient } from '../../gen/zedagent/v1/policy.js';
import { NetworkRouterServiceClient } from '../../gen/zedrouter/v1/network_router.js';
import { connectTo, readRpcError, type UnaryOptions } from '../../lib/rpc/index.js';
import { addressOf, type ConnectionOptions, type ServiceName } from '../terminal/addresses.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { CallProblem, CommandProblem } from '../terminal/problem.js';

interface ClientOf {
  readonly zedagent: DeviceConfigServiceClient;
  /** zedagent's PolicyService */
  readonly policy: PolicyServiceClient;
  readonly nim: NetworkInterfaceManagerServiceClient;
  /** NIM's PortAuthorizationService */
  readonly authorization: PortAuthorizationServiceClient;
  readonly zedrouter: NetworkRouterServiceClient;
}

type ClientName = keyof ClientOf;

type ClientClasses = { readonly [Name in ClientName]: Parameters<typeof connectTo<ClientOf[Name]>>[0] };

const clientClasses: ClientClasses = {
  zedagent: DeviceConfigServiceClient,
  policy: PolicyServiceClient,
  nim: NetworkInterfaceManagerServiceClient,
  authorization: PortAuthorizationServiceClient,
  zedrouter: NetworkRouterServiceClient,
};

/** Who serves it. */
const servers: Readonly<Record<ClientName, ServiceName>> = {
  zedagent: 'zedagent',
  policy: 'zedagent',
  nim: 'nim',
  authorization: 'nim',
  zedrouter: 'zedrouter',
};

/** How long an operator waits for an answer. */
const CALL_TIMEOUT_MS = 10_000;

function readTlsFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CommandProblem(`Cannot read ${file}: ${readRpcError(error).message}`);
  }
}

function channelCredentials({ tlsCert, tlsKey, serverCa }: ConnectionOptions): ChannelCredentials {
  const files = [serverCa, tlsKey, tlsCert];
  if (files.every((file) => file === undefined)) return credentials.createInsecure();
  if (serverCa === undefined || tlsKey === undefined || tlsCert === undefined) {
    throw new CommandProblem('TLS needs all three: --tls-cert, --tls-key and --server-ca', exitCodes.usage);
  }
  return credentials.createSsl(readTlsFile(serverCa), readTlsFile(tlsKey), readTlsFile(tlsCert));
}

/** A client and where it leads. */
export interface Connection<C extends Client> {
  readonly service: ServiceName;
  readonly address: string;
  readonly client: C;
}

/** Opens a client for a service. Nothing is sent before the first call. */
export function connect<Name extends ClientName>(name: Name, options: ConnectionOptions): Connection<ClientOf[Name]> {
  const service = servers[name];
  const address = addressOf(service, options);
  const ClientClass: ClientClasses[Name] = clientClasses[name];
  return {
    service,
    address,
    client: connectTo<ClientOf[Name]>(ClientClass, address, channelCredentials(options)),
  };
}

/** Opens a client for the time of `work`. */
export async function withConnection<Name extends ClientName, Result>(
  name: Name,
  options: ConnectionOptions,
  work: (connection: Connection<ClientOf[Name]>) => Promise<Result>,
): Promise<Result> {
  const connection = connect(name, options);
  try {
    return await work(connection);
  } finally {
    connection.client.close();
  }
}

/**
 * Makes a unary call through `invoke`. Whatever it fails with becomes a CallProblem, which knows whom we asked.
 * `timeoutMs`: where the answer takes its time.
 */
export async function ask<C extends Client, Response>(
  { client, service, address }: Connection<C>,
  invoke: (client: C, options: UnaryOptions) => Promise<Response>,
  timeoutMs: number = CALL_TIMEOUT_MS,
): Promise<Response> {
  try {
    return await invoke(client, { timeoutMs });
  } catch (error) {
    throw new CallProblem(service, address, readRpcError(error));
  }
}
