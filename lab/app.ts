import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { run } from 'iproute-exec';

import { DhcpClient } from './dhcp/client.js';
import { Agent } from './hosts/agent-client.js';
import { APP_INTERFACE, type AppTopology } from './topology.js';
import { waitFor } from '../lib/clock/index.js';

/** What every app serves, for port maps to lead to. */
export const appServerPorts = { whoAreYou: 80, udpEcho: 81, tcpEcho: 22 } as const;

/** An app: a namespace with one interface, a DHCP client behind it, and an agent that serves and measures. */
export class App {
  readonly topology: AppTopology;
  readonly agent: Agent;
  readonly #deviceNamespace: string;
  readonly #dhcpClient: DhcpClient;

  private constructor(topology: AppTopology, agent: Agent, deviceNamespace: string, dhcpClient: DhcpClient) {
    this.topology = topology;
    this.agent = agent;
    this.#deviceNamespace = deviceNamespace;
    this.#dhcpClient = dhcpClient;
  }

  /** Starts the app's servers. It has no network yet: that comes with `plug`. */
  static async start(
    topology: AppTopology,
    options: { readonly deviceNamespace: string; readonly agentProgram: string; readonly folder: string },
  ): Promise<App> {
    const { name, namespace } = topology;
    await mkdir(resolverFolder(namespace), { recursive: true });
    await writeFile(join(resolverFolder(namespace), 'resolv.conf'), '');
    const agent = await Agent.start({
      name,
      namespace,
      program: options.agentProgram,
      logFile: join(options.folder, `${name}.log`),
    });
    const server = { label: name, address: '0.0.0.0' };
    await Promise.all([
      agent.call('startServer', { ...server, kind: 'who-are-you', port: appServerPorts.whoAreYou }),
      agent.call('startServer', { ...server, kind: 'udp-echo', port: appServerPorts.udpEcho }),
      agent.call('startServer', { ...server, kind: 'tcp-echo', port: appServerPorts.tcpEcho }),
    ]);
    const dhcpClient = new DhcpClient({
      namespace,
      interfaceName: APP_INTERFACE,
      metric: 0,
      dnsFile: join(resolverFolder(namespace), 'resolv.conf'),
      dnsWrite: 'overwrite',
      logFile: join(options.folder, `udhcpc-${name}.log`),
    });
    return new App(topology, agent, options.deviceNamespace, dhcpClient);
  }

  /** Puts the app's link into a bridge of the device. The app then asks for an address. */
  async plug(bridge: string): Promise<void> {
    const { deviceInterface } = this.topology;
    await run('ip', ['-n', this.#deviceNamespace, '-batch', '-'], {
      input: `link set ${deviceInterface} master ${bridge}\nlink set ${deviceInterface} up\n`,
    });
    if (this.#dhcpClient.running) this.#dhcpClient.renew();
    else await this.#dhcpClient.start();
  }

  /** Takes the app's link out of its bridge and down. */
  async unplug(): Promise<void> {
    const { deviceInterface } = this.topology;
    await run('ip', ['-n', this.#deviceNamespace, '-batch', '-'], {
      input: `link set ${deviceInterface} nomaster\nlink set ${deviceInterface} down\n`,
    });
  }

  /** The app's IPv4 address; undefined where it has none. */
  async address(): Promise<string | undefined> {
    const { stdout } = await run('ip', [
      ...['-n', this.topology.namespace, '-4', '-o'],
      ...['address', 'show', 'dev', APP_INTERFACE, 'scope', 'global'],
    ]);
    return /inet ([\d.]+)\//.exec(stdout)?.[1];
  }

  /** Waits for an address, and answers it. */
  waitForAddress(timeoutMs = 10_000): Promise<string> {
    return waitFor(`an address of ${this.topology.name}`, () => this.address(), { timeoutMs, everyMs: 50 });
  }

  async stop(): Promise<void> {
    await Promise.all([this.agent.stop(), this.#dhcpClient.stop()]);
    await rm(resolverFolder(this.topology.namespace), { recursive: true, force: true });
  }
}

/** ip-netns(8): what is in here is mounted over /etc for commands that run in the namespace. */
function resolverFolder(namespace: string): string {
  return `/etc/netns/${namespace}`;
}
