import type { Grant } from '../../configuration/index.js';
import { adviseOnUnusable } from '../snapshot/index.js';
import type { Health } from '../health/index.js';
import type { Assessment } from './assess.js';
import type { Candidate, Reason } from './candidate.js';
import { describePoor } from './describe-poor.js';
import { formatSeconds } from './format-seconds.js';
import { compareNames, type Choice, type Contender } from './choose.js';
import type { Evidence } from './evidence.js';
import { targetsOf } from './test-profile.js';

/**
 * The explanation: every port, ranked ones first in order of rank, each with the reasons why it stands there. The
 * chosen contender is first; the rest keep their order, one that is on hold included: it is a standby.
 */
export function explainCandidates(
  assessments: readonly Assessment[],
  ranked: readonly Contender[],
  choice: Choice,
  failoverHoldMs: number,
  holdDetail: (contender: Contender) => string,
): readonly Candidate[] {
  const chosen = choice.kind === 'none' ? undefined : choice.contender;
  const inOrder = chosen === undefined ? ranked : [chosen, ...ranked.filter((contender) => contender !== chosen)];
  const byLabel = new Map(assessments.map((assessment) => [assessment.port.label, assessment]));
  const placed = inOrder.flatMap((contender, position) => {
    const assessment = byLabel.get(contender.port.label);
    if (assessment === undefined) return [];
    const unarmed = failoverHoldMs > 0 && chosen !== undefined && contender.cost > chosen.cost;
    const waits = choice.kind === 'in-use-during-failover-hold' && choice.wait.to === contender.port.label;
    const held = chosen !== undefined && isHeldBack(contender, chosen, ranked, choice);
    const tested = testReasons(assessment, chosen?.port.label);
    const reasons =
      contender === chosen
        ? reasonsForChosen(choice, [...unusableReasons(assessment), ...tested], failoverHoldMs)
        : [
            ...(waits ? [failoverReason(chosen, failoverHoldMs)] : []),
            ...reasonsAgainst(contender, chosen, tested, held ? holdDetail(contender) : undefined),
          ];
    return [
      {
        ...candidateOf(assessment, reasons),
        rank: position + 1,
        heldUntilMs: waits ? choice.wait.untilMs : held ? contender.holdUntilMs : undefined,
        unarmed,
      },
    ];
  });
  const others = assessments
    .filter(({ port }) => !inOrder.some((contender) => contender.port.label === port.label))
    .sort(
      (a, b) =>
        Number(a.ineligible.length > 0) - Number(b.ineligible.length > 0) ||
        a.port.priority - b.port.priority ||
        compareNames(a.port.label, b.port.label),
    );
  return [...placed, ...others.map((assessment) => candidateOf(assessment, whyNotAContender(assessment)))];
}

function candidateOf(
  { port, ineligible, grant, unusable, testState, test, evidence }: Assessment,
  reasons: readonly Reason[],
): Candidate {
  return {
    label: port.label,
    interfaceName: port.interfaceName,
    priority: port.priority,
    eligible: ineligible.length === 0,
    grant: ineligible.length === 0 ? grant : undefined,
    usable: unusable === undefined,
    testState,
    test,
    degraded: testState === 'working' && evidence.quality.kind === 'poor',
    targetKey: targetText(evidence),
    failingTargets: evidence.targets.flatMap((one) => (one.evidence.testState === 'failing' ? [one.targetKey] : [])),
    health: evidence.health,
    rank: undefined,
    heldUntilMs: undefined,
    unarmed: false,
    reasons: grant === undefined || ineligible.length > 0 ? reasons : [...reasons, grantedReason(grant)],
  };
}

/** `https://a.example/`, or `2 of https://a.example/, icmp://b.example` */
function targetText({ profile }: Evidence): string | undefined {
  if (profile.kind !== 'target') return undefined;
  const keys = targetsOf(profile).map(({ targetKey }) => targetKey);
  return keys.length === 1 ? profile.targetKey : `${profile.needed} of ${keys.join(', ')}`;
}

/** By the end's wall clock as it stood when the grant was handed out: the same words whenever they are asked for. */
export function grantedReason({ id, author, reason, expiresAtWallMs }: Grant): Reason {
  if (!Number.isFinite(expiresAtWallMs))
    return { code: 'granted', detail: 'only the grant that is assumed permits it' };
  const until = new Date(expiresAtWallMs).toISOString().replace('T', ' ').replace(/\.\d+/, '');
  const who = [author, reason].filter((part) => part !== '').join(': ');
  return { code: 'granted', detail: `only grant ${id} permits it, until ${until}${who === '' ? '' : ` (${who})`}` };
}

function whyNotAContender(assessment: Assessment): readonly Reason[] {
  return assessment.ineligible.length > 0 ? assessment.ineligible : unusableReasons(assessment);
}

function unusableReasons({ port, unusable, missingGateway }: Assessment): readonly Reason[] {
  if (unusable === undefined) return [];
  if (missingGateway === undefined) return [{ code: unusable, detail: adviseOnUnusable(unusable, port) }];
  return [{ code: unusable, detail: `the route's gateway ${missingGateway} is in no network of the port` }];
}

/** Why a costlier port is not taken yet. */
function failoverReason(chosen: Contender | undefined, failoverHoldMs: number): Reason {
  const hold = formatSeconds(failoverHoldMs);
  const detail = `costlier than ${chosen?.port.label ?? 'the port in use'}, which is kept for ${hold} (failover_hold)`;
  return { code: 'failover-hold', detail };
}

/** A working contender that would come before the chosen one if it did not have to wait. */
function isHeldBack(contender: Contender, chosen: Contender, ranked: readonly Contender[], choice: Choice): boolean {
  return (
    (choice.kind === 'best' || choice.kind === 'in-use-during-hold') &&
    contender.testState === 'working' &&
    // One that costs as much or more has to be known to do better, and a poor one waits for no time to pass.
    (contender.cost < chosen.cost || contender.quality === 'good') &&
    contender.quality !== 'poor' &&
    ranked.indexOf(contender) < ranked.indexOf(chosen)
  );
}

function reasonsForChosen(choice: Choice, tested: readonly Reason[], failoverHoldMs: number): readonly Reason[] {
  const selected: Reason = { code: 'selected', detail: 'first choice' };
  switch (choice.kind) {
    case 'none':
    case 'best':
      return [selected, ...tested];
    case 'in-use-during-hold':
      return [
        {
          code: 'selected',
          detail:
            tested.length === 0
              ? 'in use, and kept until a better port has worked for long enough'
              : 'in use, and kept until another port is known to do better',
        },
        ...tested,
      ];
    case 'in-use-during-first-test':
      return [{ code: 'selected', detail: 'in use, and its first test is under way' }, ...tested];
    case 'in-use-during-failover-hold': {
      const next = choice.wait.to === undefined ? 'it is given up' : `the costlier ${choice.wait.to} is taken`;
      const detail = `kept for ${formatSeconds(failoverHoldMs)} (failover_hold) before ${next}`;
      return [{ code: 'selected', detail: 'in use' }, { code: 'failover-hold', detail }, ...tested];
    }
    case 'in-use-while-none-works':
      return [
        { code: 'selected', detail: 'in use' },
        { code: 'kept-while-none-works', detail: 'kept, because no permitted port is known to work' },
        ...tested,
      ];
  }
}

function reasonsAgainst(
  contender: Contender,
  chosen: Contender | undefined,
  tested: readonly Reason[],
  holdDetail: string | undefined,
): readonly Reason[] {
  if (holdDetail !== undefined) return [{ code: 'failback-hold', detail: holdDetail }];
  if (chosen === undefined) return tested;
  const { priority } = contender.port;
  if (contender.cost > chosen.cost) {
    const detail = `priority ${priority}, and ${chosen.port.label} has ${chosen.port.priority}`;
    return [...tested, { code: 'worse-priority', detail }];
  }
  if (contender.cost < chosen.cost || contender.testState !== chosen.testState) return tested;
  const equality =
    priority === chosen.port.priority
      ? `same priority as ${chosen.port.label}`
      : `as good as ${chosen.port.label}, for the route does not prefer a lower cost`;
  return compareNames(contender.port.label, chosen.port.label) < 0
    ? [...tested, { code: 'not-in-use', detail: `${equality}, which is in use` }]
    : [...tested, { code: 'later-by-name', detail: `${equality}, and later by name` }];
}

function testReasons(
  { testState, unconfirmed, test, evidence }: Assessment,
  chosen: string | undefined,
): readonly Reason[] {
  switch (testState) {
    case 'working':
      return evidence.quality.kind === 'poor' ? [{ code: 'degraded', detail: describePoor(evidence) }] : [];
    case 'untested': {
      if (evidence.profile.kind === 'link') {
        return [{ code: 'untested', detail: 'a switch goes by link alone: nothing behind it is tested' }];
      }
      if (!unconfirmed) return [{ code: 'untested', detail: 'not tested yet' }];
      const detail = `it worked, and has not answered yet since ${chosen ?? 'the port in use'} failed`;
      return [{ code: 'unconfirmed', detail }];
    }
    case 'failing':
      return [
        { code: 'test-failing', detail: `${whatFails(evidence.health)}: ${test.lastError ?? 'the last one failed'}` },
      ];
  }
}

/** The layer that fails, in words. */
function whatFails(health: Health | undefined): string {
  if (health?.state !== 'failing') return 'its tests fail';
  switch (health.cause) {
    case 'silent':
      return 'nothing is answered';
    case 'test':
      return 'its tests fail';
    case 'size':
      return 'small packets come through, large ones do not';
  }
}
