import { ApplyState } from '../../gen/zedrouter/v1/network_router.js';
import { networkInstancesOf, type NetworkInstanceView, type StatusView } from '../status-view/view.js';

/** Whether the apps of a network instance have a way out, by all that is known. */
export function isOnline({ selection, applied }: NetworkInstanceView): boolean {
  return (
    selection?.selectedPort !== undefined &&
    applied !== undefined &&
    applied.interfaceInUse !== '' &&
    applied.state !== ApplyState.APPLY_STATE_ERROR &&
    applied.obstacles.length === 0
  );
}

/** Whether somebody who could tell has not. */
export function isUnknown({ selection, applied }: NetworkInstanceView): boolean {
  return selection === undefined || applied === undefined;
}

/**
 * The answer to "is it well?" in one line: how many network instances have a way out, whether one costs, and which
 * configuration is in force. Undefined where nothing is known of a network instance.
 */
export function verdictLine(view: StatusView): string | undefined {
  const all = networkInstancesOf(view);
  if (all.length === 0) return undefined;
  const online = all.filter(isOnline);
  const unknown = all.filter(isUnknown).length;
  const priorityOf = new Map(view.ports.map(({ interface: name, priority }) => [name, priority]));
  const best = Math.min(...priorityOf.values());
  const costly = online.filter(({ applied }) => (priorityOf.get(applied?.interfaceInUse ?? '') ?? best) > best).length;
  const cost = costly === 0 ? '' : `, ${costly === online.length ? '' : `${costly} `}on a costlier port than the best`;
  const { version } = view.configuration ?? { version: 0n };
  return [
    `${online.length} of ${all.length} network instance${all.length === 1 ? '' : 's'} online${cost}${unknown === 0 ? '' : `, ${unknown} unknown`}`,
    ...(version === 0n ? [] : [`configuration ${version}`]),
  ].join('   ');
}
