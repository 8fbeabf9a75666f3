import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { run, type RunResult } from 'iproute-exec';

import type { EdgeDevConfig } from '../gen/config/devconfig.js';
import { AppPlugger } from './app-plugger.js';
import type { App } from './app.js';
import type { DevicePorts } from './device-ports.js';
import { CERTIFICATE_AUTHORITY_FILE, type Internet } from './internet.js';
import type { Isp } from './isp/isp.js';
import { labFolder, type LabOptions } from './lab-options.js';
import { monotonicMs } from './monotonic.js';
import { removeLab } from './removal.js';
import type { ServiceName, ServiceProcess } from './service-process.js';
import { ServiceSet, type ServiceSetOptions } from './service-set.js';
import { shipConfiguration, type ShipOptions } from './ship.js';
import {
  appNames,
  internetHostName,
  portNames,
  type AppName,
  type HostName,
  type PortName,
  type Topology,
} from './topology.js';
import { waitFor } from '../lib/clock/index.js';

/** When something was done to the lab: it took effect between these two, on the monotonic clock. */
export interface DoneAt {
  readonly beforeMs: number;
  readonly afterMs: number;
}

export interface LabParts {
  readonly isps: Readonly<Record<PortName, Isp>>;
  readonly internet: Internet;
  readonly devicePorts: DevicePorts;
  readonly apps: Readonly<Record<AppName, App>>;
}

const PARKED_INTERFACE = 'parked';

/**
 * A ship in network namespaces: a device with three uplinks, their ISPs, an internet, two apps. And everything that can
 * go wrong.
 */
export class Lab {
  readonly topology: Topology;
  readonly runDir: string;
  readonly stateDir: string;
  /** For logs and configuration files of the lab itself. */
  readonly folder: string;
  readonly #parts: LabParts;
  readonly #endings: (() => Promise<void>)[] = [];
  #services: ServiceSet | undefined;
  #plugger: AppPlugger | undefined;
  #destroyed: Promise<void> | undefined;

  constructor(options: LabOptions, topology: Topology, parts: LabParts) {
    this.topology = topology;
    this.runDir = options.runDir;
    this.stateDir = options.stateDir;
    this.folder = labFolder(options);
    this.#parts = parts;
  }

  get internet(): Internet {
    return this.#parts.internet;
  }

  isp(port: PortName): Isp {
    return this.#parts.isps[port];
  }

  app(name: AppName): App {
    return this.#parts.apps[name];
  }

  /** The name of a host's network namespace. */
  namespace(host: HostName): string {
    return this.topology.namespaces[host];
  }

  /** Runs a command in a host, to its end. A non-zero exit code is a result. */
  exec(host: HostName, argv: readonly [string, ...string[]], timeoutMs = 10_000): Promise<RunResult> {
    const [file, ...args] = argv;
    return run(file, args, { namespace: this.namespace(host), allowFailure: true, timeoutMs });
  }

  /** The cable of a port comes out at the ISP's end: the device loses the carrier. */
  pullCable(port: PortName): Promise<DoneAt> {
    return timed(() => this.isp(port).setLine('down'));
  }

  plugCable(port: PortName): Promise<DoneAt> {
    return timed(() => this.isp(port).setLine('up'));
  }

  /** Nothing passes beyond the ISP any more; link, gateway, DHCP and name server are well. */
  killInternetBehind(port: PortName): Promise<DoneAt> {
    return timed(() => this.isp(port).setInternet('everything'));
  }

  restoreInternetBehind(port: PortName): Promise<DoneAt> {
    return timed(() => this.isp(port).setInternet('none'));
  }

  /** Nothing passes to this address over the port any more; everything else does. */
  blockDestination(port: PortName, to: string): Promise<DoneAt> {
    return timed(() => this.isp(port).setInternet({ to }));
  }

  /** The ISP swallows everything, ARP included; the carrier stays. */
  blackholeGateway(port: PortName): Promise<DoneAt> {
    return this.lose(port, 1);
  }

  restoreGateway(port: PortName): Promise<DoneAt> {
    return this.lose(port, 0);
  }

  /** Loses this share (0 to 1) of the line's packets, in each direction. */
  lose(port: PortName, fraction: number): Promise<DoneAt> {
    return timed(() => this.isp(port).setLineLoss(fraction));
  }

  /** The ISP's DHCP server falls silent: the lease is not renewed, and the address goes when its time is up. */
  async stopDhcp(port: PortName): Promise<void> {
    await this.isp(port).stopDhcp();
  }

  async startDhcp(port: PortName): Promise<void> {
    await this.isp(port).startDhcp();
  }

  /** Takes the port's address away. The DHCP client does not notice, and brings none back before its next renewal. */
  flushAddress(port: PortName): Promise<DoneAt> {
    return timed(async () => {
      await run('ip', ['-n', this.namespace('device'), '-4', 'address', 'flush', 'dev', port, 'scope', 'global']);
    });
  }

  /** The DHCP client begins anew and gets the port an address. Does not wait for it. */
  async renewAddress(port: PortName): Promise<void> {
    await this.#parts.devicePorts.clients[port].restart();
  }

  /** The ISP gives the device another address of the same subnet, now. */
  async renumber(port: PortName, address: string): Promise<void> {
    await this.isp(port).renumber(address);
    await this.renewAddress(port);
  }

  /** The port's interface is gone from the device, as a modem that drops off its bus. */
  async removePort(port: PortName): Promise<DoneAt> {
    await this.#parts.devicePorts.clients[port].stop();
    return timed(async () => {
      await run('ip', [
        ...['-n', this.namespace('device'), 'link', 'set', port, 'netns', this.topology.ports[port].ispNamespace],
        ...['name', PARKED_INTERFACE],
      ]);
    });
  }

  /** It is back, and gets its address by DHCP. */
  async returnPort(port: PortName): Promise<DoneAt> {
    const done = await timed(async () => {
      await run('ip', [
        ...['-n', this.topology.ports[port].ispNamespace, 'link', 'set', PARKED_INTERFACE],
        ...['netns', this.namespace('device'), 'name', port],
      ]);
    });
    await this.#parts.devicePorts.clients[port].start();
    return done;
  }

  /** The port's IPv4 address on the device; undefined where it has none. */
  async portAddress(port: PortName): Promise<string | undefined> {
    const { stdout } = await this.exec('device', ['ip', '-4', '-o', 'address', 'show', 'dev', port, 'scope', 'global']);
    return /inet ([\d.]+)\//.exec(stdout)?.[1];
  }

  /** Waits until the port has the address that its ISP gives. */
  async waitForLease(port: PortName, timeoutMs = 10_000): Promise<string> {
    const { leaseAddress } = this.isp(port);
    return waitFor(
      `address ${leaseAddress} on ${port}`,
      async () => ((await this.portAddress(port)) === leaseAddress ? leaseAddress : undefined),
      { timeoutMs, everyMs: 20 },
    );
  }

  /** The ship's configuration, for this lab. Flows move with their network instance unless `drainSeconds` says else. */
  configuration(options: ShipOptions = {}): EdgeDevConfig {
    return shipConfiguration(this.topology, { drainSeconds: 0, ...options });
  }

  /**
   * Starts the services in the device, and has the apps plugged where zedrouter says. Call it once; later
   * `services.start()`.
   */
  async startServices(options: ServiceSetOptions = {}): Promise<ServiceSet> {
    if (this.#services !== undefined) throw new Error('the services have been started already');
    const services = new ServiceSet(options, {
      namespace: this.namespace('device'),
      runDir: this.runDir,
      stateDir: this.stateDir,
      folder: this.folder,
      controller: {
        url: `https://${internetHostName('controller')}`,
        certificateAuthorityFile: join(this.folder, CERTIFICATE_AUTHORITY_FILE),
      },
    });
    this.#services = services;
    this.beforeDestroy(() => services.stop());
    this.startPlugging();
    await services.start();
    return services;
  }

  /** Has the apps plugged where the zedrouter says that serves in this directory, whoever started it. */
  startPlugging(runDir = this.runDir): void {
    this.#plugger = new AppPlugger({
      runDir,
      deviceNamespace: this.namespace('device'),
      apps: appNames.map((name) => this.app(name)),
    });
    this.beforeDestroy(() => this.stopPlugging());
  }

  /** The lab's DHCP clients end, and the ports lose their addresses: somebody else configures them from now on. */
  async leavePortsToHost(): Promise<void> {
    await this.#parts.devicePorts.stop();
    await Promise.all(portNames.map((name) => this.flushAddress(name)));
    await rm(join(this.runDir, 'dns'), { recursive: true, force: true });
  }

  /** The same with one port. */
  async leavePortToHost(port: PortName): Promise<void> {
    await this.#parts.devicePorts.clients[port].stop();
    await this.flushAddress(port);
    await rm(join(this.runDir, 'dns', port), { force: true });
  }

  /** Leaves the apps where they are from now on: nobody but the services is woken by what happens in the device. */
  async stopPlugging(): Promise<void> {
    await this.#plugger?.stop();
    this.#plugger = undefined;
  }

  get services(): ServiceSet {
    if (this.#services === undefined) throw new Error('startServices first');
    return this.#services;
  }

  /** The process of a service: to kill it, to start it again. */
  service(name: ServiceName): ServiceProcess {
    return this.services.get(name);
  }

  /** Pushes a configuration to zedagent; answers the version in force. */
  pushConfig(config: EdgeDevConfig): Promise<bigint> {
    return this.services.pushConfig(config);
  }

  /** Runs `end` before the lab goes down; the last one named comes first. */
  beforeDestroy(end: () => Promise<void>): void {
    this.#endings.unshift(end);
  }

  /** Ends every process, removes namespaces, folders and record. Once is enough; more do no harm. */
  destroy(): Promise<void> {
    this.#destroyed ??= this.#destroy();
    return this.#destroyed;
  }

  async #destroy(): Promise<void> {
    for (const end of this.#endings) await end();
    const { isps, internet, devicePorts, apps } = this.#parts;
    await Promise.all([
      devicePorts.stop(),
      internet.agent.stop(),
      ...portNames.map((name) => isps[name].stop()),
      ...appNames.map((name) => apps[name].stop()),
    ]);
    await removeLab(this.topology, this);
  }
}

async function timed(action: () => Promise<void>): Promise<DoneAt> {
  const beforeMs = monotonicMs();
  await action();
  return { beforeMs, afterMs: monotonicMs() };
}
