import type { DescField } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';

import { fieldReferences, fieldsElsewhere } from '../../lib/configuration/field-reference.js';
import { configFromJson, fieldNotices, interpret } from '../../lib/configuration/index.js';
import { app, local, physical, portMap, ship, uuid, type Json } from '../../lib/configuration/testing/ship-json.js';
import { coveredFields, edgeDevConfig } from './configuration-page.js';
import { walkFields } from './walk-fields.js';

const told = [...fieldReferences, ...fieldsElsewhere].map(({ path }) => path);

describe('the field reference', () => {
  it('tells of every field of EdgeDevConfig, and of none that is not there', () => {
    expect([...told].sort()).toEqual(
      coveredFields()
        .map(({ path }) => path)
        .sort(),
    );
  });

  it('tells of each once', () => {
    expect(told.filter((path, index) => told.indexOf(path) < index)).toEqual([]);
  });

  it('says what every field means', () => {
    expect(fieldReferences.filter(({ meaning }) => meaning === '')).toEqual([]);
  });
});

/** A configuration in which every field that is read counts for something. */
const everything: Json = {
  deviceIoList: [
    physical('eth0', { usagePolicy: { freeUplink: true } }),
    physical('wwan0'),
    physical('eth2'),
    physical('eth3'),
  ],
  vlans: [{ logicallabel: 'vlan7', interfaceName: 'eth2.7', lowerLayerName: 'eth2' }],
  bonds: [{ logicallabel: 'bond0', interfaceName: 'bond0', lowerLayerNames: ['eth3'] }],
  systemAdapterList: [
    { name: 'eth0', uplink: true, networkUUID: uuid(77) },
    { name: 'wwan0', uplink: true },
    { name: 'vlan7', uplink: true, cost: 3 },
    { name: 'bond0', uplink: true, cost: 4 },
  ],
  networks: [
    {
      id: uuid(77),
      ip: { dhcp: 'Static', gateway: '192.0.2.1' },
      entProxy: { proxies: [{ proto: 'PROXY_HTTPS', server: 'proxy.example', port: 3128 }] },
    },
  ],
  networkInstances: [
    local(1, { test: { target: 'icmp://192.0.2.9', interval: '10s' } }),
    local(2, {
      ip: { subnet: '10.2.0.0/24' },
      staticRoutes: [
        { destinationNetwork: '198.51.100.0/24', port: 'wwan0' },
        {
          destinationNetwork: '0.0.0.0/0',
          probe: {
            enableGwPing: true,
            customProbe: {
              probeMethod: 'CONNECTIVITY_PROBE_METHOD_TCP',
              probeEndpoint: { host: '192.0.2.8', port: 443 },
            },
          },
        },
      ],
    }),
    local(3, { instType: 'ZnetInstSwitch', port: { name: 'eth0' }, ip: {} }),
  ],
  apps: [
    app(1, 1, {
      acls: [
        portMap('8080'),
        { matches: [{ type: 'ip', value: '0.0.0.0/0' }], actions: [{}] },
        { id: 9, actions: [{ limit: true, limitrate: 5, limitunit: 's', limitburst: 9 }] },
      ],
    }),
  ],
  operationPolicies: [{ operation: 'NETWORK_OPERATION_LOG_UPLOAD', allowed: { priorities: [0] } }],
  configItems: [{ key: 'network.download.max.cost', value: '9' }],
};

/** What is made of a configuration, as text, and why a push of it is refused. */
function meaningOf(json: Json): string {
  const config = configFromJson(json);
  return JSON.stringify({ ...interpret(config), refused: fieldNotices(config).refused }, (key, value: unknown) => {
    return value instanceof Map ? [...(value as Map<unknown, unknown>)] : value;
  });
}

/** Every field here comes about. */
const honouredOnly: Json = ship({
  id: { uuid: uuid(1), version: '3' },
  networkInstances: [local(1, { ip: { subnet: '10.1.0.0/24', gateway: '10.1.0.1', ntp: '192.0.2.1' } })],
  apps: [app(1, 1, { acls: [portMap('8080')] })],
  configItems: [{ key: 'debug.default.loglevel', value: 'info' }],
});

/** Where a field is told of: what stands for all below it, at its head. */
function toldAt(path: string): string {
  const whole = fieldReferences.find((one) => one.path.endsWith('.**') && path.startsWith(one.path.slice(0, -2)));
  return whole === undefined ? path : whole.path.slice(0, -'.**'.length);
}

/** Values that a field might have, in protobuf JSON. */
function candidates(field: DescField): readonly unknown[] {
  switch (field.fieldKind) {
    case 'enum':
      return field.enum.values.map(({ name }) => name);
    case 'map':
      return [{ ifname: 'x9' }, { MAC: '02:16:3e:01:02:03' }];
    case 'message':
      return [field.message.typeName === 'google.protobuf.Duration' ? '7s' : '2026-01-01T00:00:00Z'];
    case 'scalar':
      return scalarCandidates(field.scalar);
    case 'list':
      if (field.listKind === 'enum') return field.enum.values.map(({ name }) => [name]);
      return field.listKind === 'scalar' ? scalarCandidates(field.scalar).map((one) => [one]) : [];
  }
}

function scalarCandidates(scalar: ScalarType): readonly unknown[] {
  switch (scalar) {
    case ScalarType.BOOL:
      return [true, false];
    case ScalarType.BYTES:
      return ['AAAA'];
    case ScalarType.STRING:
      return ['x', '10.1.0.77', '10.9.0.0/24', '02:16:3e:01:02:03', uuid(5), ''];
    default:
      return [0, 1, 7, 1400];
  }
}

/** Every configuration in which one field at `path` has this value, the others being as they are. */
function* variants(json: Json, [step = '', ...rest]: readonly string[], value: unknown): Generator<Json> {
  const isList = step.endsWith('[]');
  const name = isList ? step.slice(0, -2) : step;
  if (rest.length === 0) {
    yield { ...json, [name]: value };
  } else if (isList) {
    const found = (json[name] ?? []) as readonly Json[];
    const elements = found.length === 0 ? [{}] : found;
    for (const [index, element] of elements.entries()) {
      for (const changed of variants(element, rest, value)) yield { ...json, [name]: elements.with(index, changed) };
    }
  } else {
    for (const changed of variants((json[name] ?? {}) as Json, rest, value)) yield { ...json, [name]: changed };
  }
}

describe('what the field reference says is so', () => {
  const asItIs = meaningOf(everything);
  const handlings = new Map(fieldReferences.map(({ path, handling }) => [path, handling]));
  const handlingOf = (path: string) => {
    const exact = handlings.get(path);
    if (exact !== undefined) return exact;
    const below = fieldReferences.find((one) => one.path.endsWith('.**') && path.startsWith(one.path.slice(0, -2)));
    return below?.handling;
  };
  const fields = [...walkFields(edgeDevConfig(), (path) => fieldsElsewhere.some((one) => one.path === path))].flatMap(
    (walked) => {
      const handling = handlingOf(walked.path);
      return handling === undefined ? [] : [{ ...walked, handling }];
    },
  );

  it('starts from a configuration that is valid', () => {
    expect(JSON.parse(asItIs)).toHaveProperty('kind', 'valid');
  });

  it.each(fields)('$path is $handling', ({ path, field, handling }) => {
    const results = candidates(field).flatMap((value) =>
      [...variants(everything, path.split('.'), value)].map((json) => meaningOf(json)),
    );
    const matters = results.some((result) => result !== asItIs);
    expect({ path, matters }).toEqual({ path, matters: handling === 'honoured' || handling === 'refused' });
  });

  it.each(fields.filter(({ handling }) => handling !== 'honoured'))(
    '$path: a push tells',
    ({ path, field, handling }) => {
      const places = candidates(field)
        .flatMap((value) => [...variants(everything, path.split('.'), value)])
        .flatMap((json) => fieldNotices(configFromJson(json))[handling === 'refused' ? 'refused' : 'warned'])
        .map((notice) => notice.field.replaceAll(/\[\d+\]/g, ''));
      expect(places).toContain(toldAt(path).replaceAll('[]', ''));
    },
  );

  it('says nothing of what is honoured as it stands', () => {
    expect(fieldNotices(configFromJson(honouredOnly))).toEqual({ refused: [], warned: [] });
  });
});
