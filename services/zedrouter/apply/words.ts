import type { IpRoute, IpRule } from 'iproute-exec';

import { PROTOCOL } from '../../../lib/dataplane-layout/index.js';

/**
 * A route of ours as `desired/routes.ts` words it. One that someone changed reads differently, and so is replaced. Asked for
 * routes of one protocol, `ip` does not repeat it.
 */
export function routeText(route: IpRoute): string {
  return [
    route.dst,
    ...(route.gateway === undefined ? [] : ['via', route.gateway]),
    ...(route.dev === undefined ? [] : ['dev', route.dev]),
    ...(route.prefsrc === undefined ? [] : ['src', route.prefsrc]),
    'table',
    route.table,
    'proto',
    PROTOCOL,
    ...(route.flags.includes('onlink') ? ['onlink'] : []),
  ].join(' ');
}

/** A rule of ours as `desired/rules.ts` words it; undefined where it says what we never say, and so is not ours. */
export function ruleText(rule: IpRule): string | undefined {
  // `ip rule show protocol` answers with every rule; the rest of the world's must not be touched.
  if (rule.protocol !== PROTOCOL) return undefined;
  const foreign = rule.unmodelled.length > 0 || rule.not || rule.suppressPrefixLength !== undefined;
  if (foreign || rule.dst !== 'all' || rule.iif !== undefined) return undefined;
  return [
    'pref',
    rule.priority,
    ...(rule.src === 'all' ? [] : ['from', rule.srclen === 32 ? rule.src : `${rule.src}/${rule.srclen}`]),
    ...(rule.fwmark === undefined ? [] : ['fwmark', `${hex(rule.fwmark)}/${hex(rule.fwmask ?? 0)}`]),
    ...(rule.oif === undefined ? [] : ['oif', rule.oif]),
    ...(rule.action === 'lookup' ? ['lookup', rule.table] : [rule.action]),
    'protocol',
    PROTOCOL,
  ].join(' ');
}

function hex(number: number): string {
  return `0x${number.toString(16)}`;
}
