import { pino } from 'pino';
import { follow } from '../../lib/rpc/index.js';
import type { ConnectionOptions, ServiceName } from '../terminal/addresses.js';
import { connect } from '../connection/clients.js';
import { followFreshPorts } from './fresh-ports.js';
import { emptyView, withMessage, type StatusView, type StreamMessage } from './view.js';

const noLog = pino({ level: 'silent' });

interface Resume {
  readonly epoch: string;
  readonly revision: bigint;
}

export interface FollowViewOptions {
  /** Ask for the times of tests this often, too; undefined: they stay as they were when something else changed last. */
  readonly refreshTestsEveryMs?: number;
}

/**
 * Follows the three streams and calls back with the view after each message. A stream that breaks is reopened where it
 * broke, and the view says so meanwhile. Ends when the signal aborts.
 */
export async function followView(
  options: ConnectionOptions,
  signal: AbortSignal,
  onView: (view: StatusView) => void,
  { refreshTestsEveryMs }: FollowViewOptions = {},
): Promise<void> {
  const nim = connect('nim', options);
  const zedrouter = connect('zedrouter', options);
  let view = emptyView;
  const troubles = new Map<ServiceName, string>();
  const show = (next: StatusView): void => {
    view = { ...next, troubles: [...troubles.values()] };
    onView(view);
  };
  const onState = (service: ServiceName) => (state: 'connected' | 'disconnected', why?: string) => {
    if (state === 'connected') troubles.delete(service);
    else troubles.set(service, `${service} does not answer (${why ?? 'no reason given'}): what it says here is old`);
    show(view);
  };
  const reader = <Kind extends StreamMessage['kind']>(kind: Kind) => {
    let resume: Resume = { epoch: '', revision: 0n };
    return {
      /** Whether a state of this epoch and revision is as new as what the stream has told. */
      isCurrent: (state: Resume) => state.epoch === resume.epoch && state.revision >= resume.revision,
      request: () => ({ epoch: resume.epoch, afterRevision: resume.revision }),
      onMessage: (message: Extract<StreamMessage, { kind: Kind }>['message']) => {
        resume = { epoch: message.epoch, revision: message.revision };
        show(withMessage(view, { kind, message } as StreamMessage));
      },
    };
  };
  const [ports, selections, applied] = [reader('ports'), reader('selections'), reader('applied')];
  try {
    await Promise.all([
      follow({
        open: () => nim.client.watchDeviceNetworkStatus(ports.request()),
        onMessage: ports.onMessage,
        onState: onState('nim'),
        signal,
        logger: noLog,
      }),
      follow({
        open: () => nim.client.watchNetworkInstanceTestStatus(selections.request()),
        onMessage: selections.onMessage,
        signal,
        logger: noLog,
      }),
      follow({
        open: () => zedrouter.client.watchNetworkInstanceStatus(applied.request()),
        onMessage: applied.onMessage,
        onState: onState('zedrouter'),
        signal,
        logger: noLog,
      }),
      refreshTestsEveryMs === undefined
        ? undefined
        : followFreshPorts(nim, refreshTestsEveryMs, signal, (fresh) => {
            if (ports.isCurrent(fresh)) show({ ...view, ports: fresh.ports });
          }),
    ]);
  } finally {
    nim.client.close();
    zedrouter.client.close();
  }
}
