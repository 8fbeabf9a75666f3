import { isLightTarget, targetKey, type ProbeTarget, type QualityThresholds } from '../../configuration/index.js';
import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import type { HealthSettings } from '../health/index.js';
import { defaultFailAfter, defaultRecoverAfter, paceOf } from '../schedule/index.js';
import { evaluatePort, type Subject } from './eligibility.js';
import type { DecisionPolicy, NetworkInstancePolicy, PortPolicy } from './policy.js';

/** By which test a port works for somebody (docs/design.md#tests-of-a-port). */
export type TestProfile =
  /** IP only: link and address. */
  | { readonly kind: 'address'; readonly key: string }
  | {
      readonly kind: 'target';
      /** Equal for all who read the same outcomes in the same way. */
      readonly key: string;
      readonly targetKey: string;
      readonly target: ProbeTarget;
      readonly settings: HealthSettings;
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
    };

/** Link and address must do. */
export const byAddress: TestProfile = { kind: 'address', key: 'address' };

/**
 * A network instance's own target comes first; then the controller, on management ports that controller traffic may
 * use: a test never goes where what it stands for may not. Else link and address must do.
 */
export function testProfileOf(subject: Subject, port: PortPolicy, policy: DecisionPolicy): TestProfile {
  const wishes = subject.kind === 'network-instance' ? subject.networkInstance.test : noWishes;
  if (wishes.target !== undefined) {
    const { intervalMs, timeoutMs } = wishes;
    return profile(wishes.target, wishes, port, { intervalMs, timeoutMs, keepalives: intervalMs === undefined });
  }
  const { controllerTarget, portTest } = policy;
  if (controllerTarget === undefined || !mayReachController(port, policy)) return byAddress;
  return profile(controllerTarget, wishes, port, {
    intervalMs: portTest?.intervalMs,
    timeoutMs: wishes.timeoutMs ?? portTest?.timeoutMs,
    keepalives: true,
  });
}

/**
 * The controller's test of a port, as it is without anybody's wishes; undefined where controller traffic may not use
 * the port.
 */
export function controllerProfileOf(
  port: PortPolicy,
  policy: DecisionPolicy,
): Extract<TestProfile, { kind: 'target' }> | undefined {
  const operation = NetworkOperation.NETWORK_OPERATION_CONTROLLER;
  const profileOfController = testProfileOf({ kind: 'operation', operation }, port, policy);
  return profileOfController.kind === 'target' ? profileOfController : undefined;
}

type Wishes = NetworkInstancePolicy['test'];

const noWishes: Wishes = { failbackHoldMs: 0 };

function mayReachController(port: PortPolicy, policy: DecisionPolicy): boolean {
  const operation = NetworkOperation.NETWORK_OPERATION_CONTROLLER;
  return evaluatePort(port, { kind: 'operation', operation }, policy).length === 0;
}

function profile(
  target: ProbeTarget,
  { failAfter = defaultFailAfter, recoverAfter = defaultRecoverAfter, timeoutMs, quality }: Wishes,
  { priority }: PortPolicy,
  pacing: Pick<Extract<TestProfile, { kind: 'target' }>, 'intervalMs' | 'timeoutMs' | 'keepalives'>,
): TestProfile {
  const { patienceMs } = paceOf(priority);
  const settings: HealthSettings = {
    ...{ failAfter, recoverAfter, patienceMs },
    slowestMs: timeoutMs,
    light: isLightTarget(target),
  };
  const key = targetKey(target);
  return {
    kind: 'target',
    key: `${key} ${failAfter} ${recoverAfter} ${timeoutMs ?? '-'}${quality === undefined ? '' : JSON.stringify(quality)}`,
    targetKey: key,
    target,
    settings,
    quality,
    ...pacing,
  };
}
