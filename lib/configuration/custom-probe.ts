import type { PortProbe } from '../../gen/config/netinst.js';
import { ConnectivityProbeMethod, type ConnectivityProbe } from '../../gen/evecommon/netcmn.js';
import type { GatewayPing } from './model.js';
import { HIGHEST_PRIORITY } from './ports.js';
import { targetOfParts, type ParsedTarget, type ProbeTarget } from './probe-target.js';
import type { Problems } from './problems.js';

/** The target of EVE's custom probe of a route; undefined: it names none. */
export function customTarget(
  { probeMethod, probeEndpoint }: ConnectivityProbe,
  field: string,
  problems: Problems,
): ProbeTarget | undefined {
  const { host, port } = probeEndpoint ?? { host: '', port: 0 };
  switch (probeMethod) {
    case ConnectivityProbeMethod.CONNECTIVITY_PROBE_METHOD_UNSPECIFIED:
      return undefined;
    case ConnectivityProbeMethod.CONNECTIVITY_PROBE_METHOD_ICMP:
      return accepted(targetOfParts('icmp', host, port), `${field}.probeEndpoint`, problems);
    case ConnectivityProbeMethod.CONNECTIVITY_PROBE_METHOD_TCP:
      return accepted(targetOfParts('tcp', host, port), `${field}.probeEndpoint`, problems);
    default:
      problems.add(`${field}.probeMethod`, 'is none that we know');
      return undefined;
  }
}

/** The wish to have gateways pinged, of ports up to a cost; EVE clamps costs. Undefined: there is none. */
export function gatewayPingOf(probe: PortProbe | undefined): GatewayPing | undefined {
  return probe?.enableGwPing === true ? { maxPriority: Math.min(probe.gwPingMaxCost, HIGHEST_PRIORITY) } : undefined;
}

/** A target that was read; undefined where it is wrong, which is noted. */
export function accepted(parsed: ParsedTarget, field: string, problems: Problems): ProbeTarget | undefined {
  if (parsed.kind === 'valid') return parsed.target;
  problems.add(field, parsed.problem);
  return undefined;
}
