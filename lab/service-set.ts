import { join } from 'node:path';

import type { EdgeDevConfig } from '../gen/config/devconfig.js';
import { DeviceConfigServiceClient } from '../gen/zedagent/v1/device_config.js';
import { call, connectTo } from '../lib/rpc/index.js';
import { serviceNames, ServiceProcess, type ServiceName } from './service-process.js';

export interface ServiceSetOptions {
  /** Three processes, or (default) `serve all` in one. */
  readonly separate?: boolean;
  /** Default info. */
  readonly logLevel?: string;
  /** NIM tests ports by the ping of the lab's controller; default: link and address are the test. */
  readonly controller?: boolean;
  /** They offer metrics on the device's loopback: one process at this port, three at this and the next two. */
  readonly metricsPort?: number;
  /** A command that runs each, as setpriv does, with what stands before the service's own. */
  readonly runBy?: (serves: ServiceName | 'all') => readonly [string, ...string[]];
}

/** The services in the device. */
export class ServiceSet {
  readonly #processes: ReadonlyMap<ServiceName, ServiceProcess>;
  readonly #runDir: string;

  constructor(
    options: ServiceSetOptions,
    place: {
      readonly namespace: string;
      readonly runDir: string;
      readonly stateDir: string;
      readonly folder: string;
      readonly controller: { readonly url: string; readonly certificateAuthorityFile: string };
    },
  ) {
    const { namespace, runDir, stateDir, folder } = place;
    const metricsPort = (serves: ServiceName | 'all'): number | undefined =>
      options.metricsPort === undefined
        ? undefined
        : options.metricsPort + (serves === 'all' ? 0 : serviceNames.indexOf(serves));
    const processOf = (serves: ServiceName | 'all'): ServiceProcess =>
      new ServiceProcess({
        ...{ serves, namespace, runDir, stateDir },
        logFile: join(folder, `serve-${serves}.log`),
        logLevel: options.logLevel ?? 'info',
        controller: options.controller === true ? place.controller : undefined,
        metricsPort: metricsPort(serves),
        runBy: options.runBy?.(serves),
      });
    const all = options.separate === true ? undefined : processOf('all');
    this.#processes = new Map(serviceNames.map((name) => [name, all ?? processOf(name)]));
    this.#runDir = runDir;
  }

  /** The process that has this service: without `separate` it is the same for all. */
  get(name: ServiceName): ServiceProcess {
    const found = this.#processes.get(name);
    if (found === undefined) throw new Error(`no service ${name}`);
    return found;
  }

  get processes(): readonly ServiceProcess[] {
    return [...new Set(this.#processes.values())];
  }

  /** Starts those that do not run, and waits until they serve. */
  async start(): Promise<void> {
    await Promise.all(this.processes.map((process) => process.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((process) => process.stop()));
  }

  /** Pushes a configuration to zedagent, whatever it takes away; answers the version in force. */
  async pushConfig(config: EdgeDevConfig): Promise<bigint> {
    const client = connectTo(DeviceConfigServiceClient, `unix:${join(this.#runDir, 'zedagent.sock')}`);
    try {
      const request = { config, dryRun: false, expectedVersion: undefined, author: 'lab', assumeYes: true };
      const { version } = await call(client, 'pushConfig', request, { timeoutMs: 10_000 });
      return version;
    } finally {
      client.close();
    }
  }
}
