import { pino } from 'pino';
import { follow } from '../../../services/rpc/index.js';
import type { ConnectionOptions, ServiceName } from '../connection/addresses.js';
import { connect } from '../connection/clients.js';
import { emptyView, withMessage, type StatusView, type StreamMessage } from './view.js';

const noLog = pino({ level: 'silent' });

interface Resume {
  readonly epoch: string;
  readonly revision: bigint;
}

/**
 * Follows the three streams and calls back with the view after each message. A stream that breaks is reopened where it broke, and the view says
 * so meanwhile. Ends when the signal aborts.
 */
export async function followView(
  options: ConnectionOptions,
  signal: AbortSignal,
  onView: (view: StatusView) => void,
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
    ]);
  } finally {
    nim.client.close();
    zedrouter.client.close();
  }
}
