import {
  faultText,
  inflict,
  isInstant,
  portNames,
  sabotage,
  sabotageKinds,
  type DeviceFaultKind,
  type Fault,
  type Lab,
  type PortFaultKind,
  type SabotageKind,
} from '../../lab/index.js';
import { Prng } from '../law/prng.js';

/** One thing that happens to the ship. */
export type Blow = { readonly kind: 'fault'; readonly fault: Fault } | { readonly kind: SabotageKind };

/** A mix: what happens, one after the other, each so long after the one before. */
export type Mix = readonly { readonly blow: Blow; readonly afterMs: number }[];

const portFaults: readonly PortFaultKind[] = [
  ...(['no-carrier', 'carrier-blip', 'admin-bounce', 'no-address', 'no-default-route'] as const),
  ...(['forwarding-off', 'strict-rp-filter', 'drop-all', 'tcp-dropped'] as const),
];
const deviceFaults: readonly DeviceFaultKind[] = [
  ...(['ip-forward-off', 'ruleset-flushed', 'rules-flushed', 'dnsmasq-killed'] as const),
  ...(['zedagent-killed', 'nim-killed', 'zedrouter-killed'] as const),
];

const LONGEST_WAIT_MS = 800;

/** The mix with this number of a seed: two to five blows; the same on every machine. */
export function mixOf(seed: number, number: number): Mix {
  const prng = new Prng(seed * 100_003 + number);
  return Array.from({ length: prng.between(2, 5) }, () => ({
    blow: drawBlow(prng),
    afterMs: prng.between(0, LONGEST_WAIT_MS),
  }));
}

function drawBlow(prng: Prng): Blow {
  switch (prng.below(3)) {
    case 0:
      return { kind: 'fault', fault: { kind: prng.pick(portFaults), port: prng.pick(portNames) } };
    case 1:
      return { kind: 'fault', fault: { kind: prng.pick(deviceFaults) } };
    default:
      return { kind: prng.pick(sabotageKinds) };
  }
}

export function blowText(blow: Blow): string {
  return blow.kind === 'fault' ? faultText(blow.fault) : `device ${blow.kind}`;
}

export function mixText(mix: Mix): string {
  return mix.map(({ blow, afterMs }) => `+${afterMs} ms ${blowText(blow)}`).join('; ');
}

/** Strikes. @returns what undoes it, as far as it is not over by itself */
export async function strike(lab: Lab, blow: Blow): Promise<() => Promise<void>> {
  if (blow.kind !== 'fault') return sabotage(lab, blow.kind);
  const undo = await inflict(lab, blow.fault).catch((error: unknown) => {
    // What came before may keep a service that was killed from starting; after the mix all must start.
    if (blow.fault.kind.endsWith('-killed')) return () => Promise.resolve();
    throw error;
  });
  return isInstant(blow.fault) ? () => Promise.resolve() : undo;
}
