import {
  isLightTarget,
  proxyOfTarget,
  targetKey,
  targetOfParts,
  type ProbeTarget,
  type QualityThresholds,
} from '../../configuration/index.js';
import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import type { HealthSettings } from '../health/index.js';
import { DEFAULT_FAIL_AFTER, DEFAULT_RECOVER_AFTER, paceOf } from '../schedule/index.js';
import { evaluatePort, isSwitch, type Subject } from './eligibility.js';
import type { DecisionPolicy, NetworkInstancePolicy, PortPolicy } from './policy.js';

/** One target, and how its outcomes are read. */
export interface ProfileTarget {
  readonly targetKey: string;
  readonly target: ProbeTarget;
  readonly settings: HealthSettings;
}

/** By which test a port works for somebody (docs/design.md#tests-of-a-port). */
export type TestProfile =
  /** Link alone, of a switch: nothing behind it is tested. */
  | { readonly kind: 'link'; readonly key: string }
  /** IP only: link and address. */
  | { readonly kind: 'address'; readonly key: string }
  | (ProfileTarget & {
      readonly kind: 'target';
      /** Equal for all who read the same outcomes in the same way. */
      readonly key: string;
      /** Further targets, and how many of all have to answer. */
      readonly further: readonly ProfileTarget[];
      readonly needed: number;
      /** Bytes of data in keepalive probes. */
      readonly payloadBytes: number;
      /** From when on it is worth leaving although it works; undefined: never. */
      readonly quality: QualityThresholds | undefined;
      /** Between two full tests, as configured; undefined: as the pace of the port says. */
      readonly intervalMs: number | undefined;
      /** Of one full test, as configured; undefined: as learned. */
      readonly timeoutMs: number | undefined;
      /**
       * Keepalive probes may go out between full tests. Not where a network instance has said how often its own target
       * is to be asked.
       */
      readonly keepalives: boolean;
    });

type TargetProfile = Extract<TestProfile, { kind: 'target' }>;

/** All of its targets. */
export function targetsOf({ targetKey, target, settings, further }: TargetProfile): readonly ProfileTarget[] {
  return [{ targetKey, target, settings }, ...further];
}

/** A profile for each of its targets, as if that were the only one. */
export function singleProfiles(profile: TargetProfile): readonly TargetProfile[] {
  if (profile.further.length === 0) return [profile];
  return targetsOf(profile).map((target) => ({
    ...profile,
    ...target,
    ...{ further: [], needed: 1, key: keyOf(target.targetKey, profile) },
  }));
}

/** Link must do: a switch passes frames, whoever has an address. */
export const byLink: TestProfile = { kind: 'link', key: 'link' };

/** Link and address must do. */
export const byAddress: TestProfile = { kind: 'address', key: 'address' };

/**
 * A network instance's own target comes first; then the controller, on management ports that controller traffic may
 * use: a test never goes where what it stands for may not. Then a ping of the gateway, where that is wished for: of a
 * static route before the controller, which says nothing of where it leads. Else link and address must do. `gateway`:
 * that of the port, undefined where it has none.
 */
export function testProfileOf(
  subject: Subject,
  port: PortPolicy,
  policy: DecisionPolicy,
  gateway?: string,
): TestProfile {
  if (isSwitch(subject)) return byLink;
  const wishes = subject.kind === 'network-instance' ? subject.networkInstance.test : noWishes;
  const viaGateway = subject.kind === 'network-instance' ? subject.networkInstance.viaGateway : undefined;
  if (wishes.target !== undefined) {
    const { intervalMs, timeoutMs } = wishes;
    const targets = [wishes.target, ...(wishes.furtherTargets ?? [])] as const;
    return profile(targets, wishes, port, { intervalMs, timeoutMs, keepalives: intervalMs === undefined });
  }
  const { controllerTarget, portTest } = policy;
  const ping = gatewayTarget(wishes, port, viaGateway ?? gateway);
  const byPing = (target: ProbeTarget): TestProfile => {
    const { intervalMs, timeoutMs } = wishes;
    return profile([target], wishes, port, { intervalMs, timeoutMs, keepalives: intervalMs === undefined });
  };
  if (ping !== undefined && wishes.gatewayPing?.outranksController === true) return byPing(ping);
  // The controller is not asked by the route's router, nor as apps would ask: whether it answers says nothing of that.
  const isAskedOtherwise =
    subject.kind === 'network-instance' && (viaGateway !== undefined || isProxied(controllerTarget, port));
  if (isAskedOtherwise || controllerTarget === undefined || !mayReachController(port, policy)) {
    return ping === undefined ? byAddress : byPing(ping);
  }
  return profile([controllerTarget], wishes, port, {
    intervalMs: portTest?.intervalMs,
    timeoutMs: wishes.timeoutMs ?? portTest?.timeoutMs,
    keepalives: true,
  });
}

/**
 * The controller's test of a port, as it is without anybody's wishes; undefined where controller traffic may not use
 * the port.
 */
export function controllerProfileOf(port: PortPolicy, policy: DecisionPolicy): TargetProfile | undefined {
  const operation = NetworkOperation.NETWORK_OPERATION_CONTROLLER;
  const profileOfController = testProfileOf({ kind: 'operation', operation }, port, policy);
  return profileOfController.kind === 'target' ? profileOfController : undefined;
}

/** Whether a target is asked by a proxy over a port, as the controller is where the port has one for it. */
export function isProxied(target: ProbeTarget | undefined, { proxies }: Pick<PortPolicy, 'proxies'>): boolean {
  return target !== undefined && proxyOfTarget(target, proxies) !== undefined;
}

type Wishes = NetworkInstancePolicy['test'];

/** The gateway as a target, where it is to be pinged and there is one that can be. */
function gatewayTarget(
  { gatewayPing }: Wishes,
  { priority }: PortPolicy,
  gateway: string | undefined,
): ProbeTarget | undefined {
  if (gatewayPing === undefined || gateway === undefined || priority > gatewayPing.maxPriority) return undefined;
  const parsed = targetOfParts('icmp', gateway, 0);
  // One on the link alone (`via inet6 fe80::1`) cannot be asked without its zone.
  return parsed.kind === 'valid' && !gateway.includes(':') ? parsed.target : undefined;
}

const noWishes: Wishes = { failbackHoldMs: 0 };

function mayReachController(port: PortPolicy, policy: DecisionPolicy): boolean {
  const operation = NetworkOperation.NETWORK_OPERATION_CONTROLLER;
  return evaluatePort(port, { kind: 'operation', operation }, policy).length === 0;
}

function profile(
  [first, ...others]: readonly [ProbeTarget, ...ProbeTarget[]],
  wishes: Wishes,
  { priority }: PortPolicy,
  pacing: Pick<TargetProfile, 'intervalMs' | 'timeoutMs' | 'keepalives'>,
): TestProfile {
  const { failAfter = DEFAULT_FAIL_AFTER, recoverAfter = DEFAULT_RECOVER_AFTER, timeoutMs, quality } = wishes;
  const { patienceMs } = paceOf(priority);
  const targetOf = (target: ProbeTarget): ProfileTarget => ({
    targetKey: targetKey(target),
    target,
    settings: { failAfter, recoverAfter, patienceMs, slowestMs: timeoutMs, light: isLightTarget(target) },
  });
  const [target, further] = [targetOf(first), others.map(targetOf)];
  const needed = further.length === 0 ? 1 : (wishes.targetsNeeded ?? 1);
  const payloadBytes = wishes.payloadBytes ?? 0;
  const whole = { kind: 'target', ...target, further, needed, payloadBytes, quality, ...pacing } as const;
  const keys = targetsOf({ ...whole, key: '' }).map((one) => one.targetKey);
  return { ...whole, key: keyOf(`${keys.join(' ')}${keys.length > 1 ? ` ${needed}` : ''}`, whole) };
}

function keyOf(targets: string, { settings, quality }: Pick<TargetProfile, 'settings' | 'quality'>): string {
  const { failAfter, recoverAfter, slowestMs } = settings;
  const thresholds = quality === undefined ? '' : JSON.stringify(quality);
  return `${targets} ${failAfter} ${recoverAfter} ${slowestMs ?? '-'}${thresholds}`;
}
