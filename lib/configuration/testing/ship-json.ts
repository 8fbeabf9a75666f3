import { configFromJson, interpret, type DeviceModel, type Port } from '../index.js';

/** A UUID of that number. */
export const uuid = (number: number): string => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;

/** Protobuf JSON of a message. */
export type Json = Record<string, unknown>;

/** A PhysicalIO. */
export function physical(name: string, more: Json = {}): Json {
  return { logicallabel: name, phyaddrs: { ifname: name }, usage: 'PhyIoUsageMgmtAndApps', ...more };
}

/** A local network instance with the subnet 10.N.0.0/24, on all management ports. */
export function local(number: number, more: Json = {}): Json {
  return {
    uuidandversion: { uuid: uuid(number) },
    displayname: `ni${number}`,
    instType: 'ZnetInstLocal',
    activate: true,
    port: { name: 'uplink' },
    ip: { subnet: `10.${number}.0.0/24`, gateway: `10.${number}.0.1` },
    ...more,
  };
}

/** Keys that anybody may know. */
export const publicKey = (number: number): string => Buffer.alloc(32, number).toString('base64');

/** A cloud network instance whose WireGuard tunnel leads everywhere; `more` is laid over the tunnel. */
export function tunnelled(number: number, more: Json = {}): Json {
  return local(number, {
    instType: 'ZnetInstCloud',
    wireguard: {
      privateKeyFile: '/etc/eve-uplink/wireguard.key',
      addresses: [`10.200.0.${number}`],
      peers: [{ publicKey: publicKey(number), endpoint: 'vpn.example.com:51820', allowedPrefixes: ['0.0.0.0/0'] }],
      ...more,
    },
  });
}

/** An ACE that maps a port. */
export function portMap(lport: string, matches: Json[] = [], protocol = 'tcp'): Json {
  return {
    matches: [{ type: 'protocol', value: protocol }, { type: 'lport', value: lport }, ...matches],
    actions: [{ portmap: true, appPort: 80 }],
  };
}

/** An app with one interface in a network instance. */
export function app(number: number, instance: number, more: Json = {}): Json {
  return {
    uuidandversion: { uuid: uuid(1000 + number) },
    displayname: `app${number}`,
    interfaces: [{ name: 'eth0', networkId: uuid(instance), ...more }],
  };
}

/** Two uplinks, and whatever a test is about. */
export function ship(more: Json = {}): Json {
  return {
    deviceIoList: [physical('eth0'), physical('wwan0')],
    systemAdapterList: [
      { name: 'eth0', uplink: true },
      { name: 'wwan0', uplink: true, cost: 5 },
    ],
    ...more,
  };
}

/** The model of a configuration that is valid. */
export function modelOf(json: Json): DeviceModel {
  const interpretation = interpret(configFromJson(json));
  if (interpretation.kind === 'invalid') throw new Error(JSON.stringify(interpretation.problems, undefined, 1));
  return interpretation.model;
}

/** One of its ports. */
export function portOf(json: Json, index = 0): Port {
  const port = modelOf(json).ports[index];
  if (port === undefined) throw new Error('no such port');
  return port;
}

/** The fields that are wrong. */
export function fieldsOf(json: Json): readonly string[] {
  const interpretation = interpret(configFromJson(json));
  return interpretation.kind === 'valid' ? [] : interpretation.problems.map(({ field }) => field);
}
