import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { run } from 'iproute-exec';

import type { Lab } from '../lab.js';
import type { ServiceName } from '../service-process.js';
import { CUSTOMER_INTERFACE, type PortName } from '../topology.js';
import type { DeviceFaultKind, Fault, PortFaultKind } from './fault.js';

/** How a fault comes about; the answer undoes it, as far as it is not over or mended by itself. */
type Inflict = (lab: Lab) => Promise<() => Promise<void>>;

const BLIP_MS = 50;
/** RestartSec of our units. */
const RESTART_MS = 1_000;

const nothing = (): Promise<void> => Promise.resolve();

/** Inflicts a fault on the lab. @returns what undoes it; once is enough, and more do no harm */
export async function inflict(lab: Lab, fault: Fault): Promise<() => Promise<void>> {
  return 'port' in fault ? inflictOnPort(fault.kind, fault.port, fault.share ?? 0)(lab) : onDevice[fault.kind](lab);
}

function inflictOnPort(kind: PortFaultKind, port: PortName, share: number): Inflict {
  const own = onPort[kind];
  if (own !== undefined) return (lab) => own(lab, port, share);
  return async (lab) => {
    await lab.isp(port).beginFault(kind);
    return () => lab.isp(port).endFault(kind);
  };
}

/** What is more than rules at the ISP. */
const onPort: Readonly<
  Partial<Record<PortFaultKind, (lab: Lab, port: PortName, share: number) => ReturnType<Inflict>>>
> = {
  'no-carrier': async (lab, port) => {
    await lab.pullCable(port);
    return async () => {
      await lab.plugCable(port);
    };
  },
  'carrier-blip': async (lab, port) => {
    await lab.pullCable(port);
    await sleep(BLIP_MS);
    await lab.plugCable(port);
    return nothing;
  },
  'admin-bounce': async (lab, port) => {
    await inDevice(lab, 'ip', 'link', 'set', port, 'down');
    await inDevice(lab, 'ip', 'link', 'set', port, 'up');
    return nothing;
  },
  'no-address': async (lab, port) => {
    await lab.flushAddress(port);
    return () => lab.renewAddress(port);
  },
  'no-default-route': async (lab, port) => {
    await lab.exec('device', ['ip', 'route', 'delete', 'default', 'dev', port]);
    return () => lab.renewAddress(port);
  },
  'no-gateway': async (lab, port) => {
    const { ispNamespace: namespace, metric } = lab.topology.ports[port];
    for (const setting of ['conf/customer/proxy_arp=1', 'neigh/customer/proxy_delay=0']) {
      await run('sysctl', ['-qw', `net/ipv4/${setting}`], { namespace });
    }
    await inDevice(lab, 'ip', 'route', 'delete', 'default', 'dev', port);
    await inDevice(lab, 'ip', 'route', 'add', 'default', 'dev', port, 'metric', String(metric));
    return async () => {
      await run('sysctl', ['-qw', `net/ipv4/conf/${CUSTOMER_INTERFACE}/proxy_arp=0`], { namespace });
      await lab.exec('device', ['ip', 'route', 'delete', 'default', 'dev', port]);
      await lab.renewAddress(port);
    };
  },
  'forwarding-off': (lab, port) => setting(lab, `net/ipv4/conf/${port}/forwarding`, 0, 1),
  'strict-rp-filter': (lab, port) => setting(lab, `net/ipv4/conf/${port}/rp_filter`, 1, 2),
  'gateway-silent': (lab, port) => lossy(lab, port, 1),
  loss: lossy,
  'names-silent': async (lab, port) => {
    await lab.isp(port).stopNameServer();
    return () => lab.isp(port).startNameServer();
  },
};

const onDevice: Readonly<Record<DeviceFaultKind, Inflict>> = {
  'ip-forward-off': (lab) => setting(lab, 'net/ipv4/ip_forward', 0, 1),
  'ruleset-flushed': async (lab) => {
    await inDevice(lab, 'nft', 'flush', 'ruleset');
    return nothing;
  },
  'rules-flushed': async (lab) => {
    await inDevice(lab, 'ip', 'rule', 'flush', 'protocol', '229');
    return nothing;
  },
  'foreign-forward-drop': async (lab) => {
    const chain = 'type filter hook forward priority filter; policy drop;';
    const firewall = `table inet somebody {\n chain forward {\n ${chain}\n }\n}\n`;
    await run('nft', ['-f', '-'], { namespace: lab.namespace('device'), input: firewall });
    return async () => {
      await lab.exec('device', ['nft', 'delete', 'table', 'inet', 'somebody']);
    };
  },
  'dnsmasq-killed': async (lab) => {
    for (const pid of await dnsmasqsOf(lab)) killIfAlive(pid);
    return nothing;
  },
  'zedagent-killed': killedService('zedagent'),
  'nim-killed': killedService('nim'),
  'zedrouter-killed': killedService('zedrouter'),
};

async function lossy(lab: Lab, port: PortName, share: number): Promise<() => Promise<void>> {
  await lab.lose(port, share);
  return async () => {
    await lab.lose(port, 0);
  };
}

/** Writes a setting of the device. */
async function setting(lab: Lab, name: string, wrong: number, right: number): Promise<() => Promise<void>> {
  await inDevice(lab, 'sysctl', '-qw', `${name}=${wrong}`);
  return () => inDevice(lab, 'sysctl', '-qw', `${name}=${right}`);
}

function killedService(name: ServiceName): Inflict {
  return async (lab) => {
    await lab.service(name).kill('SIGKILL');
    await sleep(RESTART_MS);
    await lab.service(name).start();
    return nothing;
  };
}

/** Processes of the device's own dnsmasqs: those whose configuration stands below the lab's run-dir. */
async function dnsmasqsOf(lab: Lab): Promise<readonly number[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    processes.map(async (name) => {
      const words = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).split('\0');
      const isDnsmasq = words[0]?.endsWith('dnsmasq') === true;
      return isDnsmasq && words.some((word) => word.includes(`${lab.runDir}/dnsmasq`)) ? [Number(name)] : [];
    }),
  );
  return found.flat();
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

async function inDevice(lab: Lab, file: string, ...args: readonly string[]): Promise<void> {
  await run(file, args, { namespace: lab.namespace('device') });
}
