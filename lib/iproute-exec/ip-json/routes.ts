import { asObject, numberField, parseEach, stringField, stringsField, type JsonObject } from './fields.js';
import { mainTable, protocolNumber, tableNumber, typeName, unspecifiedProtocol } from './rtnetlink-names.js';

/** One next hop of a route with several. */
export interface IpNextHop {
  readonly gateway: string | undefined;
  readonly dev: string | undefined;
  readonly weight: number;
  readonly flags: readonly string[];
}

/** One route, as `ip -j -d route show` prints it. */
export interface IpRoute {
  /** 'default', an address, or a prefix with its length. */
  readonly dst: string;
  /** 'unicast', 'local', 'broadcast', 'unreachable', 'blackhole', 'prohibit', ... */
  readonly type: string;
  /** An address of the route's own family, or of the other one (`via inet6 ...`). */
  readonly gateway: string | undefined;
  readonly dev: string | undefined;
  readonly protocol: number;
  readonly metric: number;
  readonly prefsrc: string | undefined;
  readonly table: number;
  /** 'linkdown', 'dead', 'onlink', ... */
  readonly flags: readonly string[];
  /** Empty unless the route has several next hops; then gateway and dev above are absent. */
  readonly nexthops: readonly IpNextHop[];
}

/**
 * The routes in the output of `ip -j -d route show`; what is not understood is left out. Never throws.
 * @param tableWhenOmitted the table that was asked for: ip does not repeat it (IpReader puts it back). Default: main.
 */
export function parseRoutes(json: unknown, tableWhenOmitted: number = mainTable): readonly IpRoute[] {
  return parseEach(json, (object) => parseRoute(object, tableWhenOmitted));
}

function parseRoute(object: JsonObject, tableWhenOmitted: number): IpRoute | undefined {
  const dst = stringField(object, 'dst');
  const table = object.table === undefined ? tableWhenOmitted : tableNumber(object.table);
  if (dst === undefined || table === undefined) return undefined;
  return {
    dst,
    type: typeName(object.type) ?? 'unicast',
    gateway: gatewayOf(object),
    dev: stringField(object, 'dev'),
    protocol: protocolNumber(object.protocol) ?? unspecifiedProtocol,
    metric: numberField(object, 'metric') ?? 0,
    prefsrc: stringField(object, 'prefsrc'),
    table,
    flags: stringsField(object, 'flags'),
    nexthops: parseEach(object.nexthops, (hop) => ({
      gateway: gatewayOf(hop),
      dev: stringField(hop, 'dev'),
      weight: numberField(hop, 'weight') ?? 1,
      flags: stringsField(hop, 'flags'),
    })),
  };
}

function gatewayOf(object: JsonObject): string | undefined {
  const via = asObject(object.via);
  return stringField(object, 'gateway') ?? (via === undefined ? undefined : stringField(via, 'host'));
}
