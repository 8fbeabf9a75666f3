import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { run } from 'iproute-exec';

import type { PortFaultKind } from '../faults/fault.js';
import { faultRules, interceptPorts, noFaultRules } from '../faults/isp-rules.js';
import { Agent } from '../hosts/agent-client.js';
import { LabProcess } from '../processes.js';
import { CUSTOMER_INTERFACE, publicAddress, type PortTopology } from '../topology.js';
import { readCounters, type IspCounters } from './counters.js';
import {
  internetFaultScript,
  ispRuleset,
  lineFaultScript,
  newCustomerScript,
  silentServerScript,
  type InternetFault,
} from './ruleset.js';
import { dhcpServerConfig, nameServerConfig } from './servers.js';

export interface IspOptions {
  /** For configuration files and logs; made where it is missing. */
  readonly folder: string;
  readonly leaseSeconds: number;
  /** Of what answers in the internet's place, in some faults. */
  readonly agentProgram: string;
}

/** The last byte of its address. */
const DEAD_NAME_SERVER_HOST = 53;

/** One ISP: router or NAT, DHCP server, name server, and all the ways in which it can fail. */
export class Isp {
  readonly port: PortTopology;
  readonly #options: IspOptions;
  #customer: string;
  /** What its leases tell. */
  #nameServers: readonly string[];
  #tellsRouter = true;
  #dhcpServer: LabProcess | undefined;
  #nameServer: LabProcess | undefined;
  #interceptor: Agent | undefined;
  #agent: Agent | undefined;
  #timeServer: string | undefined;

  private constructor(port: PortTopology, options: IspOptions) {
    this.port = port;
    this.#options = options;
    this.#customer = port.leaseAddress;
    this.#nameServers = [port.gateway];
  }

  /** Loads the rules and starts the servers. The namespace and its links must be there. */
  static async start(port: PortTopology, options: IspOptions): Promise<Isp> {
    const isp = new Isp(port, options);
    await mkdir(options.folder, { recursive: true });
    await isp.#nft(ispRuleset(port));
    await Promise.all([
      // A firewall that did not see a flow begin does not adopt it midway. The setting exists since the ruleset asked
      // for conntrack.
      port.kind === 'router'
        ? undefined
        : run('sysctl', ['-qw', 'net.netfilter.nf_conntrack_tcp_loose=0'], { namespace: port.ispNamespace }),
      isp.startDhcp(),
      isp.#startNameServer(),
    ]);
    return isp;
  }

  /** What the device's address on this port is, or will be with its next lease. */
  get leaseAddress(): string {
    return this.#customer;
  }

  /** The address under which the internet sees the device on this port, and reaches its port maps. */
  get publicAddress(): string {
    return publicAddress({ ...this.port, leaseAddress: this.#customer });
  }

  counters(): Promise<IspCounters> {
    return readCounters(this.port.ispNamespace);
  }

  /** Up or down: what the device sees is its carrier. */
  async setLine(state: 'up' | 'down'): Promise<void> {
    const { namespace, interfaceName } = this.port.cableEnd;
    await run('ip', ['-n', namespace, 'link', 'set', interfaceName, state]);
  }

  /** What does not pass to the internet any more, while link, gateway, DHCP and name server are well. */
  async setInternet(fault: InternetFault): Promise<void> {
    await this.#nft(internetFaultScript(fault));
  }

  /** A fault of what passes through it, beside others. @throws where an ISP has no rules for it */
  async beginFault(kind: PortFaultKind): Promise<void> {
    const script = faultRules(kind);
    if (script === undefined) throw new Error(`${kind} is no fault of what passes through an ISP`);
    if (script.includes('redirect')) await this.#startInterceptor();
    await this.#nft(script);
  }

  async endFault(kind: PortFaultKind): Promise<void> {
    await this.#nft(noFaultRules(kind));
  }

  /**
   * Starts a proxy at its gateway's address, which reaches the internet where its customer may not. It runs until the
   * ISP stops.
   */
  async startProxy(port: number): Promise<void> {
    const { ispHost: label, gateway: address } = this.port;
    const agent = await this.#startAgent();
    await agent.call('startServer', { kind: 'proxy', label, address, port, nameServer: address });
  }

  /** Starts an echo server at its gateway's address: a host of the network that the port is in. */
  async startTcpEcho(port: number): Promise<void> {
    const { ispHost: label, gateway: address } = this.port;
    const agent = await this.#startAgent();
    await agent.call('startServer', { kind: 'tcp-echo', label, address, port });
  }

  async #startAgent(): Promise<Agent> {
    const { agentProgram: program, folder } = this.#options;
    const { ispHost: name, ispNamespace: namespace } = this.port;
    this.#agent ??= await Agent.start({ name, namespace, program, logFile: join(folder, 'agent.log') });
    return this.#agent;
  }

  /** Its name server falls silent. */
  async stopNameServer(): Promise<void> {
    await this.#nameServer?.stop();
    this.#nameServer = undefined;
  }

  async startNameServer(): Promise<void> {
    if (this.#nameServer?.running !== true) await this.#startNameServer();
  }

  /**
   * Loses this share (0 to 1) of all packets on the line, in each direction, ARP and DHCP included. 1 is a black hole
   * with carrier.
   */
  async setLineLoss(fraction: number): Promise<void> {
    if (!(fraction >= 0 && fraction <= 1)) throw new Error(`loss ${fraction}: want 0 to 1`);
    await this.#nft(lineFaultScript(fraction));
  }

  async startDhcp(): Promise<void> {
    if (this.#dhcpServer?.running === true) return;
    const { folder, leaseSeconds } = this.#options;
    const configFile = join(folder, 'udhcpd.conf');
    await writeFile(
      configFile,
      dhcpServerConfig(this.port, this.#customer, {
        leaseSeconds,
        folder,
        nameServers: this.#nameServers,
        tellsRouter: this.#tellsRouter,
        timeServer: this.#timeServer,
      }),
    );
    await writeFile(join(folder, 'leases'), '');
    this.#dhcpServer = await LabProcess.start({
      name: `udhcpd of ${this.port.ispHost}`,
      namespace: this.port.ispNamespace,
      file: 'busybox',
      args: ['udhcpd', '-f', configFile],
      logFile: join(folder, 'udhcpd.log'),
    });
  }

  /** From the next lease on it names a time server. */
  async nameTimeServer(address: string): Promise<void> {
    this.#timeServer = address;
    await this.stopDhcp();
    await this.startDhcp();
  }

  /** Nobody answers DHCP any more: leases are not renewed. The name server goes on. */
  async stopDhcp(): Promise<void> {
    await this.#dhcpServer?.stop();
    this.#dhcpServer = undefined;
  }

  /** From its next lease on, the device has another address in the same subnet; the old one is foreign at once. */
  async renumber(address: string): Promise<void> {
    this.#customer = address;
    await this.#nft(newCustomerScript(this.port, address));
    if (this.#dhcpServer?.running !== true) return;
    await this.stopDhcp();
    await this.startDhcp();
  }

  /**
   * From its next lease on, it tells another name server before its own: one that keeps silent, or a host without any,
   * which says so (ICMP port unreachable).
   */
  async tellDeadNameServerFirst(kind: 'silent' | 'unreachable'): Promise<void> {
    const { ispNamespace: namespace, gateway } = this.port;
    const address = `${gateway.slice(0, gateway.lastIndexOf('.'))}.${DEAD_NAME_SERVER_HOST}`;
    await run('ip', ['-n', namespace, 'address', 'replace', `${address}/32`, 'dev', CUSTOMER_INTERFACE]);
    if (kind === 'silent') await this.#nft(silentServerScript(address));
    this.#nameServers = [address, gateway];
    await this.stopDhcp();
    await this.startDhcp();
  }

  /** From its next lease on, it tells its router, or none. */
  async tellRouter(tellsRouter: boolean): Promise<void> {
    this.#tellsRouter = tellsRouter;
    await this.stopDhcp();
    await this.startDhcp();
  }

  /** Ends its servers. */
  async stop(): Promise<void> {
    await Promise.all([this.stopDhcp(), this.#nameServer?.stop(), this.#interceptor?.stop(), this.#agent?.stop()]);
  }

  async #startInterceptor(): Promise<void> {
    if (this.#interceptor !== undefined) return;
    const { agentProgram: program, folder } = this.#options;
    const { ispHost: name, ispNamespace: namespace, gateway: address } = this.port;
    const interceptor = await Agent.start({ name, namespace, program, logFile: join(folder, 'interceptor.log') });
    this.#interceptor = interceptor;
    const { portal, mute } = interceptPorts;
    await interceptor.call('startServer', { kind: 'portal', label: name, address, port: portal });
    await interceptor.call('startServer', { kind: 'mute', label: name, address, port: mute });
  }

  async #startNameServer(): Promise<void> {
    const { folder } = this.#options;
    const configFile = join(folder, 'dnsmasq.conf');
    await writeFile(configFile, nameServerConfig(this.port, folder));
    this.#nameServer = await LabProcess.start({
      name: `dnsmasq of ${this.port.ispHost}`,
      namespace: this.port.ispNamespace,
      file: 'dnsmasq',
      args: ['--keep-in-foreground', `--conf-file=${configFile}`],
      logFile: join(folder, 'dnsmasq.log'),
    });
  }

  async #nft(script: string): Promise<void> {
    await run('nft', ['-f', '-'], { namespace: this.port.ispNamespace, input: script });
  }
}
