import { parseTarget, type DeviceModel, type NetworkInstance, type Port } from '../../configuration/index.js';
import {
  controllerProfileOf,
  evaluatePort,
  Profiles,
  singleProfiles,
  type DecisionPolicy,
  type TestProfile,
} from '../decide/index.js';
import { paceOf } from '../schedule/index.js';
import { bytesText, timeText } from './forecast-text.js';
import { detectionMs, forecastOf, type TargetForecast } from './target-forecast.js';

/** Something that a configuration says and that will not come about as it says. */
export interface TestWarning {
  readonly subject: TestWarningSubject;
  readonly description: string;
}

/** Where in the configuration it stands. */
export type TestWarningSubject =
  | {
      readonly kind: 'network-instance';
      readonly id: string;
      /** Of its test. */
      readonly setting: 'target' | 'interval' | 'timeout';
    }
  /** EVE's `timer.port.testinterval`, or `timer.port.timeout` */
  | { readonly kind: 'port-test'; readonly setting: 'interval' | 'timeout' };

/**
 * Tests that would take more bytes than a port's budget permits (they come more seldom then: schedule/budget.ts), with
 * what becomes of the interval and of the detection of a dead path; and limits of time that no interval of theirs can
 * hold. At most one of each target over each port.
 */
export function testWarnings(model: DeviceModel): readonly TestWarning[] {
  return [...timeoutWarnings(model), ...model.ports.flatMap((port) => budgetWarnings(model, port))];
}

function timeoutWarnings({ portTest, networkInstances }: DeviceModel): readonly TestWarning[] {
  const ofInstances = networkInstances.map(({ id, test }) =>
    timeoutWarning({ kind: 'network-instance', id, setting: 'timeout' }, test),
  );
  return [timeoutWarning({ kind: 'port-test', setting: 'timeout' }, portTest), ...ofInstances].flat();
}

function timeoutWarning(
  subject: TestWarningSubject,
  { intervalMs, timeoutMs }: Pick<DeviceModel['portTest'], 'intervalMs' | 'timeoutMs'>,
): readonly TestWarning[] {
  if (intervalMs === undefined || timeoutMs === undefined || timeoutMs <= intervalMs) return [];
  const description =
    `a test may take ${timeText(timeoutMs)}, and one is due every ${timeText(intervalMs)}: ` +
    'while nothing answers, none begins before the one before has run into its limit';
  return [{ subject, description }];
}

type TargetProfile = Extract<TestProfile, { kind: 'target' }>;

interface Tested {
  readonly subject: TestWarningSubject;
  readonly profile: TargetProfile;
  readonly forecast: TargetForecast;
}

function budgetWarnings(model: DeviceModel, port: Port): readonly TestWarning[] {
  const pace = paceOf(port.priority);
  const budgetBytes = port.monthlyTestBytes ?? pace.monthlyBytes;
  const tested = testedOver(model, port);
  const allBytes = tested.reduce((sum, { forecast }) => sum + forecast.monthlyBytes, 0);
  const stretch = allBytes / budgetBytes;
  if (stretch <= 1) return [];
  // Who has named no interval gets what is there; with nobody who has, the targets are too many.
  const asked = tested.filter(({ profile }) => profile.intervalMs !== undefined);
  return (asked.length > 0 ? asked : tested).map(({ subject, profile, forecast }) => {
    const { gapMs, monthlyBytes } = forecast;
    const others = tested.length > 1 ? `, and ${bytesText(allBytes)} together with what else is tested over it` : '';
    return {
      subject,
      description:
        `over ${port.label} (priority ${port.priority}), a test of ${profile.targetKey} every ${timeText(gapMs)} takes ` +
        `${bytesText(monthlyBytes)} in 30 days${others}, where ${bytesText(budgetBytes)} are allowed: in the long run it is tested every ` +
        `${timeText(gapMs * stretch)}, and a dead path is noticed within ${timeText(detectionMs(profile, gapMs * stretch))} ` +
        `instead of ${timeText(detectionMs(profile, gapMs))} while no app sends`,
    };
  });
}

/** The targets over a port; network instances with the same one share its test, at the shortest of their intervals. */
function testedOver(model: DeviceModel, port: Port): readonly Tested[] {
  const pace = paceOf(port.priority);
  const policy = withController(model);
  const profiles = new Profiles(policy);
  const tested = new Map<string, Tested>();
  const add = (subject: TestWarningSubject, profile: TargetProfile): void => {
    const forecast = forecastOf(profile, pace);
    const known = tested.get(profile.targetKey);
    if (known !== undefined && known.forecast.monthlyBytes >= forecast.monthlyBytes) return;
    tested.set(profile.targetKey, { subject, profile, forecast });
  };
  const controller = controllerProfileOf(port, policy);
  if (controller !== undefined) add({ kind: 'port-test', setting: 'interval' }, controller);
  for (const networkInstance of model.networkInstances) {
    if (!networkInstance.active || networkInstance.test.target === undefined) continue;
    const subject = { kind: 'network-instance', networkInstance } as const;
    if (evaluatePort(port, subject, policy).length > 0) continue;
    const profile = profiles.of(subject, port);
    if (profile.kind !== 'target') continue;
    for (const single of singleProfiles(profile)) add(subjectOf(networkInstance), single);
  }
  return [...tested.values()];
}

function subjectOf({ id, test }: NetworkInstance): TestWarningSubject {
  return { kind: 'network-instance', id, setting: test.intervalMs === undefined ? 'target' : 'interval' };
}

/** Who names an interval for the controller's test has a controller; where it is, only NIM is told. */
function withController(model: DeviceModel): DecisionPolicy {
  const parsed = parseTarget('https://controller');
  return model.portTest.intervalMs === undefined || parsed.kind === 'invalid'
    ? model
    : { ...model, controllerTarget: parsed.target };
}
