import type { Lab } from '../lab.js';
import { monotonicMs } from '../monotonic.js';
import { portMaps } from '../ship.js';
import { internetAddresses, portNames, servicePorts, type AppName, type PortName } from '../topology.js';
import type { TcpSessionReport } from '../traffic/tcp-session.js';
import type { UdpStreamReport } from '../traffic/udp-stream.js';

/** Where an app's traffic goes out, or `none`. */
export type Way = PortName | 'none';

const echoOf = { app1: internetAddresses.echo1, app2: internetAddresses.echo2 } as const;

const STREAM_INTERVAL_MS = 1;
const SESSION_INTERVAL_MS = 50;
const INBOUND_INTERVAL_MS = 10;

/** What "now" means for a stream: long enough for a packet and its answer, short enough to see a change. */
const RECENT_MS = 150;
/** A way counts as shut when nothing has come through it for so long. */
const SILENT_MS = 500;

export interface TrafficReport {
  readonly stream: UdpStreamReport;
  readonly session: TcpSessionReport;
  /** Datagrams from the internet to the app's port map, by the port they are sent to. */
  readonly inbound: Readonly<Record<PortName, UdpStreamReport>>;
}

/**
 * An app's measured traffic: a UDP stream and a session like ssh's to the internet, each app to an address of its own;
 * and from the internet, datagrams to the app's port map at each of the ship's public addresses.
 */
export class AppTraffic {
  readonly app: AppName;
  readonly #lab: Lab;
  readonly #stream: number;
  readonly #session: number;
  readonly #inbound: Readonly<Record<PortName, number>>;

  private constructor(lab: Lab, app: AppName, stream: number, session: number, inbound: Record<PortName, number>) {
    this.#lab = lab;
    this.app = app;
    this.#stream = stream;
    this.#session = session;
    this.#inbound = inbound;
  }

  static async start(lab: Lab, app: AppName): Promise<AppTraffic> {
    const { agent } = lab.app(app);
    const target = { address: echoOf[app], port: servicePorts.echo };
    const inbound = (port: PortName): Promise<{ stream: number }> =>
      lab.internet.agent.call('startUdpStream', {
        address: lab.isp(port).publicAddress,
        port: portMaps[app].udpEcho,
        intervalMs: INBOUND_INTERVAL_MS,
      });
    const [{ stream }, { session }, eth0, wwan0, sat0] = await Promise.all([
      agent.call('startUdpStream', { ...target, intervalMs: STREAM_INTERVAL_MS }),
      agent.call('startTcpSession', { ...target, intervalMs: SESSION_INTERVAL_MS, connectTimeoutMs: 500 }),
      inbound('eth0'),
      inbound('wwan0'),
      inbound('sat0'),
    ]);
    return new AppTraffic(lab, app, stream, session, { eth0: eth0.stream, wwan0: wwan0.stream, sat0: sat0.stream });
  }

  /**
   * What happened to packets sent within [sinceMs, untilMs], and sessions that broke since. Without `untilMs`: what is
   * known now.
   */
  async report(sinceMs: number, untilMs?: number): Promise<TrafficReport> {
    const { agent } = this.#lab.app(this.app);
    const window = untilMs === undefined ? { sinceMs } : { sinceMs, untilMs };
    const inbound = (port: PortName): Promise<UdpStreamReport> =>
      this.#lab.internet.agent.call('readUdpStream', { stream: this.#inbound[port], ...window });
    const [stream, session, eth0, wwan0, sat0] = await Promise.all([
      agent.call('readUdpStream', { stream: this.#stream, ...window }),
      agent.call('readTcpSession', { session: this.#session, sinceMs }),
      inbound('eth0'),
      inbound('wwan0'),
      inbound('sat0'),
    ]);
    return { stream, session, inbound: { eth0, wwan0, sat0 } };
  }

  /** Whether stream and session now go out by this way and by no other, and port maps answer there. */
  async goesBy(way: Way, portMapsFollow: boolean): Promise<boolean> {
    const report = await this.report(monotonicMs() - (way === 'none' ? SILENT_MS : RECENT_MS));
    const sources = report.stream.sources.map(({ address }) => address);
    // A session with nowhere to go is not told that it is over: the port may come back.
    if (way === 'none') return sources.length === 0;
    const { publicAddress } = this.#lab.isp(way);
    const answering = portNames.filter((port) => report.inbound[port].answered > 0);
    return (
      sources.length === 1 &&
      sources[0] === publicAddress &&
      report.session.source === publicAddress &&
      (!portMapsFollow || (answering.length === 1 && answering[0] === way))
    );
  }

  async stop(): Promise<void> {
    const { agent } = this.#lab.app(this.app);
    await Promise.all([
      agent.call('stopUdpStream', { stream: this.#stream, graceMs: 0 }),
      agent.call('stopTcpSession', { session: this.#session }),
      ...portNames.map((port) =>
        this.#lab.internet.agent.call('stopUdpStream', { stream: this.#inbound[port], graceMs: 0 }),
      ),
    ]);
  }
}
