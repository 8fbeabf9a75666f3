import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { run, startWireGuardGo, wireGuardGoSocket } from 'iproute-exec';

import { systemClock } from '../lib/clock/index.js';
import { SecretKey } from '../lib/netlink/index.js';
import { UapiClient } from '../lib/wireguard-go/index.js';
import { Agent } from './hosts/agent-client.js';
import type { Lab } from './lab.js';
import { removeNamespaces } from './leftovers.js';
import { GATEWAY_ADDRESS, servicePorts } from './topology.js';

/** The other end of a tunnel, and this end's key. */
export interface WireGuardGateway {
  /** Its namespace's agent: servers listen on `insideAddress`. */
  readonly agent: Agent;
  /** As a configuration names it. */
  readonly publicKey: string;
  readonly endpoint: string;
  /** Of the device, made for this. */
  readonly privateKeyFile: string;
  /** Its address inside the tunnel, where UDP and TCP are echoed. */
  readonly insideAddress: string;
}

const INSIDE = '10.200.0.1';
const PORT = 51_820;
/** A name that every ISP's name server knows. */
const ENDPOINT = `vpn.example:${PORT}`;
const INDEXES = { gateway: 30, internet: 31 } as const;

/**
 * Starts a WireGuard gateway in a namespace of its own behind the internet, which lets a device with `deviceAddress`
 * inside the tunnel in. It ends with the lab.
 */
export async function startWireGuardGateway(lab: Lab, deviceAddress: string): Promise<WireGuardGateway> {
  const namespace = `${lab.topology.prefix}vpn`;
  const internet = lab.namespace('internet');
  lab.beforeDestroy(() => removeNamespaces([namespace]));
  const [ours, theirs] = [keyPair(), keyPair()];
  const privateKeyFile = join(lab.folder, 'wireguard.key');
  await writeFile(privateKeyFile, `${ours.privateKey}\n`, { mode: 0o600 });
  await run('ip', ['-batch', '-'], {
    input: [
      `netns add ${namespace}`,
      `link add vpn index ${INDEXES.internet} netns ${internet} type veth peer name internet index ${INDEXES.gateway} netns ${namespace}`,
      '',
    ].join('\n'),
  });
  await run('ip', ['-n', internet, '-batch', '-'], {
    input: `link set vpn up\nroute add ${GATEWAY_ADDRESS}/32 dev vpn\n`,
  });
  await run('ip', ['-n', namespace, '-batch', '-'], {
    input: ['link set lo up', 'link set internet up', `addr add ${GATEWAY_ADDRESS}/32 dev internet`, ''].join('\n'),
  });
  await run('sysctl', ['-qw', 'net.ipv4.conf.vpn.proxy_arp=1'], { namespace: internet });
  await run('ip', ['-n', namespace, 'route', 'add', 'default', 'dev', 'internet']);
  const device = `w${lab.topology.prefix.replaceAll(/[^a-z0-9]/g, '').slice(-12)}`;
  await startWireGuardGo(device, namespace);
  const client = await UapiClient.open(wireGuardGoSocket(device), systemClock, () => undefined);
  const privateKey = SecretKey.fromBase64(theirs.privateKey);
  if (client === undefined || privateKey === undefined) throw new Error('the gateway did not start');
  await client.change({
    ...{ privateKey, listenPort: PORT },
    peers: [{ kind: 'set', publicKey: ours.publicKey, allowedPrefixes: [{ address: deviceAddress, length: 32 }] }],
  });
  client.close();
  await run('ip', ['-n', namespace, '-batch', '-'], {
    input: `addr add ${INSIDE}/24 dev ${device}\nlink set ${device} up\n`,
  });
  const agent = await Agent.start({
    name: 'vpn',
    namespace,
    program: join(lab.folder, 'agent.mjs'),
    logFile: join(lab.folder, 'vpn.log'),
  });
  lab.beforeDestroy(() => agent.stop());
  for (const kind of ['udp-echo', 'tcp-echo'] as const) {
    await agent.call('startServer', { kind, label: 'vpn', address: INSIDE, port: servicePorts.echo });
  }
  return { agent, publicKey: theirs.publicKey, endpoint: ENDPOINT, privateKeyFile, insideAddress: INSIDE };
}

/** As `wg genkey` and `wg pubkey` print them. */
export function keyPair(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  const raw = (der: Buffer): string => der.subarray(-32).toString('base64');
  return {
    privateKey: raw(privateKey.export({ type: 'pkcs8', format: 'der' })),
    publicKey: raw(publicKey.export({ type: 'spki', format: 'der' })),
  };
}
