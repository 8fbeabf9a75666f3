import fc from 'fast-check';

const text = fc.oneof(
  fc.constantFrom('', 'eth0', 'eth1', 'wwan0', 'all', 'uplink', 'a b', '"', '..', 'x'.repeat(300)),
  fc.string({ unit: 'grapheme' }),
);
const goodUuid = fc.constantFrom(...[1, 2, 3].map((digit) => `00000000-0000-4000-8000-00000000000${digit}`));
const uuid = fc.oneof({ weight: 4, arbitrary: goodUuid }, { weight: 1, arbitrary: text });
const address = fc.oneof(fc.constantFrom('', '10.0.0.1', '10.0.0.9', '10.1.0.1', '::1', '256.0.0.1'), text);
const subnet = fc.oneof(fc.constantFrom('10.0.0.0/24', '10.1.0.0/16', '10.1.5.0/30', '10.0.0.0/33', ''), text);
const uint32 = fc.oneof(fc.nat(300), fc.nat(2 ** 32 - 1));
const number = fc.integer({ min: -3, max: 300 });
const duration = fc
  .tuple(fc.integer({ min: -100_000, max: 100_000 }), fc.nat(999))
  .map(([seconds, ms]) => `${seconds}.${String(ms).padStart(3, '0')}s`);
const list = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, { maxLength: 3 });
/** Every field may be missing. */
const some = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(fields, { requiredKeys: [] });
const priorities = some({ priorities: list(uint32) });
const target = fc.oneof(
  fc.constantFrom(
    '192.0.2.1',
    'ship.example',
    'tcp://ship.example:22',
    'https://ship.example/ping',
    'icmp://[2001:db8::1]',
  ),
  text,
);

/**
 * Configurations as protobuf JSON, sound and unsound: every field that is read, with values that mean something as
 * often as not.
 */
export const randomConfigJson = some({
  deviceIoList: list(
    some({
      logicallabel: text,
      phyaddrs: fc.dictionary(fc.constantFrom('ifname', 'IFNAME', 'pcilong'), text),
      usage: number,
      usagePolicy: some({ freeUplink: fc.boolean(), fallBackPriority: uint32, allowedOperations: list(number) }),
    }),
  ),
  vlans: list(some({ logicallabel: text, interfaceName: text, lowerLayerName: text })),
  bonds: list(some({ logicallabel: text, interfaceName: text, lowerLayerNames: list(text) })),
  systemAdapterList: list(
    some({
      name: text,
      freeUplink: fc.boolean(),
      uplink: fc.boolean(),
      networkUUID: uuid,
      lowerLayerName: text,
      cost: uint32,
      sharedLabels: list(text),
    }),
  ),
  networks: list(some({ id: uuid, ip: some({ dhcp: number, gateway: address, dns: list(address) }) })),
  networkInstances: list(
    some({
      uuidandversion: some({ uuid }),
      displayname: text,
      instType: number,
      activate: fc.boolean(),
      port: some({ name: text }),
      ipType: number,
      ip: some({
        subnet,
        gateway: address,
        dhcpRange: some({ start: address, end: address }),
        dns: list(address),
        ntp: text,
        moreNtp: list(text),
        domain: text,
      }),
      dns: list(some({ HostName: text, Address: list(address) })),
      staticRoutes: list(
        some({
          destinationNetwork: fc.constantFrom('', '0.0.0.0/0', '::/0', '10.0.0.0/8'),
          probe: some({
            enableGwPing: fc.boolean(),
            gwPingMaxCost: uint32,
            customProbe: some({ probeMethod: number, probeEndpoint: some({ host: target, port: uint32 }) }),
          }),
        }),
      ),
      mtu: uint32,
      wireguard: some({
        privateKeyFile: fc.oneof(fc.constantFrom('/etc/key', '/etc/../key', 'key'), text),
        addresses: list(address),
        peers: list(
          some({
            publicKey: fc.oneof(fc.constantFrom(Buffer.alloc(32, 1).toString('base64'), 'AAAA'), text),
            endpoint: fc.oneof(fc.constantFrom('192.0.2.1:51820', 'vpn.example.com:1', '[2001:db8::1]:1', ':1'), text),
            keepalive: duration,
            allowedPrefixes: list(fc.oneof(fc.constantFrom('0.0.0.0/0', '::/0'), subnet)),
          }),
        ),
        routed: fc.boolean(),
      }),
      allowedPriorities: priorities,
      test: some({
        target,
        interval: duration,
        timeout: duration,
        failAfter: uint32,
        recoverAfter: uint32,
        failbackHold: duration,
        failoverHold: duration,
        lossThresholdPercent: uint32,
        lossClearPercent: uint32,
        latencyThreshold: duration,
        latencyClear: duration,
        drain: duration,
      }),
    }),
  ),
  apps: list(
    some({
      uuidandversion: some({ uuid }),
      displayname: text,
      activate: fc.boolean(),
      interfaces: list(
        some({
          name: text,
          networkId: uuid,
          addr: address,
          hostname: text,
          macAddress: fc.oneof(fc.constantFrom('', '02:00:00:00:00:01', 'ff:ff:ff:ff:ff:ff'), text),
          acls: list(
            some({
              matches: list(
                some({
                  type: fc.oneof(
                    fc.constantFrom('protocol', 'lport', 'fport', 'adapter', 'ip', 'host', 'eidset'),
                    text,
                  ),
                  value: fc.oneof(
                    fc.constantFrom('tcp', 'UDP', '80', '70000', '80-90', '192.0.2.0/24', '::/0', 'example.com'),
                    text,
                  ),
                }),
              ),
              actions: list(
                some({
                  portmap: fc.boolean(),
                  appPort: uint32,
                  drop: fc.boolean(),
                  limit: fc.boolean(),
                  limitrate: uint32,
                  limitunit: fc.oneof(fc.constantFrom('s', 'm', 'hour'), text),
                  limitburst: uint32,
                }),
              ),
              name: text,
              id: fc.integer({ min: -1, max: 0x100_0000 }),
              dir: number,
            }),
          ),
        }),
      ),
    }),
  ),
  configItems: list(
    some({
      key: fc.constantFrom('network.download.max.cost', 'timer.port.testinterval', 'timer.port.timeout', 'x'),
      value: fc.oneof(text, fc.constantFrom('5', '500')),
    }),
  ),
  operationPolicies: list(some({ operation: number, allowed: priorities })),
});
