import { join } from 'node:path';

import { status } from '@grpc/grpc-js';

import { whenAborted } from '../../../lib/clock/index.js';
import { PortTestState } from '../../../gen/evecommon/uplink.js';
import { CandidateReasonCode, PortCandidate } from '../../../gen/nim/v1/network_instance_test_status.js';
import {
  AuthorizedPort,
  AuthorizePortResponse,
  PortAuthorizationServiceService,
  type PortAuthorizations,
  type PortAuthorizationServiceServer,
} from '../../../gen/nim/v1/port_authorization.js';
import { createLogger } from '../../../lib/observability/index.js';
import {
  RpcError,
  serverStreaming,
  startServer,
  StateStore,
  unary,
  type RunningServer,
} from '../../../lib/rpc/index.js';

/** A port that is permitted, as a test names it. */
export interface ScriptedPort {
  readonly label: string;
  readonly interfaceName?: string;
  readonly group?: number;
  readonly address: string;
  readonly dnsServers?: readonly string[];
  readonly proxies?: AuthorizedPort['proxies'];
  readonly grant?: { readonly id: string; readonly untilBoottimeMs: number };
}

/** A NIM of a test: real gRPC on a real socket; what it permits is what the test says. */
export class ScriptedPermissions {
  readonly socketPath: string;
  /** Each AuthorizePort, in order. */
  readonly asked: string[] = [];
  /** Answers nothing at all while true, as a process that hangs. */
  isSilent = false;
  readonly #store = new StateStore<PortAuthorizations>({ equals: () => false });
  #server: RunningServer | undefined;
  #list: PortAuthorizations = { ports: [], denied: [], policyVersion: 1n, configVersion: 1n };

  private constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  static async start(directory: string): Promise<ScriptedPermissions> {
    const permissions = new ScriptedPermissions(join(directory, 'nim.sock'));
    await permissions.start();
    return permissions;
  }

  async start(): Promise<void> {
    this.#server = await startServer({
      socketPath: this.socketPath,
      logger: createLogger({ service: 'scripted', level: 'silent' }),
      services: [{ definition: PortAuthorizationServiceService, implementation: this.#implementation() }],
    });
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  /** These are permitted, in this order, and those are not. `quietly`: watchers hear nothing of it. */
  permit(
    ports: readonly ScriptedPort[],
    denied: Readonly<Record<string, string>> = {},
    { quietly = false }: { readonly quietly?: boolean } = {},
  ): void {
    this.#list = {
      ports: ports.map(authorizedPort),
      denied: Object.entries(denied).map(([logicalLabel, detail]) => ({
        ...PortCandidate.fromPartial({ logicalLabel, interface: logicalLabel }),
        reasons: [{ code: CandidateReasonCode.CANDIDATE_REASON_CODE_PRIORITY_NOT_ALLOWED, detail }],
      })),
      policyVersion: this.#list.policyVersion + 1n,
      configVersion: 1n,
    };
    if (!quietly) this.#store.replaceAll(new Map([['ports', this.#list]]));
  }

  #implementation(): PortAuthorizationServiceServer {
    const store = this.#store;
    return {
      authorizePort: unary(async ({ port: name }, { signal }) => {
        this.asked.push(name);
        if (this.isSilent)
          await new Promise<void>((resolve) => {
            whenAborted(signal, resolve);
          });
        const port = this.#list.ports.find(({ logicalLabel }) => logicalLabel === name);
        const candidate = this.#list.denied.find(({ logicalLabel }) => logicalLabel === name);
        if (port === undefined && candidate === undefined)
          throw new RpcError(status.NOT_FOUND, `there is no port ${name}`);
        const detail = candidate?.reasons[0]?.detail ?? '';
        return { ...AuthorizePortResponse.fromPartial({ allowed: port !== undefined, detail }), port };
      }),
      listAuthorizedPorts: unary(() => ({ authorizations: this.#list })),
      watchAuthorizedPorts: serverStreaming(async function* ({ epoch, afterRevision }, { signal }) {
        for await (const change of store.watch({ epoch, afterRevision }, signal)) {
          for (const authorizations of change.upserts)
            yield { epoch: change.epoch, revision: change.revision, authorizations };
        }
      }),
    };
  }
}

function authorizedPort(
  { label, interfaceName = label, group = 1, address, dnsServers = [], grant, proxies }: ScriptedPort,
  index: number,
): AuthorizedPort {
  return {
    ...AuthorizedPort.fromPartial({
      logicalLabel: label,
      interface: interfaceName,
      priority: group - 1,
      usable: true,
      group,
    }),
    rank: index + 1,
    sourceAddresses: [address],
    dnsServers: [...dnsServers],
    proxies,
    testState: PortTestState.PORT_TEST_STATE_WORKING,
    grantId: grant?.id ?? '',
    grantedUntilBoottime:
      grant === undefined
        ? undefined
        : { seconds: BigInt(Math.floor(grant.untilBoottimeMs / 1000)), nanos: (grant.untilBoottimeMs % 1000) * 1e6 },
  };
}
