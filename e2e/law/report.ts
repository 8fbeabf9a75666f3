import { portFaultKinds, deviceFaultKinds, type FaultKind } from '../../lab/index.js';
import type { NamedPlan, Outcome, Outcomes } from './in-labs.js';
import { planText } from './plan.js';

/** A plan's outcome, in lines; a violation with what is needed to mend it. */
export function outcomeText({ name, plan }: NamedPlan, outcome: Outcome): string {
  const head = `${name}: ${planText(plan)}`;
  if (outcome.kind === 'broken') return `${head}\n  COULD NOT BE RUN: ${outcome.why}`;
  const { checks, violations, story, account, lastClaim, healthyPorts } = outcome.result;
  const details = [...story.map((line) => `  ${line}`), account.replace(/^/gm, '  | ')].join('\n');
  if (violations.length > 0) {
    const told = violations.map((violation) => `  - ${violation}`).join('\n');
    const again = `  again: npm run law -- --plan '${planText(plan)}'`;
    return `${head}\n  VIOLATION: status says ${lastClaim}, and\n${told}\n${again}\n${details}`;
  }
  if (checks > 0 && isClaimed(lastClaim)) return `${head}\n  holds (${checks} looks, ${lastClaim})`;
  const stuck = healthyPorts.length > 0 ? `, though nothing has befallen ${healthyPorts.join(', ')}` : '';
  return `${head}\n  nothing is claimed at the end: ${lastClaim}${stuck} (${checks} looks)\n${details}`;
}

/** Violations by kind of fault, and their number last. */
export function summaryText(outcomes: Outcomes): string {
  const ran = outcomes.flatMap(([{ plan }, outcome]) => (outcome.kind === 'ran' ? [{ plan, ...outcome.result }] : []));
  const broken = outcomes.length - ran.length;
  const having = (kind: FaultKind) => ran.filter(({ plan }) => plan.faults.some(({ fault }) => fault.kind === kind));
  const lines = [...portFaultKinds, ...deviceFaultKinds].flatMap((kind) => {
    const plans = having(kind);
    const violated = plans.filter(({ violations }) => violations.length > 0).length;
    return violated === 0
      ? []
      : [`  ${kind.padEnd(22)} ${String(violated).padStart(3)} of ${plans.length} plans with it`];
  });
  const looks = ran.reduce((sum, { checks }) => sum + checks, 0);
  const unlooked = ran.filter(({ checks }) => checks === 0).length;
  const stuck = ran.filter(({ lastClaim, healthyPorts }) => !isClaimed(lastClaim) && healthyPorts.length > 0).length;
  return [
    ...(lines.length > 0 ? ['violations by kind of fault', ...lines] : []),
    `${ran.length} plans, ${looks} looks; ${unlooked} plans without one, for nothing was claimed for long enough`,
    `${stuck} plans ended with nothing claimed, though a port was well`,
    ...(broken > 0 ? [`${broken} plans could not be run`] : []),
    `violations: ${violationsIn(outcomes)}`,
  ].join('\n');
}

function isClaimed(claim: string): boolean {
  return /^\w+ (verified|reached)$/.test(claim);
}

/** Plans that broke the law. */
export function violationsIn(outcomes: Outcomes): number {
  return outcomes.filter(([, outcome]) => outcome.kind === 'ran' && outcome.result.violations.length > 0).length;
}
