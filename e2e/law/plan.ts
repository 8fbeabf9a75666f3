import {
  deviceFaultKinds,
  faultFromText,
  faultText,
  isInstant,
  portFaultKinds,
  portNames,
  type Fault,
  type FaultKind,
} from '../../lab/index.js';
import { Prng } from './prng.js';

/** What a network instance is tested by, beside the controller. */
export const targets = ['controller', 'http', 'tcp'] as const;
export type Target = (typeof targets)[number];

/** A fault with its time, from the beginning of the plan on. */
export interface PlannedFault {
  readonly fault: Fault;
  readonly fromMs: number;
  /** Undefined: it stays. */
  readonly untilMs: number | undefined;
}

/** What befalls the ship. */
export interface Plan {
  readonly target: Target;
  readonly faults: readonly PlannedFault[];
}

const LATEST_MS = 6_000;

/** The plan of a seed: one to three faults; the same on every machine. */
export function planOf(seed: number): Plan {
  const prng = new Prng(seed);
  const target = prng.pick(targets);
  const faults: PlannedFault[] = [];
  const count = prng.between(1, 3);
  while (faults.length < count) {
    const fault = drawFault(prng, faults.length === 0);
    const fromMs = prng.below(LATEST_MS / 100) * 100;
    const ends = !isInstant(fault) && prng.chance(0.35);
    const untilMs = ends ? fromMs + prng.between(20, 120) * 100 : undefined;
    if (faults.every((other) => canBeBeside(other.fault, fault))) faults.push({ fault, fromMs, untilMs });
  }
  return { target, faults };
}

function drawFault(prng: Prng, isFirst: boolean): Fault {
  if (prng.chance(0.2)) return { kind: prng.pick(deviceFaultKinds) };
  // What befalls the port in use tells most.
  const port = isFirst && prng.chance(0.75) ? 'eth0' : prng.pick(portNames);
  const kind = prng.pick(portFaultKinds);
  return kind === 'loss' ? { kind, port, share: prng.between(5, 30) / 100 } : { kind, port };
}

/** Faults that would take each other away are not combined. */
function canBeBeside(a: Fault, b: Fault): boolean {
  const isSamePlace = 'port' in a === 'port' in b && (!('port' in a) || !('port' in b) || a.port === b.port);
  return !isSamePlace || classOf(a.kind) !== classOf(b.kind);
}

function classOf(kind: FaultKind): string {
  return shared[kind] ?? kind;
}

const shared: Readonly<Partial<Record<FaultKind, string>>> = {
  'gateway-silent': 'line',
  loss: 'line',
  'no-address': 'lease',
  'no-default-route': 'lease',
  'no-gateway': 'lease',
  'admin-bounce': 'lease',
};

/** The plan without faults of these kinds. */
export function without(plan: Plan, kinds: ReadonlySet<FaultKind>): Plan {
  return { ...plan, faults: plan.faults.filter(({ fault }) => !kinds.has(fault.kind)) };
}

/** In one line, to read and to give back: `target http; eth0 tcp-dropped 2.1-; sat0 loss=0.2 0.4-9`. Seconds. */
export function planText({ target, faults }: Plan): string {
  const seconds = (ms: number | undefined): string => (ms === undefined ? '' : String(ms / 1000));
  const texts = faults.map(
    ({ fault, fromMs, untilMs }) => `${faultText(fault)} ${seconds(fromMs)}-${seconds(untilMs)}`,
  );
  return [`target ${target}`, ...texts].join('; ');
}

/** What `planText` has written. @throws where it cannot be read */
export function planFromText(text: string): Plan {
  const [head = '', ...rest] = text.split(';').map((part) => part.trim());
  const target = targets.find((each) => head === `target ${each}`);
  if (target === undefined) throw new Error(`${JSON.stringify(head)}: want target ${targets.join(', ')}`);
  const faults = rest.map((part) => {
    const [, fault, from, until] = /^(.+) ([\d.]+)-([\d.]*)$/.exec(part) ?? [];
    if (fault === undefined) throw new Error(`${JSON.stringify(part)}: want WHERE FAULT FROM-[UNTIL], in seconds`);
    const untilMs = until === '' ? undefined : Math.round(Number(until) * 1000);
    return { fault: faultFromText(fault), fromMs: Math.round(Number(from) * 1000), untilMs };
  });
  return { target, faults };
}
