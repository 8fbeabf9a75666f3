import { parseTarget, targetKey, type ParsedTarget, type ProbeTarget } from '../../../../lib/configuration/index.js';

/** A target that is asked by HTTP. */
export type HttpTarget = Extract<ProbeTarget, { kind: 'http' | 'https' }>;

/** EVE's controller answers here, and proves by any answer that it was reached (EVE, pkg/pillar: connectivity test). */
const PING_PATH = '/api/v2/edgedevice/ping';

/** The ping of a controller, from its URL. */
export function controllerPingTarget(controllerUrl: string): ParsedTarget {
  const parsed = parseTarget(controllerUrl);
  if (parsed.kind === 'invalid') return parsed;
  const { target } = parsed;
  if (target.kind !== 'https' && target.kind !== 'http') {
    return { kind: 'invalid', problem: `must begin with https:// or http://, and reads as ${targetKey(target)}` };
  }
  const base = target.path.split('?')[0]?.replace(/\/$/, '') ?? '';
  return { kind: 'valid', target: { ...target, path: `${base}${PING_PATH}` } };
}
