import { status } from '@grpc/grpc-js';

import {
  HealthCheckResponse_ServingStatus,
  HealthService,
  type HealthServer,
} from '../../gen/grpc/health/v1/health.js';
import { RpcError } from './errors.js';
import { serverStreaming, unary } from './handlers.js';
import { StateStore } from './state-store.js';

interface ServiceHealth {
  readonly service: string;
  readonly serving: boolean;
}

/** grpc.health.v1 for the services of one server, and for '' (the server as a whole). */
export class Health {
  readonly definition = HealthService;
  readonly implementation: HealthServer;
  readonly #store = new StateStore<ServiceHealth>();

  /** Every one of `services` counts as serving until told otherwise. */
  constructor(services: readonly string[]) {
    this.#put(new Map(['', ...services].map((service) => [service, { service, serving: true }])));
    this.implementation = this.#implement();
  }

  setServing(service: string, serving: boolean): void {
    this.#put(new Map([...this.#current(), [service, { service, serving }]]));
  }

  /** The server is about to end. */
  setNothingServing(): void {
    this.#put(new Map([...this.#current().keys()].map((service) => [service, { service, serving: false }])));
  }

  #current(): ReadonlyMap<string, ServiceHealth> {
    return new Map(this.#store.list().map((health) => [health.service, health]));
  }

  #put(healths: ReadonlyMap<string, ServiceHealth>): void {
    this.#store.replaceAll(healths);
  }

  #implement(): HealthServer {
    const store = this.#store;
    return {
      check: unary(({ service }) => {
        const health = store.get(service);
        if (health === undefined) throw new RpcError(status.NOT_FOUND, `no service ${JSON.stringify(service)} here`);
        return { status: servingStatus(health) };
      }),
      watch: serverStreaming(({ service }, { signal }) => watchService(store, service, signal)),
      list: unary(() => ({
        statuses: Object.fromEntries(store.list().map((health) => [health.service, { status: servingStatus(health) }])),
      })),
    };
  }
}

/** Unknown services are watched too: they may come (gRPC's health checking document). */
async function* watchService(
  store: StateStore<ServiceHealth>,
  service: string,
  signal: AbortSignal,
): AsyncGenerator<{ status: HealthCheckResponse_ServingStatus }> {
  let told: HealthCheckResponse_ServingStatus | undefined;
  for await (const _change of store.watch({ epoch: '', afterRevision: 0n }, signal)) {
    const now = servingStatus(store.get(service));
    if (now !== told) yield { status: now };
    told = now;
  }
}

function servingStatus(health: ServiceHealth | undefined): HealthCheckResponse_ServingStatus {
  if (health === undefined) return HealthCheckResponse_ServingStatus.SERVICE_UNKNOWN;
  return health.serving ? HealthCheckResponse_ServingStatus.SERVING : HealthCheckResponse_ServingStatus.NOT_SERVING;
}
