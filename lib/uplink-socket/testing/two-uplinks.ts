import { run } from 'iproute-exec';

import type { Uplink } from '../uplink.js';

/**
 * Where the device's two ports and what is behind them have the same addresses: only the interface tells them apart.
 */
export const DEVICE = { 4: '192.0.2.7', 6: '2001:db8:2::7' } as const;
export const GATEWAY = { 4: '192.0.2.1', 6: '2001:db8:2::1' } as const;
/** The network that both links claim to be. */
export const LINK = { 4: '192.0.2.0/24', 6: '2001:db8:2::/64' } as const;
/** Of a server that each ISP has. */
export const SERVER = { 4: '198.51.100.20', 6: '2001:db8:51::20' } as const;
/** Each ISP has no route to it, and says so. */
export const UNREACHABLE = { 4: '203.0.113.9', 6: '2001:db8:113::9' } as const;
/** Behind each ISP, and silent. */
export const SILENT = { 4: '198.18.0.9', 6: '2001:db8:18::9' } as const;

let labs = 0;
let nextIndex = 4_000;

/**
 * A device with the ports eth0 and eth1 in a namespace, each with an ISP of its own. Routes are as zedrouter makes
 * them: none in the main table.
 */
export class TwoUplinks {
  readonly device: string;
  readonly isps: Readonly<Record<'eth0' | 'eth1', string>>;

  private constructor(prefix: string) {
    this.device = `${prefix}-d`;
    this.isps = { eth0: `${prefix}-i0`, eth1: `${prefix}-i1` };
  }

  static async create(): Promise<TwoUplinks> {
    labs += 1;
    const lab = new TwoUplinks(`evs-${process.pid}-${labs}`);
    for (const namespace of [lab.device, lab.isps.eth0, lab.isps.eth1]) {
      await run('ip', ['netns', 'add', namespace]);
      await run('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
    }
    await lab.#addPort('eth0', 501);
    await lab.#addPort('eth1', 502);
    return lab;
  }

  async remove(): Promise<void> {
    for (const namespace of [this.device, this.isps.eth0, this.isps.eth1]) {
      await run('ip', ['netns', 'del', namespace], { allowFailure: true });
    }
  }

  /** A port as a place to send from. */
  uplink(interfaceName: string): Uplink {
    return { interfaceName, namespace: this.device };
  }

  /** `ip -n NAMESPACE ...`, words in one text; the namespace by its role. */
  async ip(where: 'device' | 'eth0' | 'eth1', words: string): Promise<void> {
    const namespace = where === 'device' ? this.device : this.isps[where];
    await run('ip', ['-n', namespace, ...words.split(' ')]);
  }

  /** An nft ruleset in an ISP's namespace, e.g. to drop or to count. */
  async nft(where: 'device' | 'eth0' | 'eth1', ruleset: string): Promise<void> {
    await run('nft', ['-f', '-'], { namespace: where === 'device' ? this.device : this.isps[where], input: ruleset });
  }

  /** The bytes that a named counter in the table `inet t` has seen. */
  async counted(
    where: 'device' | 'eth0' | 'eth1',
    counter: string,
  ): Promise<{ readonly packets: number; readonly bytes: number }> {
    const namespace = where === 'device' ? this.device : this.isps[where];
    const { stdout } = await run('nft', ['list', 'counter', 'inet', 't', counter], { namespace });
    const [, packets, bytes] = /packets (\d+) bytes (\d+)/.exec(stdout) ?? [];
    return { packets: Number(packets), bytes: Number(bytes) };
  }

  async #addPort(port: 'eth0' | 'eth1', table: number): Promise<void> {
    const [index, farIndex] = [nextIndex++, nextIndex++];
    const isp = this.isps[port];
    const far = `peer name customer index ${farIndex} netns ${isp}`;
    await this.ip('device', `link add ${port} index ${index} type veth ${far}`);
    for (const key of ['all', port]) await sysctl(this.device, `net.ipv4.conf.${key}.rp_filter=2`);
    for (const family of [4, 6] as const) {
      const [flag, prefixLength, whole] = family === 4 ? ['-4', 24, 32] : ['-6', 64, 128];
      const nodad = family === 6 ? ' nodad' : '';
      await this.ip(port, `${flag} address add ${GATEWAY[family]}/${prefixLength} dev customer${nodad}`);
      await this.ip(port, `${flag} address add ${SERVER[family]}/${whole} dev lo${nodad}`);
      await this.ip(port, `${flag} route add unreachable ${UNREACHABLE[family]}`);
      await this.ip(port, `${flag} route add blackhole ${SILENT[family]}`);
      await this.ip('device', `${flag} address add ${DEVICE[family]}/${prefixLength} dev ${port}${nodad}`);
    }
    await this.ip(port, 'link set customer up');
    await sysctl(isp, 'net.ipv4.ip_forward=1');
    await sysctl(isp, 'net.ipv6.conf.all.forwarding=1');
    // ICMP errors are limited to one a second, and tests are faster.
    await sysctl(isp, 'net.ipv4.icmp_ratelimit=0');
    await sysctl(isp, 'net.ipv6.icmp.ratelimit=0');
    await this.ip('device', `link set ${port} up`);
    for (const family of [4, 6] as const) {
      const flag = `-${family}`;
      await this.ip('device', `${flag} route add ${LINK[family]} dev ${port} table ${table}`);
      await this.ip('device', `${flag} route add default via ${GATEWAY[family]} dev ${port} table ${table} onlink`);
      await this.ip('device', `${flag} rule add pref 15000 oif ${port} lookup ${table}`);
      // Without this one rp_filter, loose or not, knows no way back and drops the answers.
      await this.ip('device', `${flag} rule add pref 15000 from ${DEVICE[family]} lookup ${table}`);
    }
  }
}

async function sysctl(namespace: string, assignment: string): Promise<void> {
  await run('sysctl', ['-q', '-w', assignment], { namespace });
}
