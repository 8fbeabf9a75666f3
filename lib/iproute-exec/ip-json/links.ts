import { asObject, numberField, parseEach, stringField, stringsField, type JsonObject } from './fields.js';

/** One network device, as `ip -j -d link show` prints it. */
export interface IpLink {
  readonly ifindex: number;
  readonly ifname: string;
  /** As ip names them: 'UP' is the administrator's wish, 'LOWER_UP' the carrier, 'NO-CARRIER' its absence. */
  readonly flags: readonly string[];
  /** RFC 2863 state: 'UP', 'DOWN', 'UNKNOWN', 'LOWERLAYERDOWN', 'DORMANT', ... */
  readonly operstate: string;
  readonly mtu: number;
  /** The hardware address; absent where the device has none. */
  readonly address: string | undefined;
  readonly ifalias: string | undefined;
  /** Name of the bridge or other device that this one is enslaved to. */
  readonly master: string | undefined;
  /** linkinfo.info_kind: 'bridge', 'veth', 'vxlan', ...; absent for plain hardware, and where ip was not asked for details. */
  readonly kind: string | undefined;
}

/** The devices in the output of `ip -j -d link show`; entries without index and name are left out. Never throws. */
export function parseLinks(json: unknown): readonly IpLink[] {
  return parseEach(json, parseLink);
}

export function parseLink(object: JsonObject): IpLink | undefined {
  const ifindex = numberField(object, 'ifindex');
  const ifname = stringField(object, 'ifname');
  if (ifindex === undefined || ifname === undefined) return undefined;
  const linkinfo = asObject(object.linkinfo);
  return {
    ifindex,
    ifname,
    flags: stringsField(object, 'flags'),
    operstate: stringField(object, 'operstate') ?? 'UNKNOWN',
    mtu: numberField(object, 'mtu') ?? 0,
    address: stringField(object, 'address'),
    ifalias: stringField(object, 'ifalias'),
    master: stringField(object, 'master'),
    kind: linkinfo === undefined ? undefined : stringField(linkinfo, 'info_kind'),
  };
}
